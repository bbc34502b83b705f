"""`mlpw watch` where the system's limits of watching are reached: one clear line, and the files are looked at instead.

The kernel counts watches and queues for each user namespace too: in one of its own a small limit hurts nobody else.
"""

from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.watching import StartWatching, run_chain

LIMITS = {
    "watches": ("max_inotify_watches", 1, "limit of watched folders", "fs.inotify.max_user_watches="),
    "instances": (
        "max_inotify_instances",
        0,
        "too many programs of this user watch files",
        "fs.inotify.max_user_instances=",
    ),
}


def limited(limit: str, most: int) -> list[str]:
    """The words before a command that put it under a limit of the kernel's."""
    script = f'echo {most} > /proc/sys/user/{limit} && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "sh", "-c", script, "-"]


@pytest.mark.parametrize("case", LIMITS)
def test_a_limit_is_one_line_and_saves_are_seen_all_the_same(bench: Bench, watching: StartWatching, case: str) -> None:
    limit, most, words, sysctl = LIMITS[case]
    run_chain(bench, "true")
    watch = watching(before=limited(limit, most))
    said = [line for line in watch.until_said("3 steps").splitlines() if words in line]
    assert len(said) == 1
    assert f"sudo sysctl {sysctl}" in said[0]
    assert said[0].endswith("until then mlpw looks every second")
    bench.write({"src/r.sh": "echo other"})
    watch.until_said("r.sh changed")


@pytest.mark.parametrize("case", LIMITS)
def test_a_limit_is_said_once_and_the_plan_stays_right(bench: Bench, watching: StartWatching, case: str) -> None:
    limit, most, _, hint = LIMITS[case]
    folders = [f"src/f{i}" for i in range(5)]
    bench.write({f"{folder}/a.sh": "echo 1" for folder in folders})
    command = "; ".join(f"sh {Path(folder).name}/a.sh" for folder in folders)
    bench.pipeline({"a": step(f"({command}) > ${{{{outputs.out}}}}/f", code="src/", makes=["out"])})
    bench.run()

    watch = watching("--json", before=limited(limit, most))
    note = watch.until(lambda event: event["event"] == "watching")["note"]
    assert hint in note
    assert note.endswith("until then mlpw looks every second")
    assert len(note.splitlines()) == 1
    watch.until(lambda event: event["event"] == "plan" and event["is_up_to_date"])

    bench.write({"src/f3/a.sh": "echo 2"})
    watch.until(lambda event: event.get("steps", {}).get("a", {}).get("reasons") == ["f3/a.sh changed"])
