"""Pictures of every screen, and of the dialogs that matter most, at the sizes that are promised."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.records.model import AssetKind
from core.workspace.versions import NewVersion
from tests.support.bench import SCHEMA, Bench
from tests.support.pictures import check_picture
from tests.support.screen import screen_lines, until, until_gone, until_shown
from tests.support.steps import ENVIRONMENT
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.welcome import Welcome
from tui.widgets.table import Table

SIZES = [(60, 20), (80, 24), (120, 40), (160, 45)]
_DAYS = 3 * 86400 + 60


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, prepared_environments: Path) -> Iterator[Bench]:
    """A workspace with two runs of a pipeline whose code and parameter changed, and one of every asset."""
    bench = Bench(tmp_path_factory.mktemp("seen") / "letters", prepared_environments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLPW_BENCH", bench.mark)
        _fill(bench)
    yield bench
    bench.end()


def _fill(bench: Bench) -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest"
    bench.write(
        {
            "mlpw.yml": "name: letters\n",
            "components/count.yml": f"{schema}/commandComponent.schema.json\ntype: command\nname: count_words\n"
            "display_name: Count the words\ndescription: Counts what is in a file of words.\n"
            "inputs:\n  words: {type: uri_file}\n"
            "  least: {type: integer, default: 3, min: 1, description: Shorter words do not count}\n"
            "outputs:\n  counts: {type: uri_file}\nenvironment: azureml:plain@latest\n"
            "command: wc -w < ${{inputs.words}} > ${{outputs.counts}}\n",
            "environments/plain.yml": f"{schema}/environment.schema.json\nname: plain\n"
            "image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04\nconda_file: conda.yml\n",
            "environments/conda.yml": "dependencies: [python=3.11, pip, {pip: ['numpy==2.3.5']}]\n",
            "data/words.csv": "word,count\nalpha,1\nbeta,2\n",
            "data/words.yml": f"{schema}/data.schema.json\nname: words\ntype: uri_file\npath: ./words.csv\n"
            "description: Greek letters\n",
        }
    )
    with bench.workspace() as workspace:
        for version in ("1", "2"):
            asked = NewVersion(AssetKind.DATA, bench.root / "data/words.yml", values={"version": version})
            workspace.create_version(asked)
        workspace.create_version(NewVersion(AssetKind.COMPONENT, bench.root / "components/count.yml"))
    for text, word in (("print(1)\n", "gamma"), ("print(1)\nprint(2)\n", "delta")):
        bench.write({"src/work.py": text})
        write_pipeline(
            bench,
            {
                "train": {
                    "command": "cp work.py ${{outputs.model}}/m; echo ${{inputs.word}}",
                    "code": "./src",
                    "inputs": {
                        "word": "${{parent.inputs.word}}",
                        "words": {"type": "uri_file", "path": "azureml:words:1"},
                    },
                    "outputs": {"model": {"type": "custom_model", "name": "letters"}},
                    "environment": ENVIRONMENT,
                },
                "check": {
                    "command": "test ${{inputs.word}} = gamma",
                    "inputs": {"word": "${{parent.inputs.word}}"},
                    "environment": ENVIRONMENT,
                },
            },
            word,
        )
        bench.end_of(bench.start())
    _set_times(bench, time.time() - _DAYS)


def write_pipeline(bench: Bench, jobs: dict[str, object], word: str) -> None:
    """Without a journal, whose path would stand in the commands that are shown."""
    head = {"$schema": SCHEMA, "type": "pipeline", "display_name": "Letters", "inputs": {"word": word}}
    bench.file.write_text(json.dumps({**head, "jobs": jobs}, indent=1))


def _set_times(bench: Bench, then: float) -> None:
    """Every run took 83 seconds three days ago, every step 41."""
    with bench.workspace() as workspace:
        write = workspace.records.database.connection.execute
        write("UPDATE runs SET created_at = ?, started_at = ?, ended_at = ?", (then, then, then + 83))
        write("UPDATE step_runs SET started_at = ?, ended_at = ?", (then, then + 41))
        write("UPDATE traces SET duration = 41")
        write("UPDATE assets SET created_at = ?", (then,))


@pytest.mark.parametrize("size", SIZES)
async def test_every_screen_looks_as_it_did(seen: Bench, size: tuple[int, int], plain_terminal: None) -> None:
    session = Session(seen.root)
    app = Workbench(session, seen.root.parent / "view.json")
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "letters")
        for key, name, shown in _LISTS:
            await pilot.press(key)
            await until_shown(pilot, *shown)
            await until_gone(pilot, "reading the pipelines ...")
            await check_picture(pilot, name)
            assert all(len(line) <= size[0] for line in screen_lines(app))
        for key, name, listed, told in _ASSETS:
            await pilot.press(key)
            await until_shown(pilot, listed)
            await until(pilot, lambda: isinstance(app.focused, Table) and bool(app.focused.selected), "a selected row")
            await pilot.press("enter")
            await until_shown(pilot, *told)
            await until_gone(pilot, "reading the pipelines ...")
            await check_picture(pilot, f"{name}-one")
        await pilot.press("2")
        await until_shown(pilot, "Runs 2")
        await pilot.press("d")
        await until_shown(pilot, "compare 1, 2", "only what differs", "work.py")
        await check_picture(pilot, "compare")
        await pilot.press("colon", *"comp")
        await until_shown(pilot, "components count_words")
        await check_picture(pilot, "palette")
    session.close()


@pytest.mark.parametrize("size", SIZES)
async def test_log_and_files_look_as_they_did(seen: Bench, size: tuple[int, int], plain_terminal: None) -> None:
    view = seen.root.parent / "step.json"
    view.write_text(json.dumps({"pipeline": seen.name, "step": "train"}))
    session = Session(seen.root)
    app = Workbench(session, view)
    async with app.run_test(size=size) as pilot:
        (await planned(pilot)).steps.focus_shown()
        await pilot.press("l")
        await until_shown(pilot, "delta", "train log")
        await until(pilot, lambda: app.screen is not app.run_screen, "the log's screen")
        await check_picture(pilot, "log")
        await pilot.press("escape", "o")
        await until_shown(pilot, "input words", *(["alpha,1"] if size[0] > 60 else []))
        await check_picture(pilot, "files")
    session.close()


@pytest.mark.parametrize("size", SIZES)
async def test_the_run_screen_and_its_dialogs_look_as_they_did(
    seen: Bench, size: tuple[int, int], plain_terminal: None
) -> None:
    view = seen.root.parent / "check.json"
    view.write_text(json.dumps({"pipeline": seen.name, "step": "check"}))
    session = Session(seen.root)
    app = Workbench(session, view)
    async with app.run_test(size=size) as pilot:
        screen = await planned(pilot)
        await until_shown(pilot, "Pipelines 1", "2 pipeline", *(["test delta = gamma"] if size[0] >= 100 else []))
        await check_picture(pilot, "run-tree")
        screen.steps.focus_shown()
        await until(pilot, lambda: screen.has_class("-in"), "the steps")
        await until_shown(pilot, "check log")
        await check_picture(pilot, "run")
        for key, name, shown in _DIALOGS:
            await pilot.press(key)
            await until_shown(pilot, *shown)
            await check_picture(pilot, name)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen, "the Run screen")
        await pilot.press("b")
        await until_shown(pilot, "Build Letters", "inputs.word", "✗ check")
        await check_picture(pilot, "build")
    session.close()


async def planned(pilot: Pilot[Any]) -> RunScreen:
    """The Run screen once it shows a plan."""
    await until_shown(pilot, "Letters")
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    await until(pilot, lambda: screen.scene.is_planned, "the plan")
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_a_folder_without_a_pipeline_looks_as_it_did(size: tuple[int, int], plain_terminal: None) -> None:
    app = Welcome(Path("/home/ana/letters"))
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "has no pipeline yet", "open it as it is")
        await check_picture(pilot, "welcome")


_DIALOGS = (
    ("r", "plan", ("Run Letters", "1 step will run")),
    ("p", "parameters", ("Parameters of Letters", "delta")),
    ("question_mark", "help", ("Keys", "Move")),
    ("x", "why", ("Why check",)),
    ("T", "themes", ("Themes 8",)),
    ("at", "commands", ("Commands", "mlpw plan")),
)
_LISTS = (
    ("2", "runs", ("Runs 2", "ok")),
    ("5", "data", ("Data 1", "2 of 2")),
    ("6", "models", ("Models 1", "letters")),
    ("7", "environments", ("Environments 1", "plain")),
    ("8", "components", ("Components 1", "count_words")),
)
_ASSETS = (
    ("5", "data", "Data 1", ("Versions 2", "Content", "alpha,1")),
    ("6", "models", "Models 1", ("Versions", "Content", "print(2)")),
    ("7", "environments", "Environments 1", ("Source", "name: plain")),
    ("8", "components", "Components 1", ("Source", "name: count_words")),
)
