"""The workbench over a slow line, a stalled one, and one that breaks: what it sends, and what it does to a run."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.screen import Screen

from core.records.model import RunStatus
from core.workspace import Workspace
from tests.support.terminal import Terminal, terminal
from tests.support.waiting import eventually
from tests.tui.test_terminal import run, workspace
from tui import terminal as our_terminal

SSH = "10.0.0.1 50000 10.0.0.2 22"
#: What a terminal answers that can show a frame at once (DEC mode 2026); then every frame begins with this.
KNOWS_FRAMES = "\x1b[?2026;1$y"
TRUE_COLOUR = re.compile(r"\x1b\[[0-9;]*[34]8;[25];")
FRAME = "\x1b[?2026h"
WAITING = """\
type: pipeline
jobs:
  waits:
    type: command
    command: echo begun; while [ ! -e {door}/leave ]; do sleep 0.05; done
    environment: {{image: library/python:3.12}}
"""


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return workspace(tmp_path / "plain", "words", "alpha\n")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a test lets the step end, by a file `leave`."""
    (tmp_path / "door").mkdir()
    yield tmp_path / "door"
    (tmp_path / "door" / "leave").touch()


@pytest.fixture
def waiting(tmp_path: Path, door: Path) -> Path:
    """A workspace with one step that ends when the test lets it."""
    root = tmp_path / "waiting"
    root.mkdir()
    (root / "mlpw.yml").write_text("name: w\n")
    (root / "waits.yml").write_text(WAITING.format(door=door))
    return root


def submit(root: Path) -> int:
    with Workspace.open(root) as opened:
        return opened.submit(opened.graph(root / "waits.yml"))


def status(root: Path, number: int) -> RunStatus:
    with Workspace.open(root) as opened:
        return opened.run(number).status


def shown_quietly(opened: Terminal, *texts: str) -> int:
    opened.until_painted(*texts)
    opened.until_quiet(1.2)
    return opened.mark()


def test_over_ssh_only_the_terminals_own_colours_are_sent(plain: Path) -> None:
    with terminal(plain, SSH_CONNECTION=SSH) as opened:
        shown_quietly(opened, "never run")
        assert not TRUE_COLOUR.search(opened.sent)
        assert re.search(r"\x1b\[[0-9;]*3[1-6]", opened.sent)


def test_over_ssh_the_mouse_clicks_but_its_way_is_neither_told_nor_answered(plain: Path) -> None:
    with terminal(plain, SSH_CONNECTION=SSH) as opened:
        shown_quietly(opened, "never run")
        assert "\x1b[?1000h" in opened.sent
        assert "\x1b[?1003h" not in opened.sent
        assert opened.move_mouse(200) == 0
        opened.until_quiet(1.0)


def test_an_idle_workbench_sends_nothing(plain: Path) -> None:
    with terminal(plain, SSH_CONNECTION=SSH) as opened:
        shown_quietly(opened, "never run")
        opened.until_quiet(3.0)


def test_over_ssh_a_time_that_grows_costs_little(waiting: Path, door: Path) -> None:
    number = submit(waiting)
    with terminal(waiting, (160, 45), SSH_CONNECTION=SSH) as opened:
        opened.until_painted("running", "waits", "begun")
        opened.until_quiet(0.7)
        costs = []
        for _ in range(5):
            mark = opened.mark()
            opened.until(lambda mark=mark: opened.since(mark) != "", "a second")  # type: ignore[misc]
            opened.until_quiet(0.3)
            costs.append(len(opened.since(mark).encode()))
        assert sorted(costs)[2] <= 2048, costs
        (door / "leave").touch()
        eventually(lambda: status(waiting, number).is_final, "the run's end")


def test_over_ssh_keys_held_down_cost_at_most_four_frames_a_second(plain: Path) -> None:
    for number in range(30):
        (plain / f"words{number}.yml").write_text((plain / "words.yml").read_text())
    with terminal(plain, SSH_CONNECTION=SSH) as opened:
        opened.press(KNOWS_FRAMES)
        mark = shown_quietly(opened, "never run", "words9")
        started = time.monotonic()
        for key in "jk" * 30:
            opened.press(key)
            opened.take(0.02)
        opened.until_quiet(0.5)
        spent = time.monotonic() - started
        assert 0 < opened.since(mark).count(FRAME) <= 4 * spent + 2


def test_z_makes_a_line_slow_and_quick_again(plain: Path) -> None:
    with terminal(plain) as opened:
        mark = shown_quietly(opened, "never run")
        assert TRUE_COLOUR.search(opened.sent)
        opened.press("Z")
        opened.until(lambda: "\x1b[?1003l" in opened.since(mark), "the end of the mouse's way")
        opened.until_painted("slow line")
        opened.until_quiet(6.0)  # the toast goes
        assert opened.move_mouse(50) == 0
        mark = opened.mark()
        opened.press("j")
        opened.until_quiet(0.8)
        assert not TRUE_COLOUR.search(opened.since(mark))
        opened.press("Z")
        opened.until(lambda: TRUE_COLOUR.search(opened.since(mark)) is not None, "colours")
        opened.until(lambda: "\x1b[?1003h" in opened.since(mark), "the mouse's way")


def test_m_leaves_the_mouse_to_the_terminal_and_takes_it_back(plain: Path) -> None:
    with terminal(plain) as opened:
        mark = shown_quietly(opened, "never run")
        opened.press("M")
        opened.until(lambda: "\x1b[?1000l" in opened.since(mark), "the mouse left to the terminal")
        opened.until_painted("the mouse selects text")
        mark = opened.mark()
        opened.press("M")
        opened.until(lambda: "\x1b[?1000h" in opened.since(mark), "the mouse taken back")


@pytest.mark.parametrize("owned", [True, False], ids=["with a signal", "without one"])
def test_a_stalled_terminal_harms_nothing(waiting: Path, door: Path, owned: bool) -> None:
    number = submit(waiting)
    with terminal(waiting, (200, 60), owned=owned) as opened:
        opened.until_painted("running", "waits")
        for _ in range(20):  # far more than a terminal takes that nobody reads
            opened.press("TG\x1b")
            time.sleep(0.02)
        (door / "leave").touch()
        eventually(lambda: status(waiting, number) is RunStatus.SUCCEEDED, "the run's end")
        assert opened.process.poll() is None
        opened.close()
        eventually(lambda: opened.process.poll() is not None, "the end of the workbench")
        assert opened.process.returncode == 0


def test_a_terminal_that_is_read_again_shows_everything(plain: Path) -> None:
    run(plain)
    with terminal(plain, (200, 60)) as opened:
        opened.until_painted("up to date")
        for _ in range(20):
            opened.press("TG\x1b")
            time.sleep(0.02)
        opened.until_quiet(2.0)
        mark = opened.mark()
        opened.press("x")
        opened.until(
            lambda: "it ran, and nothing has changed" in opened.since(mark) or "as they were" in opened.since(mark), "x"
        )


def test_textual_still_keeps_its_timer_where_we_look_for_it() -> None:
    assert hasattr(Screen(), our_terminal._TIMER)
