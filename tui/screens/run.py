"""The Run screen: everything about one pipeline at a glance, and what can be done with it."""

import os
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.dialogs.box import ConfirmDialog, TextDialog, when_yes
from tui.keys.actions import bindings
from tui.panes.detail import about_lines
from tui.panes.log import PANE_ACTIONS
from tui.screens.building import Building
from tui.screens.editor import editor_command
from tui.screens.graph_actions import GraphActions
from tui.screens.log import LogScreen, MergedLogScreen
from tui.screens.log_actions import FIND, LogActions
from tui.screens.scene import next_failure, why_no_log
from tui.screens.step_actions import StepActions
from tui.screens.watching import Watching
from tui.views import Place, SessionError
from tui.widgets.document import Line


class RunScreen(Watching, LogActions, Building, StepActions, GraphActions):
    """The panes, with the keys that act on what they show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(found for found in bindings(("run.", "step.", "view.", "log."), "run") if found.id not in PANE_ACTIONS),
        Binding("escape", "out", "out", show=False, id="run.out"),
    ]

    def action_cancel(self) -> None:
        """Ask, then cancel the run that is shown."""
        run = self.scene.run
        if run is None or not run.is_live:
            self.notify("no run of this pipeline is going on", severity="warning", markup=False)
            return
        lines = [Line(f"Cancel run {run.number}? Finished steps keep their results.")]
        dialog = ConfirmDialog("Cancel", lines, "cancel the run", "let it run")
        self.app.push_screen(dialog, when_yes(lambda: self._cancel(run.number)))

    @work(group="submit")
    async def _cancel(self, run: int) -> None:
        try:
            await self.bridge.cancel(run)
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.host.log_command("run.cancel", run=run)
        self.records_changed()

    def action_plan(self) -> None:
        """Read and plan again."""
        if self.subject.pipeline:
            self.host.log_command("run.plan", pipeline=self.subject.pipeline)
        self.files_changed()

    def action_about(self) -> None:
        """Say what the pipeline is for and what was assumed."""
        graph = self.scene.graph
        if graph is not None:
            self.app.push_screen(TextDialog(f"About {graph.name}", about_lines(graph, self.scene.run)))

    def action_log(self) -> None:
        """The log on the whole screen."""
        if self.log_pane.path is None:
            self.notify(f"no log: {why_no_log(self.state)}", severity="warning", markup=False)
            return
        state = self.state
        self.host.log_command("step.log", run=state.made_by_run, step=self.told_step)
        crumbs = (self.bridge.name, self.scene.graph.name if self.scene.graph else "", self.told_step)
        self.app.push_screen(LogScreen(self.log_pane, crumbs, *self.log_place()))

    def action_edit(self) -> None:
        """Open the selected step's source, the pipeline's file, or the broken line."""
        place = self._place()
        if place is None:
            self.notify("nothing here has a file", severity="warning", markup=False)
            return
        path = self.bridge.root / place.file
        command = editor_command(os.environ, path, place.line)
        self.host.log_command("step.edit", file=f"{place.file}:{place.line}" if place.line else place.file)
        self.host.run_outside(command)
        self.files_changed()

    def _place(self) -> Place | None:
        scene = self.scene
        if scene.trouble is not None and scene.trouble.place is not None:
            return scene.trouble.place
        step = scene.graph.steps.get(self.steps.selected) if scene.graph else None
        if step is not None and step.place is not None and self.focused is not self.tree_pane:
            return step.place
        if step is not None and step.place is not None and scene.subject.run:
            return step.place
        return Place(Path(scene.subject.pipeline)) if scene.subject.pipeline else None

    def action_next_failure(self) -> None:
        """The next failed step; in a searched log, the next match."""
        self._jump(1)

    def action_previous_failure(self) -> None:
        """The failed step before, or the match before."""
        self._jump(-1)

    def _jump(self, direction: int) -> None:
        if self.log_pane.has_focus and self.log_pane.is_searching:
            self.log_pane.search_on(direction)
            return
        name = next_failure(self.scene.states, self.steps.selected, direction)
        if not name:
            self.notify("no step has failed", markup=False)
            return
        self._by_hand = True
        self.steps.uncover(name)
        self._show_step()
        self._say()

    def action_drawing(self) -> None:
        """Boxes or rails."""
        self._drawing = not self.steps.draws_boxes
        self._fit()

    def show_merged(self, run: int, steps: tuple[str, ...]) -> None:
        """On the whole screen."""
        self.host.log_words("mlpw", "logs", *(f"{run}/{step}" for step in steps))
        name = self.scene.graph.name if self.scene.graph else ""
        self.app.push_screen(MergedLogScreen(self.log_pane, (self.bridge.name, name), run, steps))

    def run_to_merge(self) -> int:
        """The run that is shown, whoever made the results that it reused."""
        return self.scene.run.number if self.scene.run else self.state.made_by_run

    def log_place(self) -> tuple[int, str]:
        """The run and the step whose log is shown."""
        run = self.state.made_by_run or (self.scene.run.number if self.scene.run else 0)
        return run, self.told_step

    def filter_prompt(self) -> str:
        """A log is searched, everything else filtered."""
        return FIND if self._filtered is self.log_pane else "filter by name, ! inverts"

    def filter_text(self) -> str | None:
        """The filter of the pane that has the keys."""
        if self._filtered is self.log_pane:
            return None
        return self.tree_pane.filter if self._filtered is self.tree_pane else self.steps.filter

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the tree or the steps, search the log."""
        if target is self.log_pane:
            self.log_pane.search(text)
        elif target is self.tree_pane:
            self.tree_pane.set_filter(text)
        else:
            self.steps.set_filter(text)

    def text_to_copy(self) -> str:
        """The log in sight, or the facts about the step."""
        return self.log_pane.text_to_copy() if self.log_pane.has_focus else self.detail.plain_text
