"""A log that grows: shows any part of it at once, follows its end, wraps, finds; a plain widget with one timer."""

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.widgets.frame import FramedWidget
from tui.widgets.log_finder import Finder
from tui.widgets.log_lines import Lines, LogLines
from tui.widgets.log_merge import MergedLines
from tui.widgets.log_paint import (
    LABEL_COLOURS,
    Times,
    fitting,
    label_width,
    marked,
    painted_over,
    row_starts,
    time_width,
    time_words,
)
from tui.widgets.log_selection import Selection
from tui.widgets.sgr import log_segments, plain
from tui.widgets.text import fit
from tui.wording.safe import one_line

_LOOK_EVERY = 0.2
_LOOK_BUSILY = 0.04


class LogView(FramedWidget):
    """Lines in a frame: `show` opens a file; while it is shown its size is looked at five times a second."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES = {"log--selected", *(f"log--label-{number}" for number in range(LABEL_COLOURS))}

    DEFAULT_CSS = """
    LogView .log--selected { background: $selection; }
    LogView:nocolor .log--selected { text-style: reverse; }
    LogView .log--label-0 { color: $primary; }
    LogView .log--label-1 { color: $success; }
    LogView .log--label-2 { color: $accent; }
    LogView .log--label-3 { color: $warning; }
    LogView .log--label-4 { color: $secondary; }
    LogView .log--label-5 { color: $error; }
    """

    class Moved(Message):
        """What is seen, or how, has changed: for the panes that say so."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Lines = LogLines(None)
        self._path: Path | None = None
        self._heading = "log"
        self._why_empty = ""
        self._anchor = (0, 0)
        self._in_sight: list[tuple[int, int]] = []
        self._strips: dict[int, Strip] = {}
        self._skipped = 0
        self._follow = True
        self._wrap = False
        self._times = Times.OFF
        self._widths = (0, 0, 0)
        self._finder = Finder()
        self._selection: Selection | None = None
        self._is_looking_busily = False
        self._seen = 0
        self._message = ""

    # What is shown

    def show(self, path: Path | None, name: str, empty: str = "no log yet") -> None:
        """Show the file at `path` from its end on, under the title `name`; `empty` says why there is nothing.

        A file that is shown already stays as it is; another one is shown whole, a search goes on in it.
        """
        if isinstance(self._lines, LogLines) and path == self._path:
            self._heading = one_line(name)
            if empty != self._why_empty:
                self._why_empty = empty
                self._fill()
            self._say()
            return
        self._finder.kept = None
        self.show_file(path, name, empty)

    def show_file(self, path: Path | None, name: str, empty: str) -> None:
        """The same, for another attempt at what is shown: what is kept stays so."""
        self.show_lines(LogLines(path), name, empty)
        self._path = path

    def show_lines(self, lines: Lines, name: str, empty: str = "no log yet") -> None:
        """Show these lines from their end on; what is kept and found stays so."""
        self._lines.close()
        self._lines, self._path = lines, None
        self._heading, self._why_empty = one_line(name), empty
        self._anchor, self._skipped, self._follow = (0, 0), 0, True
        self._selection, self._message = None, ""
        self._finder.attach(lines)
        self._look()
        self._fill()

    def set_logs(self, logs: Sequence[LogLines], name: str) -> None:
        """Of several merged logs show these; those that are known already go on."""
        self._heading = one_line(name)
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
    def lines(self) -> Lines:
        """What is shown of it."""
        return self._lines

    @property
    def finder(self) -> Finder:
        """What is looked for."""
        return self._finder

    @property
    def follows(self) -> bool:
        """Whether the end is kept in sight."""
        return self._follow

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

    def text_of(self, number: int) -> str:
        """A line as it is shown, without colours."""
        return plain(self._lines.line(number))

    def text_in_sight(self) -> str:
        """The lines in sight as plain text, each once."""
        return "\n".join(map(self.text_of, dict.fromkeys(number for number, _ in self._in_sight)))

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

    def line_to_mark(self) -> int:
        """The line that a person means who points at none: the one found last, else the last one in sight."""
        seen = [number for number, _ in self._in_sight]
        if self._finder.found in seen:
            return self._finder.found
        return seen[-1] if seen and self._follow else seen[0] if seen else 0

    def place_at(self, x: int, y: int) -> tuple[int, int]:
        """The line and the cell of it that stand at a place of the widget, or nearest to it."""
        if not self._in_sight:
            return 0, 0
        number, part = self._in_sight[max(0, min(y - 1, len(self._in_sight) - 1))]
        start = row_starts(self.text_of(number), self._text_width)[part] if self._wrap else self._skipped
        return number, start + max(0, x - 1 - sum(self._widths))

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
        before, generation = self._seen, lines.generation
        changed = lines.grow()
        found = self._finder.look(lines)
        count = self._seen = lines.line_count
        if lines.generation != generation or count < before:
            self._selection = None
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

    def _fill(self) -> None:
        """Choose the rows in sight and paint them."""
        self._measure()
        self._strips.clear()
        end = self._end_top()
        self._anchor = end if self._follow else min(self._anchor, end)
        line, part = self._anchor
        rows: list[tuple[int, int]] = []
        while len(rows) < self.inner_height and line < self._lines.line_count:
            rows.append((line, part))
            line, part = (line, part + 1) if part + 1 < self._parts(line) else (line + 1, 0)
        self._in_sight = rows
        self._say()
        self.refresh()

    def _measure(self) -> None:
        """The cells that times, names and numbers take before each line."""
        lines, width = self._lines, self.inner_width
        times = self._times if lines.has_times else Times.OFF
        number = len(str(max(1, self._lines.number_in_file(lines.line_count - 1) + 1))) + 2
        self._widths = (
            time_width(times, lines.first_moment, lines.last_moment, width),
            label_width(lines.labels, width),
            number if self._finder.kept is not None and lines.line_count and not lines.labels else 0,
        )

    @property
    def _text_width(self) -> int:
        return max(1, self.inner_width - sum(self._widths))

    def _end_top(self) -> tuple[int, int]:
        """The top at which the last line is the last row."""
        left = self.inner_height
        line = self._lines.line_count
        while line > 0:
            parts = self._parts(line - 1)
            if parts >= left:
                return line - 1, parts - left
            left -= parts
            line -= 1
        return 0, 0

    def _parts(self, line: int) -> int:
        return len(row_starts(self.text_of(line), self._text_width)) if self._wrap and self.inner_width > 0 else 1

    def _say(self) -> None:
        lines, count = self._lines, self._lines.line_count
        words = [self._message] if self._message else []
        words += self._finder.words(lines)
        if self._selection is not None and not self._selection.is_empty:
            marks = self._selection.line_count
            words.append(f"{marks:,} line{'' if marks == 1 else 's'} marked: y copies")
        if lines.is_behind:
            words.append(f"reading {int(100 * lines.progress)}%")
        if self._wrap:
            words.append("wrap")
        of = f" of {lines.total:,}" if self._finder.kept is not None else ""
        words.append(f"{count:,}{of} line{'' if count == 1 and not of else 's'}" if lines.exists else "")
        remark = [("FOLLOW ", "status--running")] if self._follow and lines.exists else []
        room = self.size.width - 10 - min(cell_len(self._heading), 10) - (7 if remark else 0)
        said = fitting(words, room) if self.size.width else ""
        self.set_title(self._heading, *remark, (said, "frame--remark"))
        self.post_message(self.Moved())

    # Painting

    def extent(self) -> tuple[int, int, int]:
        """First line in sight, lines in sight, lines in all."""
        return self._anchor[0], max(1, len(self._in_sight)), self._lines.line_count

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """One row of the log."""
        if y >= len(self._in_sight):
            return [Segment(f" {self._reason()}", self.paint("paint--muted"))] if y == 0 else []
        number, part = self._in_sight[y]
        strip = self._strips.get(number) or self._strips.setdefault(number, self._strip(number))
        if self._wrap:
            starts = row_starts(strip.text, self._text_width)
            start = starts[part] if part < len(starts) else 0
            end = starts[part + 1] if part + 1 < len(starts) else start + self._text_width
        else:
            start, end = self._skipped, self._skipped + self._text_width
        shown = strip.crop(start, end)
        marks = self._selection.cells_of(number) if self._selection is not None else None
        if marks is not None:
            shown = shown.adjust_cell_length(self._text_width)
            over = self._text_width if marks[1] is None else marks[1] - start
            shown = painted_over(shown, marks[0] - start, over, self.get_component_rich_style("log--selected"))
        return [*self._gutter(number, part), *shown]

    def _reason(self) -> str:
        if self._lines.line_count:
            return ""
        if self._finder.kept is not None and self._lines.exists:
            return "looking for lines to keep" if self._lines.is_behind else "no line is kept; & changes what is"
        if self._lines.exists:
            return "reading" if self._lines.is_behind else "nothing written yet"
        return one_line(self._why_empty)

    def _strip(self, number: int) -> Strip:
        segments = log_segments(self._lines.line(number))
        pattern = self._finder.pattern
        if pattern is None or self._finder.trouble:
            return Strip(segments)
        style = self.paint("paint--match")
        if number == self._finder.found:
            style += Style(underline=True, bold=True)
        return Strip(marked(segments, pattern.spans("".join(segment.text for segment in segments)), style))

    def _gutter(self, number: int, part: int) -> list[Segment]:
        """When the line came, whose it is, its number among all."""
        times, label, count = self._widths
        muted = self.paint("paint--muted")
        made: list[Segment] = []
        if times:
            moment = self._lines.moment(number) if not part else 0
            made.append(Segment(time_words(self._times, moment, self._lines.first_moment, times), muted))
        if label:
            log = self._lines.label(number)
            name = fit(one_line(self._lines.labels[log]), label - 3)
            made += [Segment(name, self.paint(f"log--label-{log % LABEL_COLOURS}")), Segment(" │ ", muted)]
        if count:
            words = f"{self._lines.number_in_file(number) + 1}" if not part else ""
            made.append(Segment(f"{words:>{count - 2}}  ", muted))
        return made

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.move(-3)
