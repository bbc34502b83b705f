"""What a person sees and does: keys in, plain screen text out."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.screen import screen_lines, screen_text, until, until_gone, until_shown
from tests.tui.fake_bridge import TAXI, FakeBridge, stale_world
from tui import view_state
from tui.app import Workbench
from tui.dialogs.choose_steps import StepsDialog
from tui.screens.run import RunScreen
from tui.view_state import ViewState
from tui.views import Change, Entry, Kind, Place, StepState, Trouble
from tui.widgets.status import Status

SIZES = [(60, 20), (80, 24), (120, 40), (160, 45)]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of whoever runs the tests."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "MLPW_ASCII", "TMUX", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def workbench(bridge: FakeBridge) -> Workbench:
    return Workbench(bridge, bridge.root / "cache" / "view.json")


async def opened(pilot: Pilot[Any]) -> str:
    """The workbench once it has planned."""
    return await until_shown(pilot, "1 stale")


def run_screen(app: Workbench) -> RunScreen:
    assert isinstance(app.screen, RunScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_workbench_works_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        assert "Pipelines" in screen_text(app)
        await pilot.press("enter")
        text = await until_shown(pilot, "Steps 5", "train_b")
        for step in ("ingest", "clean", "train_a", "evaluate"):
            assert step in text
        assert all(len(line) <= size[0] for line in screen_lines(app))


async def test_the_graph_shows_each_steps_status_by_glyph(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        text = await opened(pilot)
        assert "≡ ingest" in text
        assert "● train_b" in text
        assert "◌ evaluate" in text
        assert "1 waiting" in text


async def test_a_stale_step_says_why_in_the_table_and_by_a_key(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "train_b.py changed")
        await pilot.press("x")
        await until_shown(pilot, "Why train_b", "learning_rate 0.1 -> 0.05")
        await pilot.press("escape")
        await until_gone(pilot, "Why train_b")


async def test_running_shows_first_what_would_run_and_what_stays(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        text = await until_shown(pilot, "1 step will run", "1 step may run", "3 steps stay")
        assert "train_b.py changed" in text
        await pilot.press("escape")
        await until_gone(pilot, "will run")
        assert f"submit {TAXI}" not in bridge.asked


async def test_enter_starts_the_run_and_the_screen_follows_it(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    (tmp_path / "train_a.txt").write_text("epoch 1 loss 0.5\n")
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "▶ running run 7", "2/5", "epoch 1 loss 0.5", "1:0")
        assert bridge.asked[-1] == f"submit {TAXI}"
        with (tmp_path / "train_a.txt").open("a") as log:
            log.write("epoch 2 loss 0.4\n")
        await until_shown(pilot, "epoch 2 loss 0.4")


async def test_rerunning_from_a_step_names_it(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "R")
        await until_shown(pilot, "Run taxi from train_b")
        await pilot.press("enter")
        await until(pilot, lambda: f"submit {TAXI} --from train_b --force" in bridge.asked)


async def test_cancelling_asks_and_an_escape_lets_the_run_go_on(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    bridge.begin_run()
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "running run 7")
        await pilot.press("c")
        await until_shown(pilot, "Cancel run 7?")
        await pilot.press("escape")
        await until_gone(pilot, "Cancel run 7?")
        assert "cancel 7" not in bridge.asked
        await pilot.press("c")
        await until_shown(pilot, "Cancel run 7?")
        await pilot.press("enter")
        await until_shown(pilot, "cancelling")
        assert "cancel 7" in bridge.asked


async def test_a_failure_shows_the_failed_steps_log_first(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    bridge.begin_run()
    (tmp_path / "train_a.txt").write_text("RuntimeError: out of memory\n")
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "running run 7")
        bridge.fail("train_a", "RuntimeError: out of memory", tmp_path / "train_a.txt")
        await until_shown(pilot, "1 failed", "train_a log", "RuntimeError: out of memory", "exit 1")


async def test_n_jumps_between_failures(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    for step in ("clean", "evaluate"):
        bridge.states[step] = StepState(Status.FAILED, error=f"{step} broke", exit_code=2)
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "2 failed")
        screen = run_screen(app)
        assert screen.steps.selected == "clean"
        await pilot.press("n")
        assert screen.steps.selected == "evaluate"
        await pilot.press("n")
        assert screen.steps.selected == "clean"
        await pilot.press("N")
        assert screen.steps.selected == "evaluate"


async def test_a_file_that_does_not_load_shows_its_error_and_line(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    (tmp_path / "pipelines").mkdir()
    (tmp_path / TAXI).write_text("type: pipeline\njobs:\n  train:\n    componnt: x\n")
    bridge.trouble = Trouble("unknown key 'componnt'", Place(Path(TAXI), 4), "did you mean 'component'?")
    app = workbench(bridge)
    async with app.run_test(size=(100, 30)) as pilot:
        text = await until_shown(pilot, "unknown key 'componnt'", f"{TAXI}:4", "did you mean 'component'?")
        assert ">    4      componnt: x" in text
        assert "✗ taxi" in text


async def test_an_empty_folder_says_how_to_begin(tmp_path: Path) -> None:
    bridge = FakeBridge(tmp_path, has_pipeline=False)
    app = workbench(bridge)
    async with app.run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, "This folder has no pipeline yet.", "mlpw init")


async def test_a_changed_file_plans_again(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        bridge.states = {**bridge.states, "clean": StepState(Status.STALE, ("clean.py changed",))}
        bridge.change = Change(files=True)
        await until_shown(pilot, "2 stale")


async def test_the_command_log_shows_the_twin_of_what_was_done(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await until_shown(pilot, "will run")
        await pilot.press("enter")
        await until_shown(pilot, "run 7")
        await pilot.press("at")
        await until_shown(pilot, f"mlpw run {TAXI}")


async def test_help_lists_every_key_and_the_palette_every_action(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(120, 45)) as pilot:
        await opened(pilot)
        await pilot.press("question_mark")
        await until_shown(pilot, "Run what changed")
        await pilot.press("G")
        await until_shown(pilot, "Keep the end of the log in sight")
        await pilot.press("escape")
        await pilot.press("colon")
        await until_shown(pilot, "Rerun the selected step")
        await pilot.press("c", "a", "n", "c", "e", "l")
        await until_gone(pilot, "Rerun the selected step")
        await until_shown(pilot, "cancel  (c)")


async def test_the_log_fills_the_screen_and_comes_back(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    bridge.begin_run()
    (tmp_path / "train_a.txt").write_text("".join(f"line {number}\n" for number in range(300)))
    app = workbench(bridge)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "running run 7")
        await pilot.press("enter", "l")
        text = await until_shown(pilot, "FOLLOW", "300 lines", "line 299")
        assert "line 280" in text
        await pilot.press("g")
        await until_shown(pilot, "line 0")
        await pilot.press("slash", *"line 15", "enter")
        await until_shown(pilot, "line 15")
        await pilot.press("escape", "escape")
        await until_shown(pilot, "Steps 5")


async def test_filtering_keeps_only_matching_steps(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "slash", *"train")
        await until_gone(pilot, "ingest")
        assert "train_a" in screen_text(app)
        await pilot.press("escape")
        await until_shown(pilot, "ingest")


@pytest.mark.parametrize("size", SIZES)
async def test_a_table_without_rows_says_in_full_how_to_get_one(tmp_path: Path, size: tuple[int, int]) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("6")
        text = await until_shown(pilot, "no model yet")
        assert "registers one, or mlpw model create -f FILE" in " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("size", SIZES)
async def test_a_dialog_says_at_every_size_what_enter_and_escape_do(tmp_path: Path, size: tuple[int, int]) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        app.push_screen(StepsDialog("Logs", [("ingest", Status.SUCCEEDED)], []))
        await until_shown(pilot, "Enter show their logs", "Esc leave it")


async def test_a_filter_that_is_kept_stands_in_the_frame_and_escape_takes_it_away_first(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "slash", *"train", "enter")
        await until_shown(pilot, "/train ")
        await pilot.press("escape")
        await until_shown(pilot, "ingest")
        assert run_screen(app).steps.has_focus_within
        assert "/train" not in screen_text(app)
        await pilot.press("slash", "enter", "escape")
        await until(pilot, lambda: run_screen(app).tree_pane.has_focus, "the tree")
        await pilot.press("slash", *"nothing", "enter")
        await until_shown(pilot, "/nothing")
        await pilot.press("escape")
        await until_shown(pilot, "Pipelines 1", "taxi")


async def test_zoom_gives_one_pane_the_screen_and_escape_takes_it_back(tmp_path: Path) -> None:
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "plus")
        await until_gone(pilot, "Workspace")
        assert "Steps 5" in screen_text(app)
        await pilot.press("escape")
        await until_shown(pilot, "Workspace")


async def test_hostile_names_and_logs_are_shown_harmless(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    bridge.more_entries = [Entry(Kind.DATA, "evil\x1b]52;c;AAAA\x07 [bold]x[/bold] \u202egnp", Path("d.yml"))]
    bridge.states["train_b"] = StepState(Status.STALE, ("\x1b[2J\x9b31m[link=x]a[/link].py changed",))
    app = workbench(bridge)
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await pilot.press("down", "down", "right")
        text = await until_shown(pilot, "evil␛]52;c;AAAA␇")
        assert "␛[2J" in text
        assert "[link=x]a[/link].py" in text
        assert all(line.isprintable() for line in screen_lines(app))


async def test_quitting_remembers_the_view_and_the_next_start_opens_it(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    (tmp_path / "cache").mkdir()
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "k")
        await until(pilot, lambda: run_screen(app).steps.selected == "train_a")
        await pilot.press("q")
    assert view_state.load(tmp_path / "cache" / "view.json") == ViewState(TAXI, 0, "train_a", "run", "mlpw-dark", False)
    again = workbench(bridge)
    async with again.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert run_screen(again).steps.selected == "train_a"


async def test_the_source_opens_in_the_editor_at_the_steps_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = stale_world(tmp_path)
    app = workbench(bridge)
    opened_with: list[list[str]] = []
    monkeypatch.setenv("EDITOR", "vim -f")
    monkeypatch.setattr(app, "run_outside", opened_with.append)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "e")
        await until(pilot, lambda: bool(opened_with))
    assert opened_with == [["vim", "-f", "+13", str(tmp_path / TAXI)]]


async def test_a_refused_run_says_why(tmp_path: Path) -> None:
    bridge = stale_world(tmp_path)
    bridge.refusal = Trouble("input 'data' has no value", hint="--set inputs.data.path=...")
    app = workbench(bridge)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await until_shown(pilot, "input 'data' has no value", "--set inputs.data.path=...")
        await pilot.press("enter")
        await until_gone(pilot, "has no value")
        assert f"submit {TAXI}" not in bridge.asked


async def test_without_unicode_everything_is_ascii(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPW_ASCII", "1")
    app = workbench(stale_world(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        text = await until_shown(pilot, "* train_b")
        assert text.isascii(), [character for character in text if not character.isascii()]
