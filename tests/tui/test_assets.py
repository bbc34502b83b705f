"""The screens of data, models, environments and components, and of one of them."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.records.model import AssetKind
from tests.support.bench import Bench
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_logged, until_shown
from tests.support.steps import ENVIRONMENT
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.views import Subject


async def opened(pilot: Pilot[Any], key: str, *shown: str) -> str:
    await pilot.press(key)
    return await until_shown(pilot, *shown)


async def test_data_tells_versions_sizes_content_and_who_uses_it(app: Workbench) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot, "5", "words", "2 of 2", "26 B", "uri_file")
        await until_shown(pilot, "Greek letters", "columns", "- pipeline.yml", "- count.pipeline.yml")
        await pilot.press("enter")
        await until_shown(pilot, "Versions 2", "alpha,1")
        await pilot.press("v")
        await until_shown(pilot, "path: ./words.csv")


async def test_the_content_of_data_is_browsed(app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "5", "2 of 2")
        await pilot.press("enter")
        await until_shown(pilot, "Versions 2", "alpha,1")
        await pilot.press("o")
        await until_shown(pilot, "Files of words", "alpha      1")
        await pilot.press("escape")
        await until_shown(pilot, "Versions 2")


async def test_a_version_is_archived_and_restored_after_a_question(app: Workbench, words: Bench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "5", "2 of 2")
        await pilot.press("enter")
        await until_shown(pilot, "Versions 2")
        app.screen.query_one("#versions").focus()
        await pilot.press("a")
        await until_shown(pilot, "Archive data words:2?")
        await pilot.press("escape")
        await until_gone(pilot, "Archive data words:2?")
        await pilot.press("a")
        await until_shown(pilot, "Archive data words:2?")
        await pilot.press("enter")
        await until_shown(pilot, "archived")
        with words.workspace() as workspace:
            assert workspace.asset(AssetKind.DATA, "words").version == "1"
        await until_logged(pilot, "mlpw data archive words:2")
        await pilot.press("a")
        await until_shown(pilot, "Restore data words:2?")
        await pilot.press("enter")
        await until_logged(pilot, "mlpw data restore words:2")


async def test_what_is_archived_hides_until_asked_for(app: Workbench, words: Bench) -> None:
    with words.workspace() as workspace:
        workspace.set_archived(AssetKind.DATA, "words", "", archived=True)
    (words.root / "data/words.yml").unlink()
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, "5", "Data 0", "1 archived: A shows them")
        await pilot.press("A")
        await until_shown(pilot, "Data 1", "archived", "registered on")


async def test_a_component_tells_ports_command_environment_and_uses(app: Workbench) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot, "8", "count_words")
        text = await until_shown(pilot, "integer = 3 1..", "wc -w <", "- count.pipeline.yml", "plain")
        assert "Shorter words do not count" in text
        await pilot.press("enter")
        await until_shown(pilot, "Source components/count.yml", "type: command")
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await until(pilot, lambda: screen.subject == Subject("count.pipeline.yml"))


async def test_of_several_uses_one_is_chosen(app: Workbench) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "5", "- count.pipeline.yml", "- pipeline.yml")
        await pilot.press("u")
        await until_shown(pilot, "Show this pipeline")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_an_environment_tells_packages_and_whether_it_is_built(app: Workbench, words: Bench) -> None:
    words.write({"environments/conda.yml": "dependencies: [python=3.11, pip, {pip: ['numpy==2.3.5']}]\n"})
    text = (words.root / "environments/plain.yml").read_text()
    words.write({"environments/other.yml": text.replace("name: plain", "name: other\nconda_file: conda.yml")})
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot, "7", "Environments 2", "other", "plain")
        await until_shown(pilot, "numpy", "2.3.5", "not yet; a run that needs it builds it")
        await pilot.press("j")
        await until_shown(pilot, "Python 3.", "count.pipeline.yml")


async def test_a_model_leads_to_the_run_that_made_it(app: Workbench, words: Bench) -> None:
    words.pipeline(
        {
            "train": {
                "command": "echo weights > ${{outputs.model}}/m",
                "outputs": {"model": {"type": "custom_model", "name": "letters"}},
                "environment": ENVIRONMENT,
            }
        }
    )
    words.run()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "6", "letters", "run 1, train")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await until(pilot, lambda: screen.subject == Subject("pipeline.yml", 1))
        await pilot.press("escape")
        await until_shown(pilot, "Models 1")


async def test_the_source_opens_in_the_editor(app: Workbench, words: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    outside: list[list[str]] = []
    monkeypatch.setenv("EDITOR", "vim")
    monkeypatch.setattr(app, "run_outside", outside.append)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, "8", "count_words")
        await pilot.press("e")
        await until(pilot, lambda: bool(outside))
    assert outside == [["vim", str(words.root / "components/count.yml")]]


async def test_a_file_that_cannot_be_read_is_shown_with_its_error(app: Workbench, words: Bench) -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json\n"
    words.write({"components/broken.yml": f"{schema}name: [broken\n"})
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, "8", "Components 2", "components/broken.yml")
        await until_shown(pilot, "components/broken.yml:3", "✗")


async def test_hostile_names_are_shown_harmless(app: Workbench, words: Bench) -> None:
    text = Path(words.root / "components/count.yml").read_text()
    words.write(
        {"components/evil.yml": text.replace("Count the words", '"\\e]52;c;AAAA\\a [bold]x[/bold] \\u202egnp"')}
    )
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot, "8", "Components 2", "␛]52;c;AAAA␇ [bold]x[/bold]")
        await pilot.press("j", "enter")
        await until_shown(pilot, "␛]52;c;AAAA␇")
        assert all(line.isprintable() for line in screen_lines(app))
        assert "AAAA" in screen_text(app)


async def test_a_new_file_appears_by_itself(app: Workbench, words: Bench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, "8", "Components 1")
        text = (words.root / "components/count.yml").read_text()
        words.write({"components/second.yml": text.replace("count_words", "count_lines")})
        await until_shown(pilot, "Components 2", "count_lines")
