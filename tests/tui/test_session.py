"""The workbench over a real workspace: real YAML, a real detached run, real logs."""

from pathlib import Path

import pytest

from core.records.model import AssetKind
from core.workspace import Workspace
from core.workspace.versions import NewVersion
from tests.support.screen import screen_text, until, until_gone, until_shown
from tests.support.wheels import make_gated_source
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.views import Subject
from tui.widgets.status import Status

PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  first:
    type: command
    command: echo first says hello; cat words.txt > ${{outputs.out}}/words.txt
    code: ./src
    outputs:
      out: {type: uri_folder}
  second:
    type: command
    command: cat ${{inputs.words}}/words.txt; echo second is done > ${{outputs.out}}/done.txt
    inputs:
      words: ${{parent.jobs.first.outputs.out}}
    outputs:
      out: {type: uri_folder}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "words"
    (root / "src").mkdir(parents=True)
    (root / "src" / "words.txt").write_text("alpha beta\n")
    (root / "mlpw.yml").write_text("name: words\n")
    (root / "words.yml").write_text(PIPELINE)
    return root


async def test_a_pipeline_runs_changes_and_runs_again_only_what_changed(folder: Path) -> None:
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale", "1 waiting", "never run")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run", "first  never run")
        await pilot.press("enter")
        await until_shown(pilot, "✓ first", "✓ second", "up to date")
        await pilot.press("enter", "G")
        await until_shown(pilot, "second log", "alpha beta")

        (folder / "src" / "words.txt").write_text("gamma delta\n")
        await until_shown(pilot, "● first", "1 stale")
        await pilot.press("g")
        await until_shown(pilot, "words.txt changed")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "up to date", "▼ Runs 2")
    session.close()


async def test_a_run_goes_on_when_the_workbench_is_left_and_is_there_again(folder: Path) -> None:
    gate = folder / "gate"
    text = PIPELINE.replace(
        "echo first says hello;", f"echo before; while [ ! -e {gate} ]; do sleep 0.05; done; echo after;"
    )
    (folder / "words.yml").write_text(text)
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "▶ first", "before")
        await pilot.press("q")
    session.close()
    again = Session(folder)
    app = Workbench(again, again.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "▶ running run 1", "before")
        gate.touch()
        await until_shown(pilot, "✓ first", "✓ second", "up to date")
        await pilot.press("enter", "g")
        await until_shown(pilot, "before", "after")
    again.close()


async def test_a_failed_step_is_shown_with_its_log_and_its_rerun_continues_there(folder: Path) -> None:
    (folder / "words.yml").write_text(PIPELINE.replace("cat ${{inputs.words}}/words.txt;", "echo it broke; exit 3;"))
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "1 failed", "✗ second", "second log", "it broke", "exit 3")
        screen = app.screen
        assert isinstance(screen, RunScreen)
        assert screen.scene.states["first"].status is Status.SUCCEEDED
        await pilot.press("r")
        text = await until_shown(pilot, "1 step will run", "1 step stays")
        assert "failed in run 1" in text
        await pilot.press("escape")
    session.close()


async def test_a_broken_file_is_shown_with_its_line_until_it_is_mended(folder: Path) -> None:
    (folder / "words.yml").write_text(PIPELINE.replace("${{parent.jobs.first.", "${{parent.jobs.frist."))
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        text = await until_shown(pilot, "words.yml:14", "frist")
        assert ">   14" in text
        (folder / "words.yml").write_text(PIPELINE)
        await until_gone(pilot, "frist")
        await until_shown(pilot, "1 stale")
    session.close()


async def test_looking_at_a_workspace_writes_nothing(folder: Path) -> None:
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("q")
    session.close()
    assert not (folder / ".mlpw").exists()


async def test_a_run_of_the_past_shows_its_own_graph(folder: Path) -> None:
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "up to date")
        (folder / "words.yml").write_text(PIPELINE.replace("  second:", "  renamed:"))
        await until_shown(pilot, "renamed")
        await pilot.press("2")
        await until_shown(pilot, "Runs 1")
        await pilot.press("enter")
        await until_shown(pilot, "second", "run 1")
        assert "renamed" not in screen_text(app)
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await until(pilot, lambda: screen.subject == Subject("words.yml", 1))
    session.close()


WITH_ENVIRONMENT = """\
    environment:
      image: ubuntu:22.04
      conda_file: conda.yml
"""


async def test_the_build_of_an_environment_is_seen_while_it_goes_on(folder: Path) -> None:
    gate = folder.parent / "gate"
    source = make_gated_source(folder / "gated", folder.parent / "started", gate)
    (folder / "conda.yml").write_text(f"dependencies: [pip, {{pip: ['gated @ file://{source}']}}]\n")
    (folder / "words.yml").write_text(PIPELINE.replace("  second:", f"{WITH_ENVIRONMENT}  second:"))
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "first: build of its environment", "now       environment '", "Building wheel")
        await until_shown(pilot, "c cancel")
        gate.touch()
        await until_shown(pilot, "✓ first", "✓ second", "up to date")
        await until_gone(pilot, "c cancel")
    session.close()


async def test_a_failed_build_shows_its_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    (folder / "conda.yml").write_text("dependencies: [pip, {pip: [no-such-package-anywhere==1.0]}]\n")
    (folder / "words.yml").write_text(PIPELINE.replace("  second:", f"{WITH_ENVIRONMENT}  second:"))
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "✗ first", "first: build of its environment", "failed: ")
    session.close()


async def test_outputs_are_shown_with_their_size_and_place(folder: Path) -> None:
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 50)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "✓ second", "up to date")
        screen = app.screen
        assert isinstance(screen, RunScreen)
        screen.show_subject(Subject("words.yml"), "first")  # the workbench chose one that was seen running
        await until_shown(pilot, "uri_folder · 11 B", ".mlpw/store/")
        await pilot.resize_terminal(80, 24)
        await until_gone(pilot, ".mlpw/store/")
        await pilot.press("enter", "D")
        await until_shown(pilot, "uri_folder · 11 B", ".mlpw/store/")
        await pilot.press("escape")
    session.close()


async def test_registered_versions_stand_in_the_tree_with_their_labels(folder: Path) -> None:
    (folder / "words_data.yml").write_text("type: uri_folder\nname: words\nversion: '7'\npath: ./src\n")
    with Workspace.open(folder) as workspace:
        workspace.create_version(NewVersion(AssetKind.DATA, folder / "words_data.yml"))
        values = {"name": "gone", "version": "3", "path": "./src", "type": "uri_folder"}
        workspace.create_version(NewVersion(AssetKind.DATA, folder=folder, values=values))
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 40)) as pilot:
        await until_shown(pilot, "Data 2")
        await pilot.press("/", *"words", "enter")
        await until_shown(pilot, "words 7")
        await pilot.press("j", "j", "j")
        await until_shown(pilot, "registered versions", "words_data.yml")
        await pilot.press("/", *["backspace"] * 5, *"gone", "enter")
        await until_shown(pilot, "gone 3")
    session.close()


async def test_what_was_assumed_is_counted_and_can_be_read(folder: Path) -> None:
    (folder / "words.yml").write_text(PIPELINE.replace("jobs:", "outputs: {report: {type: uri_folder}}\njobs:"))
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale", "i: 3 notes")
        await pilot.press("i")
        await until_shown(pilot, "About words", "no step writes output 'report'")
        await pilot.press("escape")
    session.close()


@pytest.mark.parametrize(
    ("written", "shown"), [("name: taxi\n", "taxi"), ("", "workspace"), ("name: [\n", "workspace")]
)
def test_a_workspace_is_called_what_its_file_says(tmp_path: Path, written: str, shown: str) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "mlpw.yml").write_text(written)
    session = Session(root)
    assert session.name == shown
    session.close()
