"""Clean text in so many cells, and the last look at every strip before the terminal."""

import unicodedata
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.wording.safe import one_line


def fit(text: str, width: int) -> str:
    """`text`, already clean, in exactly `width` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def wrap_words(text: str, width: int) -> list[str]:
    """Clean `text` in lines of at most `width` cells, broken between words or after a path's folder if possible."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for given in one_line(paragraph).split(" "):
            word = given
            joined = f"{line} {word}" if line else word
            if cell_len(joined) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            while cell_len(word) > width > 0:
                head = word[:width] if cell_len(word[:width]) <= width else word[: max(1, width // 2)]
                folder_end = head.rfind("/") + 1
                if 3 * folder_end >= width and cell_len(word[folder_end:]) <= width:
                    head = head[:folder_end]
                lines.append(head)
                word = word[len(head) :]
            line = word
        lines.append(line)
    return lines


def wrap_cells(text: str, width: int) -> list[str]:
    """Clean `text` in lines of at most `width` cells with all its blanks, broken wherever a line is full."""
    rest = one_line(text)
    if len(rest) <= width and cell_len(rest) <= width:
        return [rest]
    lines: list[str] = []
    while rest:
        head = rest[: max(1, width)]
        while len(head) > 1 and cell_len(head) > width:
            head = head[:-1]
        lines.append(head)
        rest = rest[len(head) :]
    return lines


class ControlGuard(LineFilter):
    """The last look before the terminal: a strip that still holds a control character loses its power here."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Segments whose text the terminal can only print."""
        if all(segment.text.isprintable() and segment.text.isascii() for segment in segments):
            return segments
        return list(_guarded(segments))


class AsciiGuard(ControlGuard):
    """For terminals that take nothing but ASCII: what else is left becomes its nearest ASCII of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Segments of ASCII only."""
        made = super().apply(segments, background)
        if all(segment.text.isascii() for segment in made):
            return made
        return [Segment(_to_ascii(text), style, control) for text, style, control in made]


_NEAREST = str.maketrans(
    {
        **dict(zip("…·\u203a▶▼─│╭╮╰╯├┤┬┴┼┃━█▁▔▎▊●", "~.>>v-|+++++++++|-#_~||*", strict=True)),
        **dict(zip("↑↓←→↔▾▸•┄┈╌┆┊╎", "^v<><v>*---|||", strict=True)),
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u201c\u201d", '"'),
        **dict.fromkeys("\u2013\u2014", "-"),
    }
)


def _to_ascii(text: str) -> str:
    text = text.translate(_NEAREST)
    if text.isascii():
        return text
    return "".join(char if char.isascii() else _nearest(char) for char in text)


def _nearest(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    width = cell_len(character)
    return plain if len(plain) == width else "?" * width


def _guarded(segments: Iterable[Segment]) -> Iterable[Segment]:
    for text, style, control in segments:
        yield Segment(one_line(text), style, control)
