"""How a log's line becomes rows: where it breaks, what stands before it, what is marked in it."""

import time
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.text import fit
from tui.wording.safe import one_line

#: Columns under which times and names before the lines are shortened.
NARROW = 76
#: How many colours tell the logs apart.
LABEL_COLOURS = 6


class Times(StrEnum):
    """What stands before the lines about when they came."""

    OFF = "off"
    CLOCK = "clock"
    SINCE = "since the start"


@lru_cache(256)
def row_starts(text: str, width: int) -> tuple[int, ...]:
    """The cells at which the rows of a line begin that is broken at `width`; no character is torn in two."""
    cells = cell_len(text)
    if width <= 0 or cells <= width:
        return (0,)
    if cells == len(text):
        return tuple(range(0, cells, width))
    starts, at = [0], 0
    for character in text:
        size = get_character_cell_size(character)
        if at + size > starts[-1] + width:
            starts.append(at)
        at += size
    return tuple(starts)


def time_width(times: Times, first: int, last: int, width: int) -> int:
    """Cells that the times of lines from `first` to `last` (nanoseconds) take, with the blank behind them."""
    if times is Times.OFF:
        return 0
    if times is Times.SINCE:
        return 10 if width < NARROW else 14
    dated = _day(first) != _day(last) or _day(first) != _day(time.time_ns())
    return (9 if width < NARROW else 13) + (6 if dated else 0)


def _day(moment: int) -> tuple[int, int]:
    found = time.localtime(moment / 1e9)
    return found.tm_year, found.tm_yday


def time_words(times: Times, moment: int, start: int, width: int) -> str:
    """When a line came, in `width` cells; blank when nobody knows."""
    if not moment:
        return " " * width
    if times is Times.SINCE:
        return fit(since(moment - start, exact=width > 10).rjust(width - 1), width)
    found = time.localtime(moment / 1e9)
    words = time.strftime("%m-%d %H:%M:%S" if width in (15, 19) else "%H:%M:%S", found)
    return fit(f"{words}.{moment // 1_000_000 % 1000:03d}" if width in (13, 19) else words, width)


def since(nanoseconds: int, *, exact: bool = True) -> str:
    """A time since a start: +0:07.123, +1:02:03.000."""
    milliseconds = max(0, nanoseconds) // 1_000_000
    hours, rest = divmod(milliseconds // 1000, 3600)
    minutes, seconds = divmod(rest, 60)
    words = f"+{hours}:{minutes:02d}:{seconds:02d}" if hours else f"+{minutes}:{seconds:02d}"
    return f"{words}.{milliseconds % 1000:03d}" if exact else words


def label_width(labels: Sequence[str], width: int) -> int:
    """Cells that the names of logs take, with what parts them from the lines."""
    if not labels:
        return 0
    return min(max(cell_len(one_line(label)) for label in labels), 10 if width < NARROW else 20) + 3


def fit_end(text: str, width: int) -> str:
    """`text` in exactly `width` cells; of a longer one, its end: names of nested steps differ there."""
    if cell_len(text) <= width:
        return fit(text, width)
    start = 0
    while cell_len(text[start:]) > width - 1:
        start += 1
    return fit(f"…{text[start:]}", width)


def marked(segments: Sequence[Segment], spans: Sequence[tuple[int, int]], style: Style) -> list[Segment]:
    """`segments` with the characters of `spans` in `style`, across whatever colours they have."""
    if not spans:
        return list(segments)
    made: list[Segment] = []
    at, left = 0, list(reversed(spans))
    for text, own, _ in segments:
        position = 0
        while left and left[-1][0] < at + len(text):
            start, end = left[-1][0] - at, min(left[-1][1] - at, len(text))
            start = max(start, position)
            made += [Segment(text[position:start], own), Segment(text[start:end], (own or Style()) + style)]
            position = end
            if left[-1][1] > at + len(text):
                break
            left.pop()
        made.append(Segment(text[position:], own))
        at += len(text)
    return [segment for segment in made if segment.text]


def painted_over(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """`strip` with the characters that begin in the cells from `start` up to `end` in `style`."""
    text = strip.text
    start, end = _boundary(text, max(0, start)), _boundary(text, min(end, strip.cell_length))
    if start >= end:
        return strip
    before, middle, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
    over = Strip([Segment(text, (own or Style()) + style) for text, own, _ in middle], end - start)
    return Strip.join([before, over, after])


def _boundary(text: str, cell: int) -> int:
    """The first cell from `cell` on at which a character begins, or the text ends."""
    if cell_len(text) == len(text):
        return min(cell, len(text))
    at = 0
    for character in text:
        if at >= cell:
            break
        at += get_character_cell_size(character)
    return at


def fitting(words: Sequence[str], room: int) -> str:
    """As many words as there is room for, the first ones rather than the last; the first is cut when it must be."""
    shown = [one_line(word) for word in words if word]
    while len(shown) > 1 and cell_len("  ".join(shown)) > room:
        shown.pop()
    said = "  ".join(shown)
    return fit(said, room) if cell_len(said) > room else said
