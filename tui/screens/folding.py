"""Folding nested pipelines and seeing all of a graph, for every screen that shows one."""

from typing import TYPE_CHECKING

from tui.screens.base import WorkbenchScreen
from tui.widgets.steps import StepsWidget

if TYPE_CHECKING:
    from tui.panes.steps import StepsPane


class Folding(WorkbenchScreen):
    """A screen with a pane of steps."""

    steps: "StepsPane"

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

    def _fit(self) -> None:
        """Give the graph the rows that it needs."""
        raise NotImplementedError
