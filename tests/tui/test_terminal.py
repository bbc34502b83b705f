"""The workbench on a real pseudo-terminal: what it sends, how it ends, and that nothing foreign commands it."""

import json
import os
import re
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from core.records.model import RunStatus
from core.workspace import Workspace
from tests.support.terminal import SEQUENCE, Terminal, terminal
from tests.support.waiting import PATIENCE_SECONDS, eventually

PIPELINE = """\
type: pipeline
display_name: {name}
description: {name}
jobs:
  first:
    type: command
    display_name: {name}
    command: cat words.txt; exit {code}
    code: ./src
"""
#: What reliability demands of names: line ends, sequences of ESC and C1, OSC 0 and 52, direction, clear screen.
HOSTILE = [
    "new\nline",
    "\x1b]52;c;aGFja2Vk\x07clipboard",
    "\x1b]0;owned\x1b\\title",
    "\x1b[2J\x1b[Hclear",
    "\x1bcreset",
    "\x9b2J\x9d0;c1\x9c",
    "\x1bP+q544e\x1b\\string",
    "exe\u202egnp.py",
    "\u2066isolate\u2069",
    "bell\x07\x08\x08\x7f\x00",
    "\x1b[?1049l\x1b[?1000lmodes",
]
ENTER, ESC = "\r", "\x1b"
#: Harmless, and not cut off: it says that the text around it has come.
MARK = "zzmark"


def workspace(root: Path, name: str, log: str, *, code: int = 0) -> Path:
    """A workspace whose pipeline, step, log line and broken neighbour all carry `name`."""
    (root / "src").mkdir(parents=True)
    (root / "mlpw.yml").write_text("name: w\n")
    (root / "src" / "words.txt").write_text(log)
    (root / "words.yml").write_text(PIPELINE.format(name=json.dumps(name), code=code))
    return root


def run(root: Path) -> int:
    """Run words.yml to its end; the run's number."""
    with Workspace.open(root) as opened:
        number = opened.submit(opened.graph(root / "words.yml"))
        eventually(lambda: opened.run(number).status.is_final, "the run's end")
        assert opened.run(number).status is not RunStatus.CANCELLED
    return number


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return workspace(tmp_path / "plain", "words", "alpha\n")


def test_the_first_frame_comes_and_q_leaves(plain: Path) -> None:
    with terminal(plain) as opened:
        opened.until_painted("Workspace", "words", "first", "never run")
        opened.press("q")
        opened.until(lambda: opened.process.poll() is not None, "the end")
        assert opened.process.returncode == 0
        assert "\x1b[?1049l" in opened.sent


def test_without_a_terminal_it_says_what_to_do(plain: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tui", str(plain)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == (
        "mlpw: the workbench needs a terminal; over SSH that is: ssh -t; plan, run, watch and ls do without one\n"
    )


def test_a_terminal_that_cannot_be_drawn_on_is_named(plain: Path) -> None:
    with terminal(plain, TERM="dumb") as opened:
        opened.until(lambda: opened.process.poll() is not None, "the end")
        assert opened.process.returncode == 2
        assert "mlpw: the workbench cannot draw on this terminal (TERM=dumb); plan, run, watch" in opened.sent
        assert "\x1b" not in opened.sent


def test_a_quiet_workbench_sends_not_one_byte(plain: Path) -> None:
    with terminal(plain) as opened:
        opened.until_painted("never run")
        opened.until_quiet(3.0)


@pytest.mark.parametrize("way", ["closed", "closed without a signal", "SIGHUP", "SIGTERM"])
def test_a_lost_terminal_ends_the_workbench_and_keeps_the_view(plain: Path, way: str) -> None:
    run(plain)
    with terminal(plain, owned=way != "closed without a signal") as opened:
        opened.until_painted("up to date")
        opened.press("2")
        opened.until_painted("Runs 1", "pipeline")
        opened.until_quiet(0.5)
        if way.startswith("SIG"):
            os.kill(opened.process.pid, signal.Signals[way])
        else:
            opened.close()
        eventually(lambda: opened.process.poll() is not None, "the end of the process")
        assert opened.process.returncode == 0
    view = json.loads((plain / ".mlpw" / "cache" / "view.json").read_text())
    assert (view["pipeline"], view["screen"]) == ("words.yml", "runs")


def test_no_colours_are_sent_where_none_are_wanted(plain: Path) -> None:
    with terminal(plain, NO_COLOR="1") as opened:
        opened.until_painted("never run")
        opened.until_quiet()
        opened.press("r")
        opened.until_painted("1 step will run")
        opened.until_quiet()
        codes = set(re.findall(r"\x1b\[([0-9;]*)m", opened.sent))
    assert codes
    assert not [code for code in codes if re.search(r"(?:^|;)(?:[34]8;2|[34]8;5|[349][0-7]|10[0-7])(?:;|$)", code)]


def test_colours_are_sent_otherwise(plain: Path) -> None:
    with terminal(plain) as opened:
        opened.until_painted("never run")
        assert re.search(r"\x1b\[[0-9;]*38;2;", opened.sent)


def tour(root: Path) -> Terminal:
    """Everything that shows a name, a log or an error, seen once."""
    with terminal(root, (160, 45)) as opened:
        opened.until_painted("first log", MARK)
        opened.until_quiet(0.6)
        for keys in (
            "\r",
            "x",
            "\x1b",
            "r",
            "\x1b",
            "l",
            "/" + MARK + "\r",
            "\x1b",
            "\x1b",
            "2",
            "1",
            "@",
            "\x1b",
            ":",
        ):
            opened.press(keys)
            opened.until_quiet(0.3)
        opened.press("\x1b")
        opened.until_quiet(0.6)
    return opened


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The control sequences that the workbench sends by itself."""
    root = workspace(tmp_path_factory.mktemp("benign") / "w", f"words {MARK}", f"alpha {MARK}\n", code=3)
    break_neighbour(root, "words")
    run(root)
    return tour(root).sequences()


def break_neighbour(root: Path, name: str) -> None:
    """A pipeline that cannot be read, whose error names `name`."""
    text = PIPELINE.format(name=json.dumps(name), code=0)
    (root / "broken.yml").write_text(f"{text}    {json.dumps(name + 'key')}: 1\n")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A tour of a workspace in which every text is hostile."""
    name = "".join(HOSTILE) + MARK
    root = workspace(tmp_path_factory.mktemp("hostile") / "w", name, "\n".join(HOSTILE) + f"\n{MARK}\n", code=3)
    for number, text in enumerate(HOSTILE):
        (root / f"{number}{text.replace(chr(0), '').replace('/', '')}.yml").write_text(
            PIPELINE.format(name='"x"', code=0)
        )
    break_neighbour(root, "".join(HOSTILE))
    run(root)
    return tour(root)


def test_no_name_log_or_error_sends_a_control_sequence(benign: set[str], hostile: Terminal) -> None:
    assert len(benign) > 5
    assert hostile.sequences() - benign == set()


def test_what_is_left_beside_the_sequences_only_prints(hostile: Terminal) -> None:
    left = {char for char in hostile.text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert left <= {"\r", "\n"}
    assert "\ufffd" in hostile.text


@pytest.mark.parametrize("seen", ["␛]52;c;", "␛]0;owned", "␛[2J", "exe↔gnp.py", "new␊line"])
def test_the_hostile_text_was_really_there_to_see(hostile: Terminal, seen: str) -> None:
    assert seen in hostile.text


def test_a_log_of_a_million_lines_costs_little_memory(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", "words", "")
    words = (root / "words.yml").read_text()
    loud = "  loud:\n    type: command\n    command: seq -f 'epoch %.0f of a long night, loss 0.123456789' 1000000\n"
    (root / "words.yml").write_text(words + loud)
    number = run(root)
    used = {}
    for step, seen in (("first", "first log"), ("loud", "1,000,000 lines")):
        view = {"pipeline": "words.yml", "run": number, "step": step, "screen": "run"}
        (root / ".mlpw" / "cache").mkdir(exist_ok=True)
        (root / ".mlpw" / "cache" / "view.json").write_text(json.dumps(view))
        with terminal(root) as opened:
            opened.until_painted(seen)
            opened.until_quiet()
            used[step] = opened.memory()
    assert used["loud"] - used["first"] < 10_000_000, used
    assert used["loud"] < 80_000_000, used


def test_sequences_are_told_apart() -> None:
    sent = "\x1b[1;2H\x1b[38;2;1;2;3mx\x1b]52;c;x\x07\x1b[2J\x1bc"
    assert SEQUENCE.findall(sent) == ["\x1b[1;2H", "\x1b[38;2;1;2;3m", "\x1b]52;c;x\x07", "\x1b[2J", "\x1bc"]
