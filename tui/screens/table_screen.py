"""What the screens that show one table share: filtering and sorting it, and the way out."""

from typing import ClassVar

from textual.widget import Widget

from tui.screens.base import PlacedScreen
from tui.widgets.table import Table


class TableScreen(PlacedScreen):
    """A screen with a `table`; `EXAMPLE` is a term of a filter that makes sense there."""

    EXAMPLE: ClassVar[str] = ""
    table: Table

    @property
    def is_opening(self) -> bool:
        """Until there are rows, or it is known that there are none."""
        return not self.table.is_filled

    def step_back(self) -> bool:
        """Undo what a person did last before the filter goes; whether there was something."""
        return False

    def say_filtered(self) -> None:
        """Other rows are shown now."""

    def action_sort(self) -> None:
        """By the next column."""
        self.table.action_sort()

    def action_sort_reverse(self) -> None:
        """The other way round."""
        self.table.action_sort_reverse()

    def action_out(self) -> None:
        """What was done last goes first, then the filter, then the screen."""
        if self.step_back():
            return
        if self.table.filter:
            self.apply_filter(None, "")
        else:
            self.host.go_out()

    def filter_text(self) -> str:
        """The filter that holds now."""
        return self.table.filter

    def filter_prompt(self) -> str:
        """What a filter can say."""
        return f"filter: words, !word, {self.EXAMPLE}"

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the rows."""
        del target
        self.table.set_filter(text)
        self.say_filtered()
