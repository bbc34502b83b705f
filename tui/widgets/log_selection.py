"""What a person has marked in a log: whole lines by keys, or from one cell to another with the mouse."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rich.cells import cell_len, get_character_cell_size

#: What one copy holds at most (characters); more is for a file.
MOST_COPIED = 1 << 20


@dataclass(frozen=True, slots=True)
class Selection:
    """From one place (line, cell) to another, in whichever order; `whole_lines` from key V."""

    start: tuple[int, int]
    end: tuple[int, int]
    whole_lines: bool = False

    def moved_to(self, line: int, cell: int = 0) -> "Selection":
        """The same start, another end."""
        return replace(self, end=(line, cell))

    @property
    def first_line(self) -> int:
        """The upper line."""
        return min(self.start, self.end)[0]

    @property
    def last_line(self) -> int:
        """The lower line."""
        return max(self.start, self.end)[0]

    @property
    def line_count(self) -> int:
        """Lines that are marked, wholly or in part."""
        return self.last_line - self.first_line + 1

    @property
    def is_empty(self) -> bool:
        """A click, not a selection."""
        return not self.whole_lines and self.start == self.end

    def cells_of(self, line: int) -> tuple[int, int | None] | None:
        """The cells marked in a line: from, and up to but without (None: to its end); None when there are none."""
        if not self.first_line <= line <= self.last_line:
            return None
        if self.whole_lines:
            return 0, None
        (first, from_cell), (last, to_cell) = sorted((self.start, self.end))
        return (from_cell if line == first else 0), (to_cell + 1 if line == last else None)

    def text(self, line: Callable[[int], str]) -> tuple[str, bool]:
        """The marked text, and whether that is all of it; `line` gives a line as it is shown."""
        pieces: list[str] = []
        size = 0
        for number in range(self.first_line, self.last_line + 1):
            start, end = self.cells_of(number) or (0, 0)
            piece = cut_cells(line(number), start, end)
            size += len(piece) + 1
            if size > MOST_COPIED:
                return "\n".join(pieces), False
            pieces.append(piece)
        return "\n".join(pieces), True


def cut_cells(text: str, start: int, end: int | None) -> str:
    """The characters of `text` that begin in the cells from `start` up to `end`."""
    if cell_len(text) == len(text):
        return text[start:end]
    found: list[str] = []
    at = 0
    for character in text:
        if end is not None and at >= end:
            break
        if at >= start:
            found.append(character)
        at += get_character_cell_size(character)
    return "".join(found)
