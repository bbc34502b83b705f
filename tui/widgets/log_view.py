"""A log that grows: shows any part of it at once, follows its end, wraps, finds; a plain widget with one timer."""

import re
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from tui.widgets.frame import FramedWidget
from tui.widgets.log_file import LogFile
from tui.widgets.sgr import log_segments, plain
from tui.wording.safe import one_line

_LOOK_EVERY = 0.2
_SEARCH_PIECE = 4000


class LogView(FramedWidget):
    """A file in a frame: `show` opens one; while it is shown the file's size is looked at five times a second."""

    class Moved(Message):
        """What is seen, or how, has changed: for the panes that say so."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._file = LogFile(None)
        self._heading = "log"
        self._why_empty = ""
        self._anchor = (0, 0)
        self._in_sight: list[tuple[int, int]] = []
        self._skipped = 0
        self._follow = True
        self._wrap = False
        self._pattern: re.Pattern[str] | None = None
        self._searching: Timer | None = None
        self._sought: tuple[int, int] = (0, 1)
        self._found = -1
        self._message = ""

    # What is shown

    def show(self, path: Path | None, name: str, empty: str = "no log yet") -> None:
        """Show the file at `path` from its end on, under the title `name`; `empty` says why there is nothing."""
        if path == self._file.path:
            self._heading = one_line(name)
            if empty != self._why_empty:
                self._why_empty = empty
                self._fill()
            self._say()
            return
        self._file.close()
        self._file = LogFile(path)
        self._heading, self._why_empty = one_line(name), empty
        self._anchor, self._skipped, self._follow, self._found = (0, 0), 0, True, -1
        self._stop_search()
        self._look()
        self._fill()

    @property
    def path(self) -> Path | None:
        """The file that is shown."""
        return self._file.path

    @property
    def follows(self) -> bool:
        """Whether the end is kept in sight."""
        return self._follow

    @property
    def wraps(self) -> bool:
        """Whether long lines take several rows."""
        return self._wrap

    @property
    def line_count(self) -> int:
        """Lines known so far."""
        return self._file.line_count

    def text_in_sight(self) -> str:
        """The lines in sight as plain text, each once."""
        numbers = dict.fromkeys(number for number, _ in self._in_sight)
        return "\n".join(plain(self._file.line(number)) for number in numbers)

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

    def move(self, rows: int) -> None:
        """Scroll by rows; downward past the end follows again."""
        line, part = self._anchor
        while rows < 0 and (line, part) > (0, 0):
            line, part = (line, part - 1) if part else (line - 1, self._parts(line - 1) - 1)
            rows += 1
        while rows > 0 and line < self._file.line_count:
            line, part = (line, part + 1) if part + 1 < self._parts(line) else (line + 1, 0)
            rows -= 1
        self._go(line, part)

    def move_to_start(self) -> None:
        """Show the first line."""
        self._go(0, 0)

    def move_sideways(self, cells: int) -> None:
        """Scroll a log that is not wrapped."""
        if not self._wrap:
            self._skipped = max(0, self._skipped + cells)
            self.refresh()

    def page(self, pages: float) -> None:
        """Scroll by parts of what is in sight."""
        self.move(int(self.inner_height * pages) or (1 if pages > 0 else -1))

    def _go(self, line: int, part: int) -> None:
        end = self._end_top()
        self._follow = (line, part) >= end
        self._anchor = min((line, part), end)
        self._fill()

    # Finding

    def search(self, text: str) -> None:
        """Mark `text` wherever it stands, and go to the last place; an empty text ends the search."""
        self._stop_search()
        self._pattern = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self._found = -1
        self._message = ""
        if self._pattern is not None:
            self.search_on(-1)
        self._fill()

    def search_on(self, direction: int) -> None:
        """Go to the next (1) or the one before (-1); a long log is read in pieces between other work."""
        if self._pattern is None:
            return
        start = self._found + direction if self._found >= 0 else (self._file.line_count - 1 if direction < 0 else 0)
        self._sought = (start, direction)
        self._stop_search()
        self._message = "searching"
        self._searching = self.set_interval(0.01, self._search_piece)
        self._say()

    @property
    def is_searching(self) -> bool:
        """Whether there is a text to mark."""
        return self._pattern is not None

    def _search_piece(self) -> None:
        number, direction = self._sought
        pattern = self._pattern
        for _ in range(_SEARCH_PIECE):
            if pattern is None or not 0 <= number < self._file.line_count:
                self._stop_search()
                self._message = "no more matches"
                self._say()
                return
            if pattern.search(plain(self._file.line(number))):
                self._stop_search()
                self._message, self._found, self._follow = "", number, False
                self._anchor = min((max(0, number - self.inner_height // 2), 0), self._end_top())
                self._fill()
                return
            number += direction
        self._sought = (number, direction)

    def _stop_search(self) -> None:
        if self._searching is not None:
            self._searching.stop()
            self._searching = None

    # Growing

    def on_mount(self) -> None:
        """Begin to look."""
        self.set_interval(_LOOK_EVERY, self._look)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _look(self) -> None:
        before = self._file.line_count
        if not self._file.grow():
            return
        if self._file.is_behind:
            self.call_later(self._look)
        in_sight = not self._in_sight or len(self._in_sight) < self.inner_height or self._in_sight[-1][0] >= before - 1
        if self._follow or in_sight or self._file.line_count < before:
            self._fill()
        else:
            self._say()

    def on_resize(self) -> None:
        """Fill the new size."""
        self._fill()

    def _fill(self) -> None:
        """Choose the rows in sight and paint them."""
        end = self._end_top()
        self._anchor = end if self._follow else min(self._anchor, end)
        line, part = self._anchor
        rows: list[tuple[int, int]] = []
        while len(rows) < self.inner_height and line < self._file.line_count:
            rows.append((line, part))
            line, part = (line, part + 1) if part + 1 < self._parts(line) else (line + 1, 0)
        self._in_sight = rows
        self._say()
        self.refresh()

    def _end_top(self) -> tuple[int, int]:
        """The top at which the last line is the last row."""
        left = self.inner_height
        line = self._file.line_count
        while line > 0:
            parts = self._parts(line - 1)
            if parts >= left:
                return line - 1, parts - left
            left -= parts
            line -= 1
        return 0, 0

    def _parts(self, line: int) -> int:
        if not self._wrap or self.inner_width <= 0:
            return 1
        return max(1, -(-cell_len(plain(self._file.line(line))) // self.inner_width))

    def _say(self) -> None:
        count = self._file.line_count
        words = [self._message] if self._message else []
        if self._file.is_behind:
            words.append(f"reading {100 * self._file.scanned // max(1, self._file.size)}%")
        if self._wrap:
            words.append("wrap")
        words.append(f"{count:,} line{'' if count == 1 else 's'}" if self._file.exists else "")
        remark = [("FOLLOW ", "status--running")] if self._follow and self._file.exists else []
        self.set_title(self._heading, *remark, ("  ".join(word for word in words if word), "frame--remark"))
        self.post_message(self.Moved())

    # Painting

    def extent(self) -> tuple[int, int, int]:
        """First line in sight, lines in sight, lines in all."""
        return self._anchor[0], max(1, len(self._in_sight)), self._file.line_count

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """One row of the log."""
        if y >= len(self._in_sight):
            if y == 0 and not self._file.line_count:
                return [Segment(f" {one_line(self._why_empty)}", self.paint("paint--muted"))]
            return []
        number, part = self._in_sight[y]
        strip = Strip(log_segments(self._file.line(number)))
        start = part * width if self._wrap else self._skipped
        strip = strip.crop(start, start + width)
        return self._marked(strip, number) if self._pattern is not None else list(strip)

    def _marked(self, strip: Strip, number: int) -> list[Segment]:
        match_style: Style = self.paint("paint--match")
        pattern = self._pattern
        segments: list[Segment] = []
        for text, style, _ in strip:
            position = 0
            for match in pattern.finditer(text) if pattern else ():
                segments.append(Segment(text[position : match.start()], style))
                segments.append(Segment(match.group(), match_style + Style(underline=number == self._found)))
                position = match.end()
            segments.append(Segment(text[position:], style))
        return segments

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.move(-3)
