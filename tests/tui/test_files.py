"""The browser of a step's files: what goes in and comes out, looked into, copied, opened."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_logged, until_shown
from tests.support.steps import step
from tui.app import Workbench
from tui.panes.files import FilesPane
from tui.session import Session


@pytest.fixture
def words(new_bench: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A step that makes a table, a text and a folder of many files."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    bench = new_bench("words")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(bench.outside))
    bench.write({"data/in.txt": "what goes in\n"})
    command = (
        "cd ${{outputs.out}}; printf 'city,n\\nparis,1\\n' > table.csv; echo some words > words.txt;"
        "mkdir many; cd many; seq -f 'part-%05g.txt' 1 20000 | xargs touch"
    )
    bench.pipeline({"make": step(command, data={"data": "data/"}, makes=["out"])})
    bench.run()
    return bench


async def test_a_persons_way_through_the_files_of_a_step(words: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(words.outside)
    session = Session(words.root)
    app = Workbench(session, session.view_file)
    opened: list[list[str]] = []
    monkeypatch.setattr(app, "run_outside", opened.append)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("o")
        await until_shown(pilot, "Files of make", "input data", "output out", "in.txt")
        await until_logged(pilot, "mlpw show 1/make")
        await pilot.press("j")
        await until_shown(pilot, "folder · 3 entries", "many/", "table.csv")
        await pilot.press("enter")
        await until_shown(pilot, "▾ output out", "▸ many", "table.csv")
        await pilot.press("j", "enter")
        await until_shown(pilot, "part-00001.txt")
        await pilot.press("slash", *"part-1999", "enter")
        await until_shown(pilot, "part-19990.txt")
        assert "part-00001.txt" not in screen_text(app)
        await pilot.press("slash", "escape", "g", "j", "j", "left")
        await until_gone(pilot, "part-00001.txt")
        await pilot.press("j")
        await until_shown(pilot, "table · ", "city   n", "paris  1")
        await pilot.press("v")
        assert opened[-1][-1].endswith("/table.csv")
        await pilot.press("S")
        await until_shown(pilot, "Save a copy", "table.csv")
        await pilot.press("enter")
        await until(pilot, (words.outside / "table.csv").exists)
        await until_shown(pilot, "saved as")
        assert app.commands[-1].startswith("cp -r ")
        await pilot.press("S")
        await until_shown(pilot, "Save a copy")
        await pilot.press("2", "backspace")
        await until_shown(pilot, "there is something already")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: app.screen.focused is not None and app.screen.focused.id == "preview")
        await pilot.press("escape", "escape")
        await until_shown(pilot, "make log")
    session.close()
    assert (words.outside / "table.csv").read_text() == "city,n\nparis,1\n"


async def test_every_key_of_the_browser_does_what_the_help_says(words: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "vim -f")
    monkeypatch.setenv("PAGER", "less -R")
    words.write({"data/long.txt": "".join(f"{number} {'x' * 200} end\n" for number in range(200))})
    words.run()
    session = Session(words.root)
    app = Workbench(session, session.view_file)
    opened: list[list[str]] = []
    monkeypatch.setattr(app, "run_outside", opened.append)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("o")
        text = await until_shown(pilot, "Files of make", "input data", "long.txt")
        assert "Enter open  v view  e editor  S save a copy  y copy path  / filter" in text
        tree = app.screen.query_one(FilesPane)

        await pilot.press("right")
        await until_shown(pilot, "▾ input data", "│     long.txt")
        await pilot.press("down", "down")
        await until_shown(pilot, "text · 42 kB", "0 xxx")
        await pilot.press("left")
        await until(pilot, lambda: tree.selected.endswith("/data"), "left goes to the folder around")
        await pilot.press("G")
        await until(pilot, lambda: tree.selected.endswith("/out") or "output" in screen_text(app))
        await pilot.press("home", "end", "ctrl+u", "ctrl+d", "g", "j", "k", "j", "j")
        await until_shown(pilot, "text · 42 kB")

        place = str(words.root / "data" / "long.txt")
        await pilot.press("y")
        await until(pilot, lambda: copied(words) == place, "the path")
        await pilot.press("e")
        assert opened[-1] == ["vim", "-f", "-R", place]
        await until_logged(pilot, f"$EDITOR {place}")
        await pilot.press("v")
        assert opened[-1] == ["env", "LESSSECURE=1", "less", "-R", place]
        await until_logged(pilot, f"$PAGER {place}")

        await pilot.press("tab")
        await until(pilot, lambda: app.screen.focused is not None and app.screen.focused.id == "preview")
        await pilot.press("j", "j", "k", "ctrl+d", "ctrl+u", "G")
        await until_shown(pilot, "199 xxx")
        await pilot.press(*["right"] * 40)
        await until_shown(pilot, "x end")
        await pilot.press(*["left"] * 40, "g")
        await until_shown(pilot, "0 xxx")
        await pilot.press("y")
        await until(pilot, lambda: copied(words).startswith("0 xxx") and "199 xxx" in copied(words), "the text")
        await pilot.press("shift+tab")
        await until(pilot, lambda: tree.has_focus)
        await pilot.press("escape")
        await until_shown(pilot, "make log")
    session.close()


async def test_files_of_every_kind_are_looked_into(words: Bench) -> None:
    data = words.root / "data"
    words.write({"data/facts.json": '{"city": {"name": "paris"}}', "data/table.csv": "city,n\nparis,1\n"})
    table = import_module("pyarrow").table({"town": ["oslo", "bergen"], "people": [717_710, 291_940]})
    import_module("pyarrow.parquet").write_table(table, data / "towns.parquet")
    import_module("PIL.Image").new("RGB", (64, 32), (250, 10, 10)).save(data / "red.png")
    words.run()
    session = Session(words.root)
    app = Workbench(session, session.view_file)
    shown = {
        "facts.json": ("JSON · ", '"name": "paris"'),
        "in.txt": ("text · ", "what goes in"),
        "red.png": ("PNG · 64 x 32", "▀▀▀▀▀▀▀▀"),
        "table.csv": ("table · ", "city   n", "paris  1"),
        "towns.parquet": ("Parquet · 2 rows, 2 columns", "town (string)", "bergen", "717710"),
    }
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("o")
        await until_shown(pilot, "folder · 5 entries")
        await pilot.press("enter")
        await until_shown(pilot, "▾ input data", *shown)
        for name, texts in shown.items():
            await pilot.press("j")
            await until_shown(pilot, f"─ {name} ─", *texts)
            if name == "red.png":
                wide = screen_text(app).count("▀")
                await pilot.press("enter", "y")
                await until(pilot, lambda: copied(words) == str(data / "red.png"), "a picture's path")
                await pilot.press("escape")
                await pilot.resize_terminal(90, 36)
                await until(pilot, lambda before=wide: 0 < screen_text(app).count("▀") < before)  # type: ignore[misc]
                await pilot.resize_terminal(120, 36)
    session.close()


def copied(bench: Bench) -> str:
    """What was copied last, as the file says that every copy goes to."""
    file = bench.root / ".mlpw" / "cache" / "copied.txt"
    return file.read_text() if file.exists() else ""


async def test_on_a_small_terminal_tree_and_preview_take_turns(words: Bench) -> None:
    session = Session(words.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(60, 20)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("enter", "o")
        await until_shown(pilot, "output out")
        assert "Preview" not in screen_text(app)
        await pilot.press("enter")
        await until_shown(pilot, "in.txt")
        await pilot.press("j", "enter")
        await until_shown(pilot, "what goes in")
        await pilot.press("escape")
        await until_gone(pilot, "what goes in")
        assert "output out" in screen_text(app)
    session.close()


async def test_names_and_contents_of_files_cannot_speak_to_the_terminal(words: Bench) -> None:
    evil = "\x1b]0;t\x07\x1b[2J\u202eb\x9b31m"
    script = (
        "import pathlib, sys; p = pathlib.Path(sys.argv[1]); e = p.joinpath(sys.argv[2]); e.write_text(sys.argv[2])"
    )
    words.write({"src/make.py": script, "src/evil.txt": evil})
    command = 'python make.py ${{outputs.out}} "$(cat evil.txt)"'
    words.pipeline({"make": step(command, code="./src", makes=["out"], environment_variables={"EVIL": evil})})
    words.run()
    session = Session(words.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "up to date", "EVIL")
        assert all(line.isprintable() for line in screen_text(app).splitlines())
        await pilot.press("o")
        await until_shown(pilot, "output out")
        await pilot.press("enter", "j")
        await until_shown(pilot, "text · ", "␛[2J")
        assert all(line.isprintable() for line in screen_text(app).splitlines())
        await pilot.press("S")
        await until_shown(pilot, "Save a copy")
        assert all(line.isprintable() for line in screen_text(app).splitlines())
    session.close()


def test_the_editor_that_cannot_be_told_to_only_read_gives_way_to_the_pager() -> None:
    from tui.screens.editor import reading_command, viewer_command

    path = Path("/x/a.txt")
    assert reading_command({"EDITOR": "vim -f"}, path) == ["vim", "-f", "-R", "/x/a.txt"]
    assert reading_command({"EDITOR": "some-editor"}, path) == viewer_command({}, path)
    assert viewer_command({}, path) == ["env", "LESSSECURE=1", "less", "/x/a.txt"]
    assert viewer_command({"PAGER": "bat -p"}, path) == ["bat", "-p", "/x/a.txt"]
