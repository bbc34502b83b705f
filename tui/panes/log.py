"""The log of a step."""

from collections.abc import Sequence
from pathlib import Path

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.timer import Timer

from tui.keys.actions import key_of
from tui.keys.moves import LIST_KEYS, LOG_KEYS
from tui.reading.logs import AttemptView
from tui.widgets.log_merge import MergedLines
from tui.widgets.log_paint import Times
from tui.widgets.log_selection import Selection
from tui.widgets.log_stream import LogSource
from tui.widgets.log_view import LogView
from tui.widgets.log_whole import WholeLog

_TRACEBACK = "Traceback (most recent call last)"
_STEP_ASIDE = 8
#: What only a log that has the keys does, as its key means something else elsewhere.
PANE_ACTIONS = ("log.wrap",)
_DRAG_EVERY = 0.05


class LogPane(LogView):
    """A log with keys: of a step as it stands, of a chosen attempt, or of several steps merged."""

    BINDINGS = [
        *(key for key in LIST_KEYS if key.id != "list.enter"),
        Binding("enter", "enlarge", "whole screen", show=False, id="log.enlarge"),
        *LOG_KEYS,
        Binding("w", "screen.wrap", "wrap", show=False, id="log.wrap"),
    ]

    class Enlarge(Message):
        """A person wants the log on the whole screen."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._home: tuple[Path | None, str, str] = (None, "Log", "")
        self._chosen: AttemptView | None = None
        self._drag_from: tuple[int, int] | None = None
        self._dragged_to = (0, 0)
        self._dragging_on: Timer | None = None

    @property
    def copying_key(self) -> str:
        """A person's own, or the usual one."""
        return key_of("app.copy")

    @property
    def keeping_key(self) -> str:
        """A person's own, or the usual one."""
        return key_of("log.keep")

    # What is shown

    def show(self, path: Path | None, name: str, empty: str = "no log yet", *, can_grow: bool = False) -> None:
        """Show a step's log; while an attempt was chosen by hand, that one stays until another log is to be shown."""
        stays = self._chosen is not None and path == self._home[0]
        self._home = (path, name, empty)
        if not stays:
            self._chosen = None
            super().show(path, name, empty, can_grow=can_grow)

    def choose(self, attempt: AttemptView) -> None:
        """Show an attempt; what lines are kept stays so."""
        self._chosen = attempt
        if attempt.log == self._home[0]:
            self._chosen = None
        self.show_file(attempt.log, f"{attempt.step}, {attempt.words}", "it wrote nothing", can_grow=attempt.is_running)

    def show_like(self, other: "LogPane") -> None:
        """Show what another pane shows, in the same way."""
        self._home, self._chosen = other._home, other._chosen
        self.set_wrap(other.wraps)
        self.set_times(other.times)
        self.finder.kept, self.finder.pattern, self.finder.text = (
            other.finder.kept,
            other.finder.pattern,
            other.finder.text,
        )
        self.show_file(other.path, other.frame_title, self._home[2], can_grow=other.can_grow)

    @property
    def shown_attempt(self) -> Path | None:
        """The log that `[` and `]` go on from."""
        return self._chosen.log if self._chosen is not None else self._home[0]

    def show_merged(self, logs: Sequence[tuple[str, Path]], name: str, *, can_grow: bool) -> None:
        """Show several logs, (step, file), merged by time; called again, those that are new join."""
        made = [WholeLog(path, step) for step, path in logs]
        if isinstance(self.lines, MergedLines):
            self.set_logs(made, name, can_grow=can_grow)
        else:
            self.show_lines(MergedLines(made), name, "no step has written anything yet", can_grow=can_grow)

    def sources(self) -> list[LogSource]:
        """The files that are shown, and whose they are."""
        if isinstance(self.lines, MergedLines):
            return [LogSource(log.path, log.labels[0]) for log in self.lines.logs if log.path is not None]
        return [LogSource(self.path)] if self.path is not None else []

    # Moving

    def action_move(self, rows: int) -> None:
        """Scroll by rows, or the end of what is marked."""
        self._move_mark(rows) if self._is_marking else self.move(rows)

    def action_page(self, direction: int) -> None:
        """Scroll by half of what is in sight."""
        if self._is_marking:
            self._move_mark(direction * max(1, self.inner_height // 2))
        else:
            self.page(direction / 2)

    def action_ends(self, direction: int) -> None:
        """To the start, or to the end and follow it."""
        if self._is_marking:
            self._move_mark(direction * self.line_count)
        elif direction < 0:
            self.move_to_start()
        else:
            self.set_follow(True)

    def action_sideways(self, direction: int) -> None:
        """Scroll long lines."""
        self.move_sideways(direction * _STEP_ASIDE)

    def action_enlarge(self) -> None:
        """The log on the whole screen."""
        self.post_message(self.Enlarge())

    # Marking

    @property
    def _is_marking(self) -> bool:
        return self.selection is not None and self.selection.whole_lines

    def mark_lines(self) -> None:
        """Begin to mark lines, or end it."""
        line = self.line_to_mark()
        if self._is_marking or not self.line_count:
            self.select(None)
        else:
            self.select(Selection((line, 0), (line, 0), whole_lines=True))

    def _move_mark(self, lines: int) -> None:
        selection = self.selection
        if selection is None:
            return
        line = max(0, min(selection.end[0] + lines, self.line_count - 1))
        self.select(selection.moved_to(line))
        self.bring_into_sight(line)

    def text_to_copy(self) -> str:
        """What is marked, then no longer; else the lines in sight."""
        selection = self.selection
        if selection is None or selection.is_empty:
            return self.text_in_sight()
        text, is_all = selection.text(self.text_of)
        self.select(None)
        if not is_all:
            self.notify(
                f"only the first megabyte was copied; {key_of('log.save')} saves all", severity="warning", markup=False
            )
        return text

    def leave_mode(self) -> bool:
        """End the latest of: marking, searching, keeping lines; False when there was none of them."""
        if self.selection is not None:
            self.select(None)
        elif self.is_searching:
            self.search("")
        elif self.finder.kept is not None:
            self.keep("")
        else:
            return False
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Perhaps the beginning of a mark."""
        inside = 0 < event.x <= self.inner_width and 0 < event.y <= self.inner_height
        if event.button == 1 and inside and self.line_count:
            self._drag_from = self.place_at(event.x, event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark up to here; beyond an edge, scroll."""
        if self._drag_from is None:
            return
        self._dragged_to = (event.x, event.y)
        beyond = event.y < 1 or event.y > self.inner_height
        if beyond and self._dragging_on is None:
            self._dragging_on = self.set_interval(_DRAG_EVERY, self._drag_on)
        elif not beyond:
            self._stop_dragging_on()
        self._mark_to(event.x, event.y)

    def _drag_on(self) -> None:
        """Scroll as long as the mouse is held beyond an edge."""
        x, y = self._dragged_to
        self.move(-1 if y < 1 else 1)
        self._mark_to(x, y)

    def _stop_dragging_on(self) -> None:
        if self._dragging_on is not None:
            self._dragging_on.stop()
            self._dragging_on = None

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The mark is made; a mere click ends one. A terminal that tells no movement tells this."""
        if self._drag_from is None:
            return
        self._mark_to(event.x, event.y)
        self._stop_dragging_on()
        self._drag_from = None
        self.release_mouse()
        if self.selection is not None and self.selection.is_empty:
            self.select(None)

    def _mark_to(self, x: int, y: int) -> None:
        place = self.place_at(x, y)
        if self._drag_from is not None and (self.selection is not None or place != self._drag_from):
            self.select(Selection(self._drag_from, place))

    # What else keys do

    def toggle_times(self) -> None:
        """By the clock, since the start, not at all."""
        if not self.lines.has_times:
            self.say("no times were kept")
            return
        order = list(Times)
        self.set_times(order[(order.index(self.times) + 1) % len(order)])

    def find_last_traceback(self) -> None:
        """Go to the last traceback; say so when there is none."""
        self.search("")
        self.set_follow(True)
        self.search(_TRACEBACK)
        self.finder.settle()
