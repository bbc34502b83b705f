"""When a container is asked to end."""

import time
from pathlib import Path

from core.computes.containers.asking import Asking


def asking(folder: Path, signals: list[str], *, known_to_run: list[bool]) -> Asking:
    """Of a step that may take a second; what its host knows of it is taken from `known_to_run`, one after the other."""

    def signal(name: str) -> bool:
        signals.append(name)
        return True

    paths = {"cancel": str(folder / "cancel")}
    spec = {"timeout_s": 1, "grace_s": 60}
    return Asking(paths, spec, signal, lambda reason, note: None, lambda: known_to_run.pop(0))


def test_who_ended_in_time_while_nobody_heard_of_it_is_not_over_its_time(tmp_path: Path) -> None:
    """A laptop was asleep, or its link is dead and that is not known yet."""
    signals: list[str] = []
    asked = asking(tmp_path, signals, known_to_run=[False])

    for _ in range(3):
        assert asked.advance(time.time() - 3600, is_reachable=True)

    assert (asked.reason, signals) == ("", [])
    assert asked.pause(time.time() - 3600) > 0.5, "the host is not asked all the time"


def test_who_is_known_to_run_is_over_its_time(tmp_path: Path) -> None:
    signals: list[str] = []
    asked = asking(tmp_path, signals, known_to_run=[True])

    assert asked.advance(time.time() - 3600, is_reachable=True)

    assert (asked.reason, signals) == ("timeout", ["TERM"])


def test_while_a_host_is_away_nobodys_time_is_over(tmp_path: Path) -> None:
    asked = asking(tmp_path, [], known_to_run=[])

    assert asked.advance(time.time() - 3600, is_reachable=False)

    assert asked.reason == ""
