"""`python -m bench [--full] [--only steps hashing starting graphs drawing saving logs] [--json FILE]`.

`sending`, `containing` and `crowding` are measured only when asked for: they make Docker hosts of namespaces, and need
root.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.drawing import measure_drawing
from bench.first_frame import measure_first_frame
from bench.goals import verdicts
from bench.graphing import measure_graphs
from bench.hashing import measure_hashing
from bench.installing import environment, install, install_checkout
from bench.logs import measure_logs
from bench.machine import describe_machine
from bench.measuring import Stopwatch
from bench.peers import Doit, Dvc, Mlpw, Peer, Snakemake
from bench.report import as_json, as_text
from bench.results import Measurement, Results
from bench.rig import Rig
from bench.saving import measure_saving
from bench.settings import FULL, QUICK, Settings
from bench.starting import measure_starting
from bench.stepping import measure_steps

_ASKED = ("sending", "containing", "crowding")
_PEERS: dict[str, Callable[[Path], Peer]] = {"doit": Doit, "dvc": Dvc, "snakemake": Snakemake}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    chosen = _parse(arguments)
    mlpw = Mlpw(install_checkout(chosen.scratch))
    peers: list[Peer] = [mlpw, *(_PEERS[name](install(name, [name], chosen.scratch)) for name in chosen.peers)]
    with Stopwatch() as stopwatch:
        rig = Rig(_settings(chosen), mlpw, peers, chosen.scratch, stopwatch, environment())
        measurements = []
        for measurement in _measure(rig, chosen.only):
            _tell(measurement)
            measurements.append(measurement)
        results = Results(
            machine=describe_machine(),
            command=f"python -m bench {' '.join(arguments if arguments is not None else sys.argv[1:])}".strip(),
            versions={peer.name: peer.version for peer in peers},
            counts_everything=stopwatch.counts_everything,
            measurements=tuple(measurements),
        )
    judged = list(verdicts(results))
    print(as_text(results, judged))
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(results, judged), indent=1) + "\n")


def _measure(rig: Rig, only: Sequence[str]) -> Iterator[Measurement]:
    if "starting" in only:
        yield from measure_starting(rig)
    if "steps" in only:
        for size in rig.settings.sizes:
            yield from measure_steps(rig, size)
    if "graphs" in only:
        yield from measure_graphs(rig)
    if "drawing" in only:
        yield from measure_drawing(rig)
    if "hashing" in only:
        yield from measure_hashing(rig)
    if "first-frame" in only:
        yield from measure_first_frame(rig)
    if "sending" in only:
        from bench.sending import measure_sending  # needs the tests' hosts, and so root

        yield from measure_sending(rig)
    if "containing" in only:
        from bench.containing import measure_containing  # as sending

        yield from measure_containing(rig)
    if "crowding" in only:
        from bench.crowding import measure_crowding  # as sending

        yield from measure_crowding(rig)
    if "saving" in only:
        yield from measure_saving(rig)
    if "logs" in only:
        yield from measure_logs(rig)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    groups = ("starting", "steps", "graphs", "drawing", "hashing", "first-frame", "saving", "logs", *_ASKED)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mlpw-bench"
    parser.add_argument("--full", action="store_true", help="sizes up to 1,000 steps, 2 GB, 20,000 files; 20 minutes")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=groups,
        default=[group for group in groups if group not in _ASKED],
        metavar="GROUP",
        help=str(groups),
    )
    parser.add_argument("--peers", nargs="*", choices=list(_PEERS), default=list(_PEERS), help="tools beside mlpw")
    parser.add_argument("--sizes", nargs="+", type=int, metavar="STEPS", help="instead of the mode's own")
    parser.add_argument("--repeats", type=int, help="instead of the mode's own")
    parser.add_argument("--cold-repeats", type=int, help="instead of the mode's own")
    parser.add_argument("--limit", nargs="+", default=[], metavar="TOOL=STEPS", help="the most steps a tool is given")
    parser.add_argument("--sent-bytes", type=int, metavar="BYTES", help="size of the big file that is sent")
    parser.add_argument("--sent-files", type=int, metavar="FILES", help="how many small files are sent")
    parser.add_argument("--scratch", type=Path, default=cache, help="environments and workspaces; %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    return parser.parse_args(arguments)


def _settings(chosen: argparse.Namespace) -> Settings:
    settings = FULL if chosen.full else QUICK
    limits = {tool: int(steps) for tool, _, steps in (text.partition("=") for text in chosen.limit)}
    return replace(
        settings,
        sizes=tuple(chosen.sizes or settings.sizes),
        repeats=chosen.repeats or settings.repeats,
        cold_repeats=chosen.cold_repeats or settings.cold_repeats,
        sent_bytes=chosen.sent_bytes or settings.sent_bytes,
        sent_files=chosen.sent_files or settings.sent_files,
        limits={**settings.limits, **limits},
    )


def _tell(measurement: Measurement) -> None:
    walls = ", ".join(f"{tool} {figure.wall:.3f} s" for tool, figure in measurement.figures.items())
    print(f"{measurement.workload} {measurement.size or ''}: {walls}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
