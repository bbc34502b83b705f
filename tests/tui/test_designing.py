"""Building a pipeline on screen: keys in, the file and the screen out, over a real workspace."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.workspace import templates
from tests.support.bench import Bench
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_logged, until_shown
from tui.app import Workbench
from tui.screens.designing import DesignScreen
from tui.screens.run import RunScreen
from tui.session import Session

SAMPLE = Path(__file__).parents[2] / "sample_workspace"
SIZES = [(60, 20), (80, 24), (120, 40), (160, 45)]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Desk:
    """A workspace from a template, with the workbench on it."""

    def __init__(self, root: Path, template: str) -> None:
        self.path = root / templates.create(template, root).pipeline
        self.session = Session(root)
        self.app = Workbench(self.session, self.session.view_file)

    @property
    def text(self) -> str:
        return self.path.read_text()


@pytest.fixture
async def desk_of(bench: Bench) -> AsyncIterator[Callable[[str], Desk]]:
    made: list[Desk] = []

    def make(template: str) -> Desk:
        made.append(Desk(bench.root, template))
        return made[-1]

    yield make
    for each in made:
        each.session.close()


async def build(pilot: Pilot[Any]) -> None:
    """Open the Build screen, with the keys in the graph."""
    await until_shown(pilot, "Steps")
    await until_shown(pilot, "stale")
    await pilot.press("b")
    await until_shown(pilot, "Build ", "given, taken by")


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type a text, character by character."""
    names = {" ": "space", "$": "dollar_sign", "{": "left_curly_bracket", "}": "right_curly_bracket",
             ".": "full_stop", ">": "greater_than_sign", "<": "less_than_sign", "_": "underscore", "-": "minus",
             "/": "slash", ";": "semicolon"}  # fmt: skip
    await pilot.press(*(names.get(character, character) for character in text))


async def add_command(pilot: Pilot[Any], name: str, command: str) -> None:
    await pilot.press("n")
    await until_shown(pilot, "Add a command")
    await write(pilot, name)
    await pilot.press("tab")
    await write(pilot, command)
    await pilot.press("enter")
    await until_gone(pilot, "Add a command")
    await until_shown(pilot, f"add step {name}")


async def test_a_pipeline_of_three_steps_is_built_from_a_blank_one_and_runs(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("blank")
    (desk.path.parent / "shout.yml").write_text(
        "name: shout\ntype: command\ninputs:\n  text: {type: uri_file}\n  folder: {type: uri_folder, optional: true}\n"
        "  times: {type: integer, default: 1, max: 9}\noutputs:\n  loud: {type: uri_file}\n"
        "environment: {image: library/python:3.12}\n"
        "command: for i in $(seq ${{inputs.times}}); do tr a-z A-Z < ${{inputs.text}}; done > ${{outputs.loud}}"
        " $[[; ls ${{inputs.folder}}]]\n"
    )
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await build(pilot)
        await add_command(pilot, "say", "echo hello > ${{outputs.said}}")
        await pilot.press("a")
        await until_shown(pilot, "Add a step of", "shout")
        await pilot.press("s", "h", "o", "enter", "c")  # at once: what is typed next is about the new step
        await until_shown(pilot, "shout.text (uri_file) takes", "say.said", "start.ready")
        await pilot.press("s", "a", "y", "enter")
        await until_shown(pilot, "connect say.said to shout.text", "+      text: ${{parent.jobs.say.outputs.said}}")

        await pilot.press("p")
        await until_shown(pilot, "Parameters of shout", "default 1", "at most 9")
        await pilot.press("1", "2", "enter")
        await until_shown(pilot, "not changed", "above the most allowed, 9")
        await pilot.press("backspace", "backspace", "2", "enter")
        await until_shown(pilot, "set jobs.shout.inputs.times=2")

        await add_command(pilot, "tell", "wc -l < ${{inputs.lines}}")
        await pilot.press("c")
        await until_shown(pilot, "tell.lines takes")
        await pilot.press("s", "h", "o", "enter")
        await until_shown(pilot, "connect shout.loud to tell.lines")
        await pilot.press("e")
        await until_shown(pilot, "Rename tell")
        await pilot.press(*["backspace"] * 4, "c", "o", "u", "n", "t", "enter")
        await until_shown(pilot, "rename step tell to count")
        screen = desk.app.screen
        assert isinstance(screen, DesignScreen)
        await until(pilot, lambda: not screen.is_opening, "the end of the edit, which selects what it renamed")
        screen.steps.select("start")
        await pilot.press("d")
        await until_shown(pilot, "Remove start", "-  start:")
        await pilot.press("enter")
        await until_shown(pilot, "remove step start")
        await until_gone(pilot, "Remove start")

        await pilot.press("r")
        await until_shown(pilot, "1 step will run", "2 steps may run")
        await pilot.press("enter")
        await until_shown(pilot, "✓ count", "up to date")
        await until_logged(pilot, "mlpw edit connect pipelines/pipeline.yml say.said shout.text")
    assert "# Which grammar this file follows" in desk.text


async def test_undo_and_redo_go_through_every_edit(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("train-evaluate")
    first = desk.text
    async with desk.app.run_test(size=(160, 45)) as pilot:
        await build(pilot)
        await pilot.press("e")
        await until_shown(pilot, "Rename split")
        await pilot.press("2", "enter")
        await until_shown(pilot, "rename step split to split2")
        second = desk.text
        assert second != first
        await pilot.press("u")
        await until_shown(pilot, "undo: rename step split to split2")
        assert desk.text == first
        await pilot.press("U")
        await until_shown(pilot, "redo: rename step split to split2")
        assert desk.text == second
        await pilot.press("U")
        await until_shown(pilot, "Not changed", "to do again")
    assert desk.app.commands[-2:] == [f"mlpw edit {verb} pipelines/train_evaluate.yml" for verb in ("undo", "redo")]


async def test_what_would_break_the_pipeline_is_said_in_place(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("train-evaluate")
    before = desk.text
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await build(pilot)
        await pilot.press("e")
        await until_shown(pilot, "Rename split")
        await pilot.press("exclamation_mark", "enter")
        await until_shown(pilot, "not changed", "cannot name a step")
        await pilot.press("escape")
        await until_gone(pilot, "Rename split")
        await pilot.press("d")
        await until_shown(pilot, "Remove split", "required input", "would become an input of the pipeline")
        await pilot.press("escape")
        await until_gone(pilot, "Remove split")
        await pilot.press("escape")
        await until_gone(pilot, "given, taken by")
    assert desk.text == before


async def test_only_what_fits_can_be_chosen(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("train-evaluate")
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await build(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "split  ../components/split.yml", "inputs.houses")
        await pilot.press("c")
        text = await until_shown(pilot, "split.table (uri_file) takes", "inputs.houses")
        assert "train.model" not in text
        await pilot.press("escape", "j", "j", "c")
        text = await until_shown(pilot, "split.seed (integer) takes", "a new input of the pipeline")
        assert "inputs." not in text.partition("takes")[2].partition("╰")[0]
        await pilot.press("enter")
        await until_shown(pilot, "A new input for split.seed")
        await write(pilot, "seed")
        await pilot.press("enter")
        await until_shown(pilot, "connect inputs.seed to split.seed", "+      seed: ${{parent.inputs.seed}}")
        await pilot.press("u")
        await until_shown(pilot, "undo: connect inputs.seed")
        await pilot.press("j", "enter")
        await until_shown(pilot, "An output of the pipeline: split.train")
        await write(pilot, "learned_from")
        await pilot.press("enter")
        await until_shown(pilot, "add output learned_from", "+  learned_from:")
        await until_shown(pilot, "train.train, outputs.learned")


async def test_settings_and_inputs_of_the_pipeline_are_forms(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("train-evaluate")
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await build(pilot)
        await pilot.press("i")
        await until_shown(pilot, "Inputs of the pipeline", "../data/houses.csv", "ridge")
        await pilot.press("down", "backspace", "backspace", "backspace", "backspace", "0", "full_stop", "5", "enter")
        await until_shown(pilot, "set inputs.test_share=0.5", "+  test_share: 0.5")
        await pilot.press("s")
        await until_shown(pilot, "Settings of split", "azureml:local", "limits.timeout")
        await pilot.press("down", *"gpu", "enter")
        await until_shown(pilot, "set jobs.split.compute=gpu", "+    compute: gpu")
        await pilot.press("s")
        await until_shown(pilot, "Settings of split", "gpu")
        await pilot.press("down", "backspace", "backspace", "backspace", "enter")
        await until_shown(pilot, "unset jobs.split.compute", "-    compute: gpu")
        await until_logged(pilot, "mlpw edit unset pipelines/train_evaluate.yml jobs.split.compute")


async def test_a_change_by_somebody_else_is_not_overwritten(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("blank")
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await build(pilot)
        await add_command(pilot, "more", "true")
        mine = desk.text.replace("start", "begin")
        desk.path.write_text(mine)
        await until_shown(pilot, "begin")
        await pilot.press("u")
        await until_shown(pilot, "Not changed", "changed on disk meanwhile")
        assert desk.text == mine


async def test_templates_and_clones_are_made_from_the_run_screen(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("blank")
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("C")
        await until_shown(pilot, "Clone pipelines/pipeline.yml")
        await write(pilot, "second")
        await pilot.press("enter")
        await until_shown(pilot, "second", "Pipelines 2")
        assert "display_name: second" in (desk.path.parent / "second.yml").read_text()
        await pilot.press("I")
        await until_shown(pilot, "Begin with", "train-evaluate")
        await pilot.press("b", "a", "t", "enter")
        await until_shown(pilot, "summarize")
        await until_logged(pilot, "mlpw init --template batch-score")
        await until_gone(pilot, "Begin with")


async def test_an_empty_workspace_begins_with_a_template(bench: Bench) -> None:
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "This folder has no pipeline yet", "I puts one here")
        await pilot.press("I")
        await until_shown(pilot, "Begin with", "blank")
        await pilot.press("enter")
        await until_shown(pilot, "start", "1 stale")
        await pilot.press("b")
        await until_shown(pilot, "Build pipeline", "ready")
    session.close()


@pytest.mark.parametrize("size", SIZES)
async def test_it_works_at_every_size(desk_of: Callable[[str], Desk], size: tuple[int, int]) -> None:
    desk = desk_of("train-evaluate")
    async with desk.app.run_test(size=size) as pilot:
        await until_shown(pilot, "Pipelines")
        screen = desk.app.screen
        assert isinstance(screen, RunScreen)
        await until(pilot, lambda: screen.scene.graph is not None, "the graph")
        await pilot.press("b")
        await until_shown(pilot, "Build ", "split", "table", "inputs.houses")
        await pilot.press("e")
        await until_shown(pilot, "Rename split")
        await pilot.press("2", "enter")
        await until_shown(pilot, "rename step split to split2", "+  split2:")
        assert all(len(line) <= size[0] for line in screen_lines(desk.app))
        assert "split2" in screen_text(desk.app)


async def test_a_nested_pipeline_is_one_step_with_ports_of_its_own(tmp_path: Path) -> None:
    root = tmp_path / "flights"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns(".mlpw"))
    session = Session(root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 45)) as pilot:
        await build(pilot)
        screen = app.screen
        assert isinstance(screen, DesignScreen)
        screen.steps.select("train.forest")
        screen.show_ports()
        await until_shown(pilot, "train  ../components/train_models.yml", "split.train", "evaluate.boosting")
        await pilot.press("minus")
        await until(pilot, lambda: screen.steps.selected_group == "train", "the folded group")
        await pilot.press("e")
        await until_shown(pilot, "Rename train")
        await pilot.press("2", "enter")
        await until_shown(pilot, "rename step train to train2")
        await until_shown(pilot, "train2  ../components/train_models.yml")
        await pilot.press("slash", *"gate", "enter")
        await until_shown(pilot, "gate  ../components/gate.yml", "/gate")
        await pilot.press("escape")
        await until_gone(pilot, "/gate ")
        assert app.screen is screen
    session.close()
