"""A log that grows: shows any part of it at once, follows its end, wraps, finds; a plain widget with one timer."""

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from textual import events

from tui.widgets.log_finder import Finder
from tui.widgets.log_lines import Lines, Log
from tui.widgets.log_merge import MergedLines
from tui.widgets.log_paint import (
    Times,
)
from tui.widgets.log_rows import LogRows
from tui.widgets.log_selection import Selection
from tui.widgets.log_whole import WholeLog
from tui.wording.safe import one_line

_LOOK_EVERY = 0.2
_LOOK_BUSILY = 0.04


class LogView(LogRows):
    """Lines in a frame: `show` opens a file; while it is shown its size is looked at five times a second."""

    ALLOW_SELECT = False

    # What is shown

    def show(self, path: Path | None, name: str, empty: str = "no log yet", *, can_grow: bool = False) -> None:
        """Show the file at `path` from its end on, under the title `name`; `empty` says why there is nothing,
        `can_grow` that somebody writes it.

        A file that is shown already stays as it is; another one is shown whole, a search goes on in it.
        """
        if isinstance(self._lines, WholeLog) and path == self._path:
            self._heading = one_line(name)
            self._take_growing(can_grow)
            if empty != self._why_empty:
                self._why_empty = empty
                self._fill()
            self._say()
            return
        self._finder.kept = None
        self.show_file(path, name, empty, can_grow=can_grow)

    def show_file(self, path: Path | None, name: str, empty: str, *, can_grow: bool = False) -> None:
        """The same, for another attempt at what is shown: what is kept stays so."""
        self.show_lines(WholeLog(path), name, empty, can_grow=can_grow)
        self._path = path

    def show_lines(self, lines: Lines, name: str, empty: str = "no log yet", *, can_grow: bool = False) -> None:
        """Show these lines from their end on; what is kept and found stays so."""
        self._can_grow, self._has_ended = can_grow, False
        self._lines.close()
        self._lines, self._path = lines, None
        self._heading, self._why_empty = one_line(name), empty
        self._anchor, self._skipped, self._follow = (0, 0), 0, True
        self._selection, self._message = None, ""
        self._finder.attach(lines)
        self._look()
        self._fill()

    def set_logs(self, logs: Sequence[Log], name: str, *, can_grow: bool = False) -> None:
        """Of several merged logs show these; those that are known already go on."""
        self._heading = one_line(name)
        self._take_growing(can_grow)
        if isinstance(self._lines, MergedLines) and self._lines.set_logs(logs):
            self._finder.rescan(self._lines)
            self._selection = None
            self._fill()
        self._say()

    @property
    def path(self) -> Path | None:
        """The file that is shown."""
        return self._path

    @property
    def finder(self) -> Finder:
        """What is looked for."""
        return self._finder

    @property
    def follows(self) -> bool:
        """Whether the end is kept in sight."""
        return self._follow

    @property
    def can_grow(self) -> bool:
        """Whether somebody writes what is shown."""
        return self._can_grow

    def set_can_grow(self, can_grow: bool) -> None:
        """Somebody writes it, or no longer."""
        self._take_growing(can_grow)
        self._say()

    def _take_growing(self, can_grow: bool) -> None:
        """Once its writer has ended, lines that come to light later were written before."""
        self._has_ended = not can_grow and (self._has_ended or self._can_grow)
        if can_grow != self._can_grow:
            self._can_grow = can_grow
            self.refresh()  # an empty log says whether more may come

    @property
    def wraps(self) -> bool:
        """Whether long lines take several rows."""
        return self._wrap

    @property
    def times(self) -> Times:
        """What stands before the lines about their time."""
        return self._times

    @property
    def line_count(self) -> int:
        """Lines known so far, of those that are kept."""
        return self._lines.line_count

    def say(self, message: str) -> None:
        """Say something in the title until something else is done."""
        self._message = message
        self._say()

    # How it is shown

    def set_follow(self, follow: bool) -> None:
        """Keep the end in sight, or stay."""
        self._follow = follow
        self._fill()

    def set_wrap(self, wrap: bool) -> None:
        """Give long lines several rows, or cut them at the edge."""
        self._wrap, self._skipped = wrap, 0
        self._anchor = (self._anchor[0], 0)
        self._fill()

    def set_times(self, times: Times) -> None:
        """Say before each line when it came."""
        self._times = times
        self._fill()

    def move(self, rows: int) -> None:
        """Scroll by rows; downward past the end follows again."""
        line, part = self._anchor
        while rows < 0 and (line, part) > (0, 0):
            line, part = (line, part - 1) if part else (line - 1, self._parts(line - 1) - 1)
            rows += 1
        while rows > 0 and line < self._lines.line_count:
            line, part = (line, part + 1) if part + 1 < self._parts(line) else (line + 1, 0)
            rows -= 1
        self._go(line, part)

    def move_to_start(self) -> None:
        """Show the first line."""
        self._go(0, 0)

    def move_sideways(self, cells: int) -> None:
        """Scroll a log that is not wrapped; not beyond the longest line in sight."""
        if not self._wrap:
            longest = max((cell_len(self.text_of(number)) for number, _ in self._in_sight), default=0)
            self._skipped = max(0, min(self._skipped + cells, longest - self._text_width // 2))
            self.refresh()

    def page(self, pages: float) -> None:
        """Scroll by parts of what is in sight."""
        self.move(int(self.inner_height * pages) or (1 if pages > 0 else -1))

    def bring_into_sight(self, line: int, *, at_top: bool = False) -> None:
        """Scroll as far as is needed to show a line; a far one comes to the middle, or to the top."""
        first, last = (self._in_sight[0][0], self._in_sight[-1][0]) if self._in_sight else (0, -1)
        if first < line < last and not at_top:
            self._follow = False
            self._fill()
        elif line == first - 1 or (line == first and not at_top):
            self._go(line, 0)
        elif line in (last, last + 1) and not at_top:
            self.move(1 if line > last else 0)
        else:
            self._go(line if at_top else max(0, line - self.inner_height // 2), 0)

    def _go(self, line: int, part: int) -> None:
        end = self._end_top()
        self._follow = (line, part) >= end
        self._anchor = min((line, part), end)
        self._fill()

    # Finding

    def search(self, text: str) -> None:
        """Mark `text` wherever it stands, and go to the nearest place: upward from the end of a log that is followed,
        else downward. `~` in front makes a regex; an empty text ends the search.
        """
        if text and text == self._finder.text:
            self._finder.settle()
            return
        origin = self._lines.line_count if self._follow else self._anchor[0]
        self._finder.find(self._lines, text, origin, -1 if self._follow else 1)
        self._message = ""
        self._look()
        self._fill()

    def search_on(self, direction: int) -> None:
        """Go to the next place (1) or the one before (-1)."""
        at = self._anchor[0] if not self._follow else self._lines.line_count
        self._finder.seek_on(at, direction)
        self._message = ""
        self._look()
        self._say()

    def keep(self, text: str) -> None:
        """Show only lines with `text`; `!` in front means the others, `~` a regex; an empty text shows all."""
        place = self._lines.number_in_file(self._anchor[0]) if not self._lines.labels else 0
        self._finder.keep(self._lines, text)
        self._selection, self._message = None, ""
        if not self._follow:
            self._anchor = (place if self._finder.kept is None else 0, 0)
        self._look()
        self._fill()

    @property
    def is_searching(self) -> bool:
        """Whether there is a text to mark."""
        return self._finder.pattern is not None

    # Marking

    @property
    def selection(self) -> Selection | None:
        """What is marked."""
        return self._selection

    def select(self, selection: Selection | None) -> None:
        """Mark this, or nothing."""
        if selection is not None:
            self._follow = False
        self._selection, self._message = selection, ""
        self._fill()

    # Growing

    def on_mount(self) -> None:
        """Begin to look."""
        self.set_interval(_LOOK_EVERY, self._look)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._finder.stop()
        self._lines.close()

    def _look(self) -> None:
        lines = self._lines
        before, generation, was_coming, total = self._seen, lines.generation, lines.is_coming, lines.total
        changed = lines.grow()
        found = self._finder.look(lines)
        count = self._seen = lines.line_count
        if lines.generation != generation or count < before:
            self._selection = None
        if lines.generation != generation and isinstance(lines, WholeLog):
            self._anchor = (lines.renumbered(self._anchor[0]), 0)
        grew = lines.total > total > 0 and not was_coming
        self._can_grow = self._can_grow or (grew and not self._has_ended)
        if found >= 0:
            self.bring_into_sight(found)
        elif changed or count != before:
            last = self._in_sight[-1][0] if self._in_sight else -1
            in_sight = len(self._in_sight) < self.inner_height or last >= before - 1
            if self._follow or in_sight or count < before:
                self._fill()
            else:
                self._say()
        elif self._is_looking_busily:
            self._say()
        self._look_again(lines.is_behind or self._finder.is_seeking or any(scan.is_behind for scan in lines.scans))

    def _look_again(self, busily: bool) -> None:
        """While something is read or sought, look more often than the timer does."""
        was, self._is_looking_busily = self._is_looking_busily, busily
        if busily and self.is_attached:
            self.set_timer(_LOOK_BUSILY, self._look) if self._lines.scans else self.call_later(self._look)
        elif was:
            self._fill()

    def on_resize(self) -> None:
        """Fill the new size."""
        self._fill()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.move(-3)
