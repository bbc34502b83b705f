"""Pictures of the screens of runs and assets at the sizes that are promised."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.records.model import AssetKind
from core.workspace.versions import NewVersion
from tests.support.bench import Bench
from tests.support.pictures import check_picture
from tests.support.screen import screen_lines, until, until_gone, until_shown
from tests.support.steps import ENVIRONMENT
from tui.app import Workbench
from tui.session import Session
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
        bench.pipeline(
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
            inputs={"word": word},
            display_name="Letters",
        )
        bench.end_of(bench.start())
    _set_times(bench, time.time() - _DAYS)


def _set_times(bench: Bench, then: float) -> None:
    """Every run took 83 seconds three days ago, every step 41."""
    with bench.workspace() as workspace:
        write = workspace.records.database.connection.execute
        write("UPDATE runs SET created_at = ?, started_at = ?, ended_at = ?", (then, then, then + 83))
        write("UPDATE step_runs SET started_at = ?, ended_at = ?", (then, then + 41))
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
            await pilot.pause(0.3)
            check_picture(app, name)
            assert all(len(line) <= size[0] for line in screen_lines(app))
        for key, name, listed, told in _ASSETS:
            await pilot.press(key)
            await until_shown(pilot, listed)
            await until(pilot, lambda: isinstance(app.focused, Table) and bool(app.focused.selected), "a selected row")
            await pilot.press("enter")
            await until_shown(pilot, *told)
            await until_gone(pilot, "reading the pipelines ...")
            await pilot.pause(0.3)
            check_picture(app, f"{name}-one")
        await pilot.press("2")
        await until_shown(pilot, "Runs 2")
        await pilot.press("d")
        await until_shown(pilot, "compare 1, 2", "only what differs", "work.py")
        check_picture(app, "compare")
        await pilot.press("colon", *"comp")
        await until_shown(pilot, "components count_words")
        check_picture(app, "palette")
    session.close()


@pytest.mark.parametrize("size", SIZES)
async def test_log_and_files_look_as_they_did(seen: Bench, size: tuple[int, int], plain_terminal: None) -> None:
    view = seen.root.parent / "step.json"
    view.write_text(json.dumps({"pipeline": seen.name, "step": "train"}))
    session = Session(seen.root)
    app = Workbench(session, view)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "Letters")
        await until(pilot, lambda: app.run_screen is not None and app.run_screen.scene.is_planned, "the plan")
        assert app.run_screen is not None
        app.run_screen.steps.focus_shown()
        await pilot.press("l")
        await until_shown(pilot, "delta", "train log")
        await until(pilot, lambda: app.screen is not app.run_screen, "the log's screen")
        check_picture(app, "log")
        await pilot.press("escape", "o")
        await until_shown(pilot, "input words", *(["alpha,1"] if size[0] > 60 else []))
        await pilot.pause(0.3)
        check_picture(app, "files")
    session.close()


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
