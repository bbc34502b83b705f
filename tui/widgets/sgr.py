"""A log line with its own colours: select-graphic-rendition codes become styles, everything else visible glyphs."""

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui.widgets.log_pattern import CODES
from tui.wording.safe import one_line

_TAB = 8


@lru_cache(1024)
def _style(codes: str) -> Style:
    """The style that a whole chain of codes adds up to, as text joined by ';'."""
    attributes: dict[str, bool] = {}
    colour: dict[str, Color | None] = {"color": None, "bgcolor": None}
    numbers = [int(part) if part else 0 for part in codes.replace(":", ";").split(";")]
    while numbers:
        _apply(numbers.pop(0), numbers, attributes, colour)
    return Style(
        color=colour["color"],
        bgcolor=colour["bgcolor"],
        bold=attributes.get("bold"),
        dim=attributes.get("dim"),
        italic=attributes.get("italic"),
        underline=attributes.get("underline"),
        reverse=attributes.get("reverse"),
        strike=attributes.get("strike"),
    )


_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


def _apply(code: int, rest: list[int], attributes: dict[str, bool], colour: dict[str, Color | None]) -> None:
    if code == 0:
        attributes.clear()
        colour.update(color=None, bgcolor=None)
    elif code in _ON:
        attributes[_ON[code]] = True
    elif code in _OFF:
        for name in _OFF[code]:
            attributes.pop(name, None)
    elif code in (39, 49):
        colour["color" if code == 39 else "bgcolor"] = None
    elif code in (38, 48):
        colour["color" if code == 38 else "bgcolor"] = _extended(rest)
    elif 30 <= code <= 37 or 90 <= code <= 97:
        colour["color"] = Color.from_ansi(code - 30 if code < 90 else code - 82)
    elif 40 <= code <= 47 or 100 <= code <= 107:
        colour["bgcolor"] = Color.from_ansi(code - 40 if code < 100 else code - 92)


def _extended(rest: list[int]) -> Color | None:
    """The colour after 38 or 48: `5;n` or `2;r;g;b`; None when it is cut or out of range."""
    kind = rest.pop(0) if rest else 0
    count = {5: 1, 2: 3}.get(kind, 0)
    values = [rest.pop(0) for _ in range(min(count, len(rest)))]
    if not count or len(values) < count or any(value > 255 for value in values):
        return None
    return Color.from_ansi(values[0]) if kind == 5 else Color.from_rgb(*values)


def log_segments(line: str) -> list[Segment]:
    """`line` as a terminal would leave it, harmless: rewritten parts gone, tabs spaced, colours as styles."""
    if line.isprintable():
        return [Segment(line)]
    line = _last_written(line).expandtabs(_TAB)
    pieces: list[str | None] = list(CODES.split(line))
    segments: list[Segment] = []
    codes = ""
    for index, piece in enumerate(pieces):
        if piece is None:
            continue
        if index % 2:
            codes = "" if piece in ("", "0") else f"{codes};{piece}" if codes else piece
            codes = codes[-256:]
        elif piece:
            segments.append(Segment(one_line(piece), _style(codes) if codes else None))
    return segments


def plain(line: str) -> str:
    """What `log_segments` shows, without colours."""
    return "".join(segment.text for segment in log_segments(line))


def _last_written(line: str) -> str:
    """What a progress bar that rewrites its line with carriage returns shows at the end."""
    if "\r" not in line:
        return line
    return next((part for part in reversed(line.split("\r")) if part), "")
