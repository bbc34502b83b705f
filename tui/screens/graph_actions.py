"""What the Run screen does with the drawing of the graph: folding nested pipelines, seeing all of it, or it alone."""

from textual.widget import Widget

from tui.dialogs.box import TextDialog
from tui.keys.actions import key_of
from tui.panes.detail import why_lines
from tui.panes.group_detail import group_lines
from tui.screens.run_body import RunBody
from tui.screens.scene import log_title, why_no_log
from tui.widgets.box_graph import BoxGraph
from tui.widgets.steps import StepsWidget


class GraphActions(RunBody):
    """Fold, unfold, fit; and what is told about a nested pipeline as a whole."""

    def action_fold(self) -> None:
        """Fold or unfold the selected nested pipeline, or the one around the selected step."""
        if not self.steps.toggle_fold():
            self.notify("this step is in no nested pipeline", markup=False)

    def action_fold_all(self) -> None:
        """Each nested pipeline as one box."""
        self.steps.fold_all(folded=True)
        self._fit()

    def action_unfold_all(self) -> None:
        """Every step of every nested pipeline."""
        self.steps.fold_all(folded=False)
        self._fit()

    def action_fit(self) -> None:
        """The whole graph at once, or boxes to read with the selected one in the middle."""
        self.steps.toggle_fit()

    def on_steps_widget_folded(self, event: StepsWidget.Folded) -> None:
        """Another drawing may want another height."""
        event.stop()
        self._fit()

    def on_box_graph_fitted(self, event: BoxGraph.Fitted) -> None:
        """It is known now how many rows a big graph takes."""
        event.stop()
        self._fit()

    def action_explain(self) -> None:
        """Say why the step, or each step of the nested pipeline, stands where it does."""
        name, graph = self.steps.chosen, self.scene.graph
        if graph is None or not name:
            return
        self.host.log_command("step.explain", pipeline=self.subject.pipeline, step=name)
        if self.steps.selected_group:
            self.app.push_screen(TextDialog(name, group_lines(self.steps.members, self.scene.states)))
        else:
            self.app.push_screen(TextDialog(f"Why {name}", why_lines(graph.steps[name], self.state)))

    def _fit(self) -> None:
        """The rows that the graph needs; all of them when it is shown alone."""
        super()._fit()
        if self._zoomed is not None:
            self.query_one("#lower").display = self._zoomed in (self.detail, self.log_pane)

    def _zoom(self, pane: Widget) -> None:
        """The pane alone."""
        super()._zoom(pane)
        self._fit()

    def action_zoom_out(self) -> None:
        """All panes; the graph has the rows that it needs."""
        super().action_zoom_out()
        self._fit()

    def _tick(self) -> None:
        """The times of running steps grow, also in what is told about a nested pipeline."""
        super()._tick()
        if self.steps.selected_group:
            self._tell_group()

    def _tell_group(self) -> None:
        self.detail.set_lines(group_lines(self.steps.members, self.scene.states))

    def _show_step(self) -> None:
        """Detail and log; for a nested pipeline its steps, and the log of the one that says most."""
        group = self.steps.selected_group
        if not group:
            super()._show_step()
            return
        if self.detail.frame_title != group:
            self.detail.clear()
            self.detail.set_title(group)
        self._tell_group()
        told = self.told_step
        if told:
            state = self.state
            self.log_pane.show(state.log, log_title(told, state), why_no_log(state), can_grow=state.status.is_live)
        else:
            self.log_pane.show(None, "Log", f"select one of its steps; {key_of('view.fold')} unfolds")
