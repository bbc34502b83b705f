"""The rows of a log that are in sight: which lines they show, what stands before and in them; and the title."""

from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.frame import FramedWidget
from tui.widgets.log_finder import Finder
from tui.widgets.log_lines import Lines
from tui.widgets.log_paint import (
    LABEL_COLOURS,
    Times,
    fit_end,
    fitting,
    label_width,
    marked,
    painted_over,
    row_starts,
    time_width,
    time_words,
)
from tui.widgets.log_selection import Selection
from tui.widgets.log_whole import WholeLog
from tui.widgets.sgr import log_segments, plain
from tui.wording.safe import one_line


class LogRows(FramedWidget):
    """Some rows of many lines, in a frame; what is shown, and from where on, is for the log view."""

    COMPONENT_CLASSES = {"log--selected", *(f"log--label-{number}" for number in range(LABEL_COLOURS))}

    DEFAULT_CSS = """
    LogRows .log--selected { background: $selection; }
    LogRows:nocolor .log--selected { text-style: reverse; }
    LogRows .log--label-0 { color: $primary; }
    LogRows .log--label-1 { color: $success; }
    LogRows .log--label-2 { color: $accent; }
    LogRows .log--label-3 { color: $warning; }
    LogRows .log--label-4 { color: $secondary; }
    LogRows .log--label-5 { color: $error; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: Lines = WholeLog(None)
        self._path: Path | None = None
        self._heading = "log"
        self._why_empty = ""
        self._anchor = (0, 0)
        self._in_sight: list[tuple[int, int]] = []
        self._strips: dict[int, Strip] = {}
        self._skipped = 0
        self._follow = True
        self._can_grow = self._has_ended = False
        self._wrap = False
        self._times = Times.OFF
        self._widths = (0, 0, 0)
        self._finder = Finder()
        self._selection: Selection | None = None
        self._is_looking_busily = False
        self._seen = 0
        self._message = ""

    @property
    def copying_key(self) -> str:
        """The key that copies what is marked."""
        return "y"

    @property
    def keeping_key(self) -> str:
        """The key that changes what is kept."""
        return "&"

    @property
    def lines(self) -> Lines:
        """What is shown of it."""
        return self._lines

    def text_of(self, number: int) -> str:
        """A line as it is shown, without colours."""
        return plain(self._lines.line(number))

    def text_in_sight(self) -> str:
        """The lines in sight as plain text, each once."""
        return "\n".join(map(self.text_of, dict.fromkeys(number for number, _ in self._in_sight)))

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

    # Which rows

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
            words.append(f"{marks:,} line{'' if marks == 1 else 's'} marked: {self.copying_key} copies")
        if lines.is_coming:
            words.append(f"reading {int(100 * lines.progress)}%")
        if self._wrap:
            words.append("wrap")
        of = f" of {lines.total:,}" if self._finder.kept is not None else ""
        words.append(f"{count:,}{of} line{'' if count == 1 and not of else 's'}" if lines.exists else "")
        remark = [("FOLLOW ", "status--running")] if self._follow and self._can_grow and lines.exists else []
        room = self.size.width - 10 - min(cell_len(self._heading), 10) - (7 if remark else 0)
        said = fitting(words, room) if self.size.width else ""
        self.set_title(self._heading, *remark, (said, "frame--remark"))

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
            return (
                "looking for lines to keep"
                if self._lines.is_coming
                else f"no line is kept; {self.keeping_key} changes what is"
            )
        if not self._lines.exists:
            return one_line(self._why_empty)
        if self._lines.is_coming:
            return "reading"
        return "nothing written yet" if self._can_grow else "nothing was written"

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
            name = fit_end(one_line(self._lines.labels[log]), label - 3)
            made += [Segment(name, self.paint(f"log--label-{log % LABEL_COLOURS}")), Segment(" │ ", muted)]
        if count:
            words = f"{self._lines.number_in_file(number) + 1}" if not part else ""
            made.append(Segment(f"{words:>{count - 2}}  ", muted))
        return made
