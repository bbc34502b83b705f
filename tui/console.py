"""What commands print: statuses in colour where there is a terminal, plain lines where there is none, or JSON."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from tui.wording.safe import one_line
from tui.wording.status import LOOKS, wants_ascii

#: A last column narrower than this is wrapped by the terminal rather than cut.
_LEAST_ROOM = 24
_RESET = "\033[0m"


def wants_colour(stream: Any = None) -> bool:
    """Whether colours go to a stream (standard output): a terminal, and no NO_COLOR (no-color.org)."""
    stream = stream or sys.stdout
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Painted(str):
    """Text of ours that may hold colours; everything else is cleaned before it is shown."""

    __slots__ = ()


def mark(status: str, *, words: bool = False, colour: bool | None = None) -> Painted:
    """The glyph of a status, with its word where asked."""
    look = LOOKS[status]
    text = look.ascii if wants_ascii() else look.glyph
    if words:
        text = f"{text} {look.word}"
    coloured = wants_colour() if colour is None else colour
    return Painted(f"\033[{look.colour}m{text}{_RESET}" if coloured else text)


def dim(text: str) -> Painted:
    """Text of less weight."""
    return Painted(f"\033[2m{one_line(text)}{_RESET}" if wants_colour() else one_line(text))


def say(text: str = "") -> None:
    """A line on standard output."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """A line on standard error, for what is not the answer itself."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    """A line that is there at once, whoever reads it."""
    stream.write(f"{text}\n")
    stream.flush()


def say_notices(notices: Sequence[object]) -> None:
    """Warnings and applied defaults, one line each, on standard error."""
    for notice in dict.fromkeys(map(str, notices)):
        note(f"warning: {one_line(notice)}")


def say_json(value: object) -> None:
    """One JSON value on standard output."""
    say(json.dumps(value, indent=2 if sys.stdout.isatty() else None))


def table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> None:
    """Columns as wide as their content, empty ones left out; the header dim; colours do not count for the width."""
    lines = [list(map(_cell, row)) for row in rows]
    filled = [any(column) for column in zip(*lines, strict=True)]
    if not all(filled):
        lines = [[cell for cell, used in zip(row, filled, strict=True) if used] for row in lines]
    titles = [title for title, used in zip(header, filled, strict=False) if used]
    heads: list[list[str]] = [[dim(title) for title in titles]] if titles and lines else []
    every = heads + lines
    if not every:
        return
    widths = [max(map(_width, column)) for column in zip(*every, strict=True)]
    room = _room(widths)
    for row in every:
        if len(row[-1]) > room > 0 and not isinstance(row[-1], Painted):
            row[-1] = row[-1][: room - 1] + ("~" if wants_ascii() else "…")
    texts = (
        "  ".join([cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]).rstrip()
        for row in every
    )
    say("\n".join(texts))


def _width(cell: str) -> int:
    """Columns of a cell without its colours."""
    if "\033" not in cell:
        return len(cell)
    import re  # only tables need it

    return len(re.sub("\033\\[[0-9;]*m", "", cell))


def _room(widths: Sequence[int]) -> int:
    """Columns that a terminal leaves for a table's last column; 0 where nothing is to be cut."""
    if not sys.stdout.isatty():
        return 0
    import shutil

    room = shutil.get_terminal_size().columns - sum(width + 2 for width in widths[:-1])
    return room if room >= _LEAST_ROOM else 0


def _cell(text: str) -> str:
    """A cell keeps our own colours; every other control character is made visible."""
    return text if isinstance(text, Painted) else one_line(text)
