"""Saving what a log view shows: kept lines, times, several logs; whole or not at all."""

from pathlib import Path

import pytest

from tests.support.logs import timed_log
from tui.screens.log_saving import Saving, spare_name
from tui.widgets.log_pattern import Pattern
from tui.widgets.log_stream import LogSource


@pytest.fixture
def sources(tmp_path: Path) -> list[LogSource]:
    one = timed_log(tmp_path / "one", [(0, "a"), (2, "\x1b[31mb\x1b[0m")])
    two = timed_log(tmp_path / "two", [(1, "c")])
    return [LogSource(one, "one"), LogSource(two, "second")]


def test_one_log_is_saved_as_it_is(tmp_path: Path, sources: list[LogSource]) -> None:
    saving = Saving([LogSource(sources[0].path)], tmp_path / "out", None, with_times=False)
    saving.write()
    assert (tmp_path / "out").read_bytes() == sources[0].path.read_bytes()
    assert saving.progress == 1


def test_several_are_saved_with_their_names_and_only_the_kept_lines(tmp_path: Path, sources: list[LogSource]) -> None:
    Saving(sources, tmp_path / "out", None, with_times=False).write()
    assert (tmp_path / "out").read_text() == "one    | a\nsecond | c\none    | \x1b[31mb\x1b[0m\n"
    Saving(sources, tmp_path / "out", Pattern.to_keep("!a"), with_times=True).write()
    lines = (tmp_path / "out").read_text().splitlines()
    assert [line[23:] for line in lines] == [" second | c", " one    | \x1b[31mb\x1b[0m"]
    assert lines[0].startswith("2026-01-01 ")


def test_of_a_saving_that_is_stopped_nothing_is_left(tmp_path: Path, sources: list[LogSource]) -> None:
    saving = Saving(sources, tmp_path / "out", None, with_times=False)
    saving.stop()
    saving.write()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_name_that_is_taken_is_not_offered(tmp_path: Path) -> None:
    assert spare_name(tmp_path, "a/b-1.log") == "a-b-1.log"
    (tmp_path / "a-b-1.log").touch()
    assert spare_name(tmp_path, "a/b-1.log") == "a-b-1-2.log"
