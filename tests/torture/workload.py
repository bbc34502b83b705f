"""A pipeline that tells when something ran twice: every result is random, and each step notices a twin of itself."""

from typing import Any

from tests.support.bench import Bench
from tests.support.steps import file, step

#: Step -> the steps it takes from.
SHAPE: dict[str, tuple[str, ...]] = {"a": (), "b": (), "c": ("a",), "d": ("a", "b"), "e": ("c", "d"), "f": ("e",)}
LINES = 20


def write_workload(bench: Bench) -> None:
    """Write the pipeline; `inputs.round` makes a round's results its own."""
    jobs = {name: _step(bench, name, sources) for name, sources in SHAPE.items()}
    bench.write({"src/pause": "0.03\n"})
    bench.pipeline(jobs, inputs={"round": 0}, settings={"continue_on_step_failure": True})


def _step(bench: Bench, name: str, sources: tuple[str, ...]) -> dict[str, Any]:
    """Say where it starts, that it is alone, some lines, and leave a folder and a file with random content.

    Any of its processes may be killed, also the one that locks: only its refusal, exit code 99, is a twin.
    """
    reads = " ".join(f"${{{{inputs.from_{source}}}}}/token" for source in sources) or "/dev/null"
    key = f"{name}-${{{{inputs.round}}}}"
    command = f"""
set -eo pipefail
exec 9>{bench.outside}/alone-{key}
locked=0; flock -n -E 99 9 || locked=$?
[ $locked != 99 ] || echo "{key} ran twice at the same time" >> {bench.outside}/broken
[ $locked = 0 ] || exit $locked
echo {key} >> {bench.outside}/starts
for i in {{1..{LINES}}}; do echo "line $i"; done
cat {reads} > ${{{{outputs.out}}}}/token
sleep "$(< pause)"
mkdir ${{{{outputs.out}}}}/many
for i in {{1..15}}; do echo "$i $RANDOM" > ${{{{outputs.out}}}}/many/$i; done
head -c 8 /dev/urandom | od -A n -t x8 >> ${{{{outputs.out}}}}/token
echo $EPOCHREALTIME > ${{{{outputs.extra}}}}
echo kept > outputs/artifact
echo end
"""
    return step(
        command,
        code="src/",
        takes={f"from_{source}": f"{source}.out" for source in sources},
        values={"round": "${{parent.inputs.round}}"},
        makes={"out": {"type": "uri_folder"}, "extra": file()},
    )
