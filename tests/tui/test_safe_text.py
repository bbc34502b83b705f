"""Nothing that a step, a file or a name brings commands the terminal: every place that shows text, on a real one."""

import json
import os
import pty
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hostile import MARK, SHORT, TEXT, hostile_workspace, obeyed
from tests.support.terminal import SEQUENCE, Terminal, terminal
from tests.support.waiting import PATIENCE_SECONDS
from tui.panes.notices import NoticeBar
from tui.views import GraphView, Scene, StepState, Subject, Trouble
from tui.views import Place as ShownPlace
from tui.widgets.status import Status

ESC = "\x1b"
#: What the workbench itself sends between its start and its end: colours, places, cursor, pointer, clicks heard or not.
OWN = {
    "\x1b]22;default\x07",
    "\x1b]22;pointer\x07",
    "\x1b]22;text\x07",
    "\x1b[m",
    "\x1b[H",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1000h",
    "\x1b[?1000l",
}
#: What is shown in place of what a terminal would obey.
GLYPHS = "␛␇␊␍␉↔\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Place:
    """Where text is shown: keys that lead there from the place before, and keys that lead back.

    Add a place as soon as there is one. `shows` is false where no foreign text has to be seen.
    """

    name: str
    keys: str
    back: str = ESC
    shows: bool = True


#: From the Run screen, at 160 x 45, on the step that failed.
RUN = (
    Place("steps as boxes", "\r", ""),
    Place("steps as rails", "v", "v"),
    Place("why", "x"),
    Place("everything about the step", "D"),
    Place("about the pipeline", "i"),
    Place("plan before a run", "r"),
    Place("log on the whole screen", "l", ""),
    Place("search in the log", "/" + MARK + "\r", ESC + ESC),
    Place("pasted into the filter", f"/\x1b[200~{SHORT}\x1b[201~", ESC, shows=False),
    Place("runs", "2", "", shows=False),
    Place("runs filtered", "/w\r", "/" + ESC, shows=False),
    Place("runs compared", "d", "", shows=False),
    Place("everything of the runs compared", "a"),
    Place("data", "5", ""),
    Place("a data asset", "\r", ESC),
    Place("models", "6", ""),
    Place("a model", "\r", ESC),
    Place("environments", "7", ""),
    Place("an environment", "\r", ESC, shows=False),
    Place("components", "8", ""),
    Place("a component", "\r", ESC),
    Place("compute targets", "9", ""),
    Place("the way back", "1", ""),
    Place("command log", "@", shows=False),
    Place("palette", ":"),
    Place("palette, narrowed", ":pipeline", ESC + ESC),
    Place("other workspaces", "W"),
    Place("themes", "T"),
    Place("help", "?", shows=False),
)
#: From the Run screen, at 160 x 45, on the step that failed: what asks and what builds.
ASKING = (
    Place("the steps", "\r", ""),
    Place("parameters", "p"),
    Place("clone", "C"),
    Place("template", "I"),
    Place("logs to merge", "a"),
    Place("designer", "b", ""),
    Place("designer: parameters", "p", shows=False),
    Place("designer: add", "a"),
    Place("designer: connect", "c", shows=False),
    Place("designer: left", ESC, "", shows=False),
)
#: From the Run screen, at 80 x 24, on the step that made files.
FILES = (
    Place("steps", "\r", ""),
    Place("the step's facts", "D"),
    Place("what changed of the step", "d"),
    Place("files", "o", ""),
    Place("a folder", "\r", ""),
    *(Place(f"file {number}", "j", "", shows=False) for number in range(24)),
)


@dataclass
class Visit:
    """What a place sent."""

    place: Place
    sent: str


def tour(root: Path, size: tuple[int, int], step: str, places: tuple[Place, ...], **environment: str) -> list[Visit]:
    """Go to every place, one after the other."""
    view = {"pipeline": "words.yml", "step": step}
    (root / ".mlpw" / "cache").mkdir(exist_ok=True)
    (root / ".mlpw" / "cache" / "view.json").write_text(json.dumps(view))
    visits = []
    with terminal(root, size, owned=True, **environment) as opened:
        first = at_start(opened)
        visits.append(Visit(Place("at start", ""), first))
        for place in places:
            mark = opened.mark()
            press(opened, place.keys)
            if not environment:
                await_glyph(opened, mark, place)
            opened.until_quiet(0.4)
            visits.append(Visit(place, opened.since(mark)))
            press(opened, place.back)
            opened.until_quiet(0.3)
        assert opened.process.poll() is None, "the workbench went away on the tour"
    return visits


def at_start(opened: Terminal) -> str:
    """Everything up to the first quiet, without the modes that are set before the first frame."""
    opened.until(lambda: "Steps 2" in opened.text, "the graph")
    opened.until_quiet(1.0)
    return opened.sent[opened.sent.index("mlpw") :]


def await_glyph(opened: Terminal, mark: int, place: Place) -> None:
    """Give a place that reads what it shows the time it needs; what never comes is the test's to say."""
    end = time.monotonic() + PATIENCE_SECONDS
    while place.shows and time.monotonic() < end and not any(glyph in opened.since(mark) for glyph in GLYPHS):
        opened.take(0.1)


def press(opened: Terminal, keys: str) -> None:
    """Type; a lone escape is told from a sequence by the time after it."""
    for key in keys.split(ESC) if not keys.startswith("/\x1b[200~") else [keys]:
        if key:
            opened.press(key)
            opened.take(0.15)
    for _ in range(keys.count(ESC) if not keys.startswith("/\x1b[200~") else 0):
        opened.press(ESC)
        opened.take(0.3)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile workspace, in a folder with a hostile name, beside another one opened lately, and a hostile theme."""
    home = tmp_path_factory.mktemp("hostile")
    made = hostile_workspace(home / SHORT)
    subprocess.run([sys.executable, "-m", "tui", "-C", str(made), "run", "words.yml"], capture_output=True, check=False)
    (home / f"recent{SHORT}" / ".mlpw").mkdir(parents=True)
    (home / "state" / "mlpw").mkdir(parents=True)
    recent = [str(home / f"recent{SHORT}")]
    (home / "state" / "mlpw" / "state.json").write_text(json.dumps({"greeted": True, "recent": recent}))
    (home / "config" / "mlpw" / "themes").mkdir(parents=True)
    (home / "config" / "mlpw" / "themes" / f"{SHORT}.toml").write_text(f"name = 3\n# {MARK}\n")
    theme = {"name": "mine", "about": TEXT, "extends": "mlpw-dark"}
    lines = (f"{name} = {json.dumps(value)}" for name, value in theme.items() if name != "about")
    about = json.dumps(SHORT)
    (home / "config" / "mlpw" / "themes" / "mine.toml").write_text("\n".join([*lines, f"about = {about}"]))
    return made


@pytest.fixture(scope="module")
def visits(root: Path) -> dict[str, Visit]:
    """What every place sent, by its name."""
    wide = tour(root, (160, 45), "fails", RUN)
    asking = tour(root, (160, 45), "fails", ASKING)
    narrow = tour(root, (80, 24), "made", FILES)
    return {
        **{f"asking: {visit.place.name}": visit for visit in asking},
        **{f"wide: {visit.place.name}": visit for visit in wide},
        **{f"narrow: {visit.place.name}": visit for visit in narrow},
    }


NAMES = [
    *(f"asking: {name}" for name in ("at start", *(place.name for place in ASKING))),
    *(f"wide: {name}" for name in ("at start", *(place.name for place in RUN))),
    *(f"narrow: {name}" for name in ("at start", *(place.name for place in FILES))),
]


@pytest.mark.parametrize("name", NAMES)
def test_no_place_sends_what_a_terminal_would_obey(visits: dict[str, Visit], name: str) -> None:
    visit = visits[name]
    assert obeyed(visit.sent, OWN) == set()
    if visit.place.shows:
        assert any(glyph in visit.sent for glyph in GLYPHS), "nothing foreign was shown there"


@pytest.mark.parametrize("name", NAMES)
def test_no_place_sends_a_flood(visits: dict[str, Visit], name: str) -> None:
    assert "\u0301" * 20 not in visits[name].sent
    assert len(visits[name].sent) < 200_000, visits[name].sent[-5000:]


@pytest.fixture(scope="module")
def plain_visits(root: Path) -> dict[str, Visit]:
    """What every place sent to a terminal that takes ASCII only and wants no colours."""
    wide = tour(root, (160, 45), "fails", RUN, MLPW_ASCII="1", NO_COLOR="1")
    return {visit.place.name: visit for visit in wide}


#: SGR's ways to say a colour (ECMA-48, and 38 and 48 of ISO 8613-6); bold, reverse and the like are none.
COLOUR = re.compile(r"(?:^|;)(?:[34]8;[25]|[349][0-7]|10[0-7])(?:;|$)")


@pytest.mark.parametrize("name", ["at start", *(place.name for place in RUN)])
def test_without_colour_and_beyond_ascii_nothing_is_sent(plain_visits: dict[str, Visit], name: str) -> None:
    sent = plain_visits[name].sent
    assert {char for char in SEQUENCE.sub("", sent) if not char.isascii()} == set()
    assert [code for code in re.findall("\x1b\\[([0-9;]*)m", sent) if COLOUR.search(code)] == []


def test_files_were_really_looked_into(visits: dict[str, Visit]) -> None:
    assert sum("␛]52;c;" in visit.sent for name, visit in visits.items() if "file " in name) >= 5


def test_markup_is_only_text(visits: dict[str, Visit]) -> None:
    assert any("[bold]" in visit.sent for visit in visits.values())


#: Commands that show what others wrote.
COMMANDS = (
    ("plan", "words.yml"),
    ("plan", "words.yml", "--diff"),
    ("plan", "broken.yml"),
    ("run", "words.yml"),
    ("runs",),
    ("show", "latest"),
    ("show", "latest/fails"),
    ("show", "latest/made"),
    ("show", "rows:1"),
    ("show", "net:1"),
    ("show", "python:1"),
    ("show", "part:1"),
    ("ls",),
    ("ls", "pipelines"),
    ("data", "list"),
    ("component", "show", "part:1"),
    ("logs", "latest/fails"),
    ("logs", "latest"),
    ("doctor",),
    ("compare", "1", "2"),
    ("compare", "1", "2", "--all"),
    ("edit", "rename-step", "words.yml", "fails", "other", "--dry-run"),
    ("shell", "latest/fails", "--", "true"),
    ("keys",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_sends_to_a_terminal_what_it_would_obey(root: Path, command: tuple[str, ...]) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tui", "-C", str(root), *command],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"},
        start_new_session=True,
    )
    os.close(slave)
    sent = bytearray()
    while True:
        try:
            block = os.read(master, 1 << 16)
        except OSError:
            break
        if not block:
            break
        sent += block
    process.wait()
    os.close(master)
    text = sent.decode("utf-8", "replace")
    live = {"\x1b[K", "\x1b[2K", "\x1b[J", *(f"\x1b[{count}A" for count in ("", *range(100)))}
    assert obeyed(text.replace("\t", ""), OWN | live) == set()
    assert text


@pytest.mark.parametrize("command", [each for each in COMMANDS if each[0] != "logs"], ids=" ".join)
def test_no_command_writes_control_characters_into_a_pipe(root: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui", "-C", str(root), *command],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    text = (done.stdout + done.stderr).decode("utf-8", "strict")
    assert obeyed(text, set()) == set()
    assert "Traceback (most recent call last)" not in done.stderr.decode()


def test_what_stands_above_the_footer_is_clean() -> None:
    """It comes with a save, so that no key leads there."""
    trouble = Trouble(TEXT, ShownPlace(Path(SHORT), 1, 5), TEXT, TEXT)
    graph = GraphView(SHORT, SHORT, {})
    states = {TEXT: StepState(Status.RUNNING, outdated=(TEXT,), is_same=True)}
    bar = NoticeBar()
    bar.show(Scene(Subject(SHORT), graph, states, trouble=trouble))
    assert obeyed(bar.plain_text, set()) == set()
    assert len(bar.plain_text.splitlines()) == 6
    assert any(glyph in bar.plain_text for glyph in GLYPHS)
