"""What the Run screen does with the drawing of the graph: all of the screen for it, telling about nested pipelines."""

from textual.widget import Widget

from tui.panes.group_detail import group_lines
from tui.screens.folding import Folding
from tui.screens.run_body import RunBody
from tui.screens.scene import log_title, why_no_log


class GraphActions(RunBody, Folding):
    """Fold, unfold, fit; and what is told about a nested pipeline as a whole."""

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

    def _show_step(self) -> None:
        """Detail and log; for a nested pipeline its steps, and the log of the one that says most."""
        group = self.steps.selected_group
        if not group:
            super()._show_step()
            return
        told = self.told_step
        self.detail.set_title(group)
        self.detail.set_lines(group_lines(self.steps.members, self.scene.states))
        if told:
            self.log_pane.show(self.state.log, log_title(told, self.state), why_no_log(self.state))
        else:
            self.log_pane.show(None, "Log", "select one of its steps; space unfolds")
