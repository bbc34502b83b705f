"""A log on the whole screen."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.keys.actions import bindings
from tui.panes.log import LogPane
from tui.screens.base import WorkbenchScreen
from tui.wording.safe import one_line


class LogScreen(WorkbenchScreen):
    """One file; Esc goes back."""

    WHERE = "log"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("log.", "view.", "step."), "log"),
        Binding("escape,l", "back", "back", show=False, id="log.back"),
    ]

    def __init__(self, path: Path, title: str, crumbs: tuple[str, ...]) -> None:
        super().__init__()
        self._path, self._heading, self._crumbs = path, title, crumbs
        self.log_pane = LogPane(id="log")

    def body(self) -> ComposeResult:
        """Only the log."""
        yield self.log_pane

    def on_mount(self) -> None:
        """Open the file."""
        self.spread_ascii()
        self.header.set_crumbs(*self._crumbs, "log")
        self.header.set_standing((one_line(self._path.name), "paint--muted"))
        self.log_pane.show(self._path, self._heading)
        self.log_pane.focus()

    def action_back(self) -> None:
        """End the search, then leave."""
        if self.log_pane.is_searching:
            self.log_pane.search("")
        else:
            self.app.pop_screen()

    def action_follow(self) -> None:
        """Keep the end in sight, or not."""
        self.log_pane.set_follow(not self.log_pane.follows)

    def action_wrap(self) -> None:
        """Wrap, or not."""
        self.log_pane.set_wrap(not self.log_pane.wraps)

    def action_last_error(self) -> None:
        """The last traceback."""
        self.log_pane.search("Traceback (most recent call last)")

    def action_next_failure(self) -> None:
        """The next match."""
        self.log_pane.search_on(1)

    def action_previous_failure(self) -> None:
        """The match before."""
        self.log_pane.search_on(-1)

    def filter_prompt(self) -> str:
        """A log is searched."""
        return "find in the log"

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Find while a person writes."""
        del target
        self.log_pane.search(text)

    def text_to_copy(self) -> str:
        """The lines in sight."""
        return self.log_pane.text_in_sight()
