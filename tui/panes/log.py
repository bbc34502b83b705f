"""The log of a step."""

from textual.binding import Binding
from textual.message import Message

from tui.keys.moves import LIST_KEYS
from tui.widgets.log_view import LogView


class LogPane(LogView):
    """A log with keys."""

    BINDINGS = [
        *(key for key in LIST_KEYS if key.id != "list.enter"),
        Binding("enter", "enlarge", "whole screen", show=False, id="log.enlarge"),
    ]

    class Enlarge(Message):
        """A person wants the log on the whole screen."""

    def action_move(self, rows: int) -> None:
        """Scroll by rows."""
        self.move(rows)

    def action_page(self, direction: int) -> None:
        """Scroll by half of what is in sight."""
        self.page(direction / 2)

    def action_ends(self, direction: int) -> None:
        """To the start, or to the end and follow it."""
        if direction < 0:
            self.move_to_start()
        else:
            self.set_follow(True)

    def action_sideways(self, direction: int) -> None:
        """Scroll long lines."""
        self.move_sideways(direction * 8)

    def action_enlarge(self) -> None:
        """The log on the whole screen."""
        self.post_message(self.Enlarge())
