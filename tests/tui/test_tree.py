"""The tree of a workspace in a small app: the cursor stays with its leaf, whatever comes and goes around it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from tests.support.screen import until
from tui.panes.tree import TreePane
from tui.themes import FALLBACK
from tui.views import Entry, Kind, RunView
from tui.widgets.status import Status

TAXI = Entry(Kind.PIPELINE, "taxi", Path("taxi.yml"))
WORDS = Entry(Kind.PIPELINE, "words", Path("words.yml"))
RUN = RunView(1, "taxi.yml", Status.SUCCEEDED, 0.0)


class OneTree(App[None]):
    """Nothing but a tree; `told` are the leaves that somebody moved to."""

    def __init__(self) -> None:
        super().__init__()
        self.tree_pane = TreePane()
        self.told: list[str] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(FALLBACK)

    def compose(self) -> ComposeResult:
        yield self.tree_pane

    def on_tree_pane_highlighted(self, event: TreePane.Highlighted) -> None:
        self.told.append(str(event.leaf))

    @property
    def at(self) -> object:
        node = self.tree_pane.cursor_node
        return None if node is None else node.data or str(node.label)


@pytest.mark.parametrize("others", [[], [WORDS]])
@pytest.mark.parametrize("runs", [[], [RUN]])
async def test_a_pipeline_that_goes_and_comes_back_has_the_cursor(
    others: Sequence[Entry], runs: Sequence[RunView]
) -> None:
    app = OneTree()
    async with app.run_test(size=(40, 12)) as pilot:
        app.tree_pane.show_entries([*others, TAXI])
        app.tree_pane.reveal(TAXI)
        await until(pilot, lambda: app.at == TAXI, "the cursor at the pipeline")
        app.tree_pane.show_entries(others)
        app.tree_pane.show_runs(runs)
        await until(pilot, lambda: not isinstance(app.at, Entry | RunView), "the cursor at no leaf")
        app.tree_pane.show_entries([*others, TAXI])
        await until(pilot, lambda: app.at == TAXI, "the cursor at the pipeline")
        assert not app.told, "nobody moved it"


async def test_who_moves_on_meanwhile_stays_there() -> None:
    app = OneTree()
    async with app.run_test(size=(40, 12)) as pilot:
        app.tree_pane.show_entries([TAXI])
        app.tree_pane.show_runs([RUN])
        app.tree_pane.reveal(TAXI)
        app.tree_pane.show_entries([])
        app.tree_pane.focus()
        await pilot.press("j")
        await until(pilot, lambda: app.at == RUN, "the cursor at the run")
        app.tree_pane.show_entries([TAXI])
        await until(pilot, lambda: len(app.tree_pane.root.children) == 2, "the pipeline")
        assert app.at == RUN


async def test_the_cursor_stays_at_a_branch_that_grows() -> None:
    app = OneTree()
    async with app.run_test(size=(40, 12)) as pilot:
        app.tree_pane.show_entries([TAXI])
        app.tree_pane.show_runs([RUN])
        app.tree_pane.focus()
        await pilot.press("j", "j")
        await until(pilot, lambda: app.at == "Runs 1", "the cursor at the runs")
        app.tree_pane.show_entries([TAXI, WORDS])
        app.tree_pane.show_runs([RunView(2, "taxi.yml", Status.SUCCEEDED, 0.0), RUN])
        await until(pilot, lambda: app.at == "Runs 2", "the cursor at the runs")
