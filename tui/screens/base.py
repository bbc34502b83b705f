"""What every screen of the workbench has: header, footer, a filter line, and the app it belongs to."""

import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.dialogs.suggestions import Suggestion
from tui.history import Spot
from tui.keys.actions import bindings, footer, method
from tui.keys.moves import PANE_KEYS
from tui.views import Bridge, Change, RunView
from tui.widgets.bar import FooterBar, HeaderBar, Hint, Piece
from tui.widgets.status import Status
from tui.wording.estimates import left_words
from tui.wording.status import LOOKS, glyph

if TYPE_CHECKING:
    from textual.app import App

#: Columns from which a screen is laid out differently.
BREAKPOINTS = [(0, "-tiny"), (70, "-narrow"), (100, "-wide"), (120, "-roomy"), (150, "-huge")]


class FilterLine(Input):
    """One line at the bottom: its text filters while it is written; Enter keeps it, Esc drops it."""

    BINDINGS = [Binding("escape", "drop", "drop the filter", show=False, id="filter.drop")]

    DEFAULT_CSS = """
    FilterLine { dock: bottom; height: 1; border: none; padding: 0 1; display: none; background: $bar; }
    FilterLine:focus { border: none; }
    """

    def action_drop(self) -> None:
        """Empty, which ends the filter, and close."""
        self.value = ""
        cast("WorkbenchScreen", self.screen).close_filter()


class Host:
    """What a screen asks of the app; the app is one. Kept apart so that screens need not import it."""

    bridge: Bridge
    ascii_only: bool
    runs: list[RunView]

    def log_command(self, identifier: str, **values: object) -> None:
        """Write the command-line twin of an action into the command log."""
        raise NotImplementedError

    def log_words(self, *words: str) -> None:
        """Write a command line, given word by word, into the command log."""
        raise NotImplementedError

    def copy(self, text: str) -> None:
        """Put text into the clipboard by whatever way works."""
        raise NotImplementedError

    def open_run(self, run: RunView) -> None:
        """Show a run in the Run screen."""
        raise NotImplementedError

    def show_run(self, number: int, step: str = "") -> object:
        """Show a run by its number, once it is read."""
        raise NotImplementedError

    def go(self, spot: Spot) -> None:
        """Show another view; the way back is remembered."""
        raise NotImplementedError

    def go_out(self) -> bool:
        """One level outward; False where there is none."""
        raise NotImplementedError

    def theme_names(self) -> list[str]:
        """The themes that can be chosen."""
        raise NotImplementedError

    def use_theme(self, name: str) -> None:
        """Take a theme, and remember it."""
        raise NotImplementedError

    def choose(self, offers: Sequence[Suggestion]) -> None:
        """Ask for one of a few commands of the palette, and do it."""
        raise NotImplementedError

    def run_outside(self, command: list[str]) -> None:
        """Give the terminal to another program until it ends."""
        raise NotImplementedError


class WorkbenchScreen(Screen[None]):
    """Header, body, filter line, footer."""

    WHERE: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(("app.",), "runs"), *PANE_KEYS]

    def __init__(self) -> None:
        super().__init__()
        self.header = HeaderBar()
        self.footer = FooterBar(self.hints())
        self.filter_line = FilterLine(placeholder="filter", select_on_focus=False)
        self._filtered: Widget | None = None
        self._take_text: Callable[[str], None] = partial(self.apply_filter, None)
        self._written: dict[str, str] = {}
        self._missed_records = self._missed_files = False

    def hints(self, left_out: Collection[str] = ()) -> list[Hint]:
        """What the footer offers, but for the actions that make no sense now."""
        offered = (found for found in footer(self.WHERE) if found.id not in left_out)
        return [Hint(found.key, found.label, method(found.id)) for found in offered]

    @property
    def host(self) -> Host:
        """The app, as screens know it."""
        app: App[object] = self.app
        return cast("Host", app)

    @property
    def is_opening(self) -> bool:
        """Whether there is nothing yet that keys could act on; they wait a while for it."""
        return False

    def would_lose(self, key: str) -> bool:
        """Whether `key` came too early, so that it waits; Esc leaves a screen at any time."""
        return self.is_opening and key != "escape"

    def was_left(self) -> bool:
        """Whether it is off the stack: what was asked may be answered after a screen was left."""
        return self not in self.app.screen_stack

    @property
    def bridge(self) -> Bridge:
        """The way to the engine."""
        return self.host.bridge

    def compose(self) -> ComposeResult:
        """Header, the screen's own body, filter line and footer."""
        yield self.header
        yield from self.body()
        yield self.filter_line
        yield self.footer

    def body(self) -> ComposeResult:
        """What stands between header and footer."""
        raise NotImplementedError

    def spread_ascii(self) -> None:
        """Tell every widget whether it may leave ASCII."""
        for widget in self.query("*"):
            if hasattr(widget, "ascii_only"):
                widget.ascii_only = self.host.ascii_only

    def miss(self, *, files: bool = False) -> None:
        """Records, or files too, changed while another screen lies over this one: look once it is in front again."""
        self._missed_records, self._missed_files = True, self._missed_files or files

    def records_changed(self) -> None:
        """Records were written: show what is new."""

    def take_change(self, change: Change) -> None:
        """Files were saved."""
        if change.files:
            self.files_changed()

    def files_changed(self) -> None:
        """Definition or code files changed: plan again."""

    # The filter line

    def action_filter(self) -> None:
        """Open the filter line for the pane that has the keys."""
        self._filtered = self.focused
        held = self.filter_text()
        if held is not None:
            self._written[self.filter_prompt()] = held
        self.open_line(self.filter_prompt(), partial(self.apply_filter, self._filtered))

    def open_line(self, prompt: str, take: Callable[[str], None]) -> None:
        """Ask for a text that `take` is given while it is written; it is remembered by its prompt."""
        self._filtered, self._take_text = self.focused, take
        self.filter_line.placeholder = prompt
        with self.filter_line.prevent(Input.Changed):
            self.filter_line.value = self._written.get(prompt, "")
        self.filter_line.cursor_position = len(self.filter_line.value)
        self.filter_line.display = True
        self.set_focus(self.filter_line)  # at once: what is typed next is the text

    def filter_text(self) -> str | None:
        """The filter that holds now, to be changed; None where only the line itself knows it."""
        return None

    def filter_prompt(self) -> str:
        """What the filter line says while it is empty."""
        return "filter"

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the pane `target` by `text`."""

    def close_filter(self) -> None:
        """Give the keys back to the pane."""
        self.filter_line.display = False
        if self._filtered is not None and self._filtered.is_attached:
            self._filtered.focus()
        else:
            self.focus_next()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while a person writes."""
        event.stop()
        self._written[self.filter_line.placeholder] = event.value
        self._take_text(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter."""
        event.stop()
        self._take_text(event.value)
        self.close_filter()

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show what happened while another screen was in front, unless the next one lies over it already."""
        del event
        if self.is_current and self._missed_records:
            files, self._missed_records, self._missed_files = self._missed_files, False, False
            (self.files_changed if files else self.records_changed)()


class PlacedScreen(WorkbenchScreen):
    """A screen that one comes back to."""

    @property
    def spot(self) -> Spot:
        """Where this is."""
        raise NotImplementedError


def standing(run: RunView | None, ascii_only: bool) -> tuple[Piece, ...]:
    """How a run stands, for the header: "▶ run 12  3/6  ✗1"."""
    if run is None:
        return ()
    status = Status.STALE if run.cancel_requested and run.is_live else run.status
    word = "cancelling" if run.cancel_requested and run.is_live else LOOKS[run.status].word
    done = sum(run.counts.get(status, 0) for status in (Status.SUCCEEDED, Status.REUSED))
    total = sum(run.counts.values())
    failed = run.counts.get(Status.FAILED, 0)
    pieces: list[Piece] = [(f"{glyph(status, ascii_only)} {word}", f"status--{status.value}")]
    pieces.append((f" run {run.number}", "paint--text"))
    if total:
        pieces.append((f"  {done}/{total}", "paint--text"))
    if failed:
        pieces.append((f"  {glyph(Status.FAILED, ascii_only)}{failed}", "status--failed"))
    left = left_words(run.expected_at - time.time()) if run.is_live and run.expected_at else ""
    if left:
        pieces.append((f"  {left}", "paint--muted"))
    return tuple(pieces)
