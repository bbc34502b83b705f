"""A look into a file: text, tables, JSON, pictures, bytes; never more than a bounded part, and always safe to show."""

import csv
import json
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from tui.reading.folders import FileEntry, list_folder
from tui.wording import units
from tui.wording.safe import one_line

#: So much of a file is read at most.
READ_BYTES = 256 << 10
_JSON_BYTES = 512 << 10
_HEX_BYTES = 4096
_MOST_LINES = 5000
_MOST_LINE = 2000
_MOST_ROWS = 500
_MOST_COLUMNS = 100
_MOST_CELL = 40
_MOST_NAMES = 200
_PEEK_SECONDS = 30
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ico")
_TABLES = {".csv": ",", ".tsv": "\t", ".psv": "|"}

#: A piece of a row: text, and a style class or a colour on another ("#aabbcc on #112233").
Piece = tuple[str, str]
Row = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class FilePreview:
    """Rows to show, the first `header` of them always in sight; `remark` says what kind it is and what is left out.

    A picture is drawn for the room that there is, and is no text.
    """

    remark: str
    rows: tuple[Row, ...] = ()
    header: int = 0
    is_picture: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Cells that a preview may fill; without colours pictures become letters."""

    width: int
    height: int
    has_colour: bool = True


def preview(entry: FileEntry, room: Room) -> FilePreview:
    """What a file or folder holds, as far as one wants to look; never raises for what the file is."""
    try:
        status = entry.path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return _said("a link, which is not followed", f"{entry.path} -> {entry.path.readlink()}")
        if stat.S_ISDIR(status.st_mode):
            return _folder(entry.path)
        if not stat.S_ISREG(status.st_mode):
            return _said("neither a file nor a folder", "it is not opened")
        return _file(entry.path, status.st_size, room)
    except OSError as error:
        return _said("cannot be read", error.strerror or str(error))


def _file(path: Path, size: int, room: Room) -> FilePreview:
    if not size:
        return _said("empty", "nothing in it")
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(READ_BYTES)
    if head[:4] == b"PAR1" or suffix == ".parquet":
        return _parquet(path, size)
    if suffix in _PICTURES and b"\0" in head[:4096]:
        return _picture(path, size, head, room)
    if b"\0" in head[:8192] or _is_binary(head):
        return _bytes(head, size)
    if suffix in (".json", ".ipynb", ".geojson") and size <= _JSON_BYTES:
        return _json(path, size) or _text(head, size)
    if suffix in _TABLES:
        return _csv(head, size, _TABLES[suffix]) or _text(head, size)
    return _text(head, size)


def _is_binary(head: bytes) -> bool:
    """Whether much of it is no UTF-8; a character that the end of the piece cuts does not count."""
    return head.decode("utf-8", "replace").count("\N{REPLACEMENT CHARACTER}") > 2 + len(head) // 50


def _said(remark: str, *sentences: str) -> FilePreview:
    return FilePreview(remark, tuple(((one_line(text), "paint--muted"),) for text in sentences))


def _part(head: bytes, size: int) -> str:
    return units.size(size) if len(head) >= size else f"first {units.size(len(head))} of {units.size(size)}"


def _folder(path: Path) -> FilePreview:
    listing = list_folder(path, _MOST_NAMES + 1)
    if listing.trouble:
        return _said("cannot be read", listing.trouble)
    shown = listing.entries[:_MOST_NAMES]
    rows: list[Row] = []
    for entry in shown:
        size = units.size(entry.size) if entry.size >= 0 else "folder" if entry.is_folder else ""
        name = f"{one_line(entry.name)}{'/' if entry.is_folder else ''}"
        rows.append(
            ((f"{size:>8}  ", "paint--muted"), (name, "paint--text"), (f"  {one_line(entry.note)}", "paint--muted"))
        )
    more = len(listing.entries) > len(shown)
    rows += [(("          and more", "paint--muted"),)] if more else []
    number = f"the first {len(shown)} entries" if more else "1 entry" if len(shown) == 1 else f"{len(shown)} entries"
    return FilePreview(f"folder · {number}", tuple(rows))


def _text(head: bytes, size: int) -> FilePreview:
    lines = head.decode("utf-8", "replace").split("\n")
    cut = len(head) < size or len(lines) > _MOST_LINES
    lines = lines[:_MOST_LINES]
    rows = tuple(((_clean(line), "paint--text"),) for line in lines)
    return FilePreview(f"text · {_part(head, size)}{', first lines' if cut and len(head) >= size else ''}", rows)


def _clean(line: str) -> str:
    return one_line(line.rstrip("\r").expandtabs(4)[:_MOST_LINE])


def _json(path: Path, size: int) -> FilePreview | None:
    try:
        value = json.loads(path.read_bytes())
        text = json.dumps(value, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    rows = tuple(((_clean(line), "paint--text"),) for line in text.split("\n")[:_MOST_LINES])
    return FilePreview(f"JSON · {units.size(size)}", rows)


def _csv(head: bytes, size: int, delimiter: str) -> FilePreview | None:
    text = head.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    if len(head) < size and len(lines) > 1:
        lines.pop()
    first = lines[0] if lines else ""
    if first.count(delimiter) == 0:
        delimiter = max(",;\t|", key=first.count)
    found: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            found.append(row[:_MOST_COLUMNS])
            if len(found) > _MOST_ROWS:
                break
    except csv.Error:
        return None
    if not found:
        return None
    shown = found[: _MOST_ROWS + 1]
    part = f"{_part(head, size)}, first {len(shown) - 1} rows" if len(shown) > _MOST_ROWS else _part(head, size)
    return _table(f"table · {part}", shown[0], shown[1:])


def _table(remark: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> FilePreview:
    """Columns as wide as what they hold, numbers to the right."""
    width = max([len(names), *(len(row) for row in rows)])
    cells = [[_cell(text) for text in (*row, *[""] * (width - len(row)))] for row in (names, *rows)]
    widths = [max(cell_len(row[index]) for row in cells) for index in range(width)]
    right = [all(_is_number(row[index]) for row in cells[1:]) and len(cells) > 1 for index in range(width)]
    made: list[Row] = []
    for number, row in enumerate(cells):
        style = "paint--title" if number == 0 else "paint--text"
        texts = (_padded(text, widths[index], right[index]) for index, text in enumerate(row))
        made.append((("  ".join(texts).rstrip(), style),))
    return FilePreview(remark, tuple(made), header=1)


def _cell(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _MOST_CELL else f"{text[: _MOST_CELL - 1]}…"


def _padded(text: str, width: int, to_right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if to_right else text + blanks


def _is_number(text: str) -> bool:
    if not text:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parquet(path: Path, size: int) -> FilePreview:
    found = _peek("parquet", path, _MOST_ROWS, _MOST_COLUMNS)
    if isinstance(found, FilePreview):
        return found
    names = [f"{name} ({kind})" for name, kind in zip(found["names"], found["types"], strict=True)]
    more = f", first {len(found['rows'])}" if len(found["rows"]) < found["row_count"] else ""
    columns = f"{found['column_count']:,} columns"
    return _table(f"Parquet · {found['row_count']:,} rows{more}, {columns} · {units.size(size)}", names, found["rows"])


def _picture(path: Path, size: int, head: bytes, room: Room) -> FilePreview:
    found = _peek("image", path, max(1, room.width), max(1, room.height))
    if isinstance(found, FilePreview):
        return FilePreview(found.remark, (*found.rows, ((" ", ""),), *_hex_rows(head[:512])))
    remark = f"{found['format']} · {found['width']} x {found['height']} · {units.size(size)}"
    if not found["pixels"]:
        return _said(remark, "too many pixels to be drawn here")
    pixels = [[line[at : at + 6] for at in range(0, len(line), 6)] for line in found["pixels"]]
    draw: Callable[[list[str], list[str]], Row] = _half_blocks if room.has_colour else _letters
    pairs = [(pixels[at], pixels[at + 1] if at + 1 < len(pixels) else []) for at in range(0, len(pixels), 2)]
    return FilePreview(remark, tuple(draw(upper, lower) for upper, lower in pairs), is_picture=True)


def _half_blocks(upper: list[str], lower: list[str]) -> Row:
    """Two rows of pixels in one of cells: the upper is the character's colour, the lower the ground's."""
    below = lower or ["000000"] * len(upper)
    cells = groupby(zip(upper, below, strict=True))
    return tuple(("▀" * len(list(same)), f"#{top} on #{bottom}") for (top, bottom), same in cells)


_SHADES = " .:-=+*#%@"


def _letters(upper: list[str], lower: list[str]) -> Row:
    """The same without colours."""
    below = lower or upper
    light = (_light(top) + _light(bottom) for top, bottom in zip(upper, below, strict=True))
    return (("".join(_SHADES[value * len(_SHADES) // (2 * 3 * 256)] for value in light), "paint--text"),)


def _light(pixel: str) -> int:
    return sum(bytes.fromhex(pixel))


def _peek(kind: str, path: Path, first: int, second: int) -> Any:
    """What the other process found, or a preview that says why there is nothing."""
    script = Path(__file__).with_name("peek.py")
    command = [sys.executable, "-I", str(script), kind, str(path.absolute()), str(first), str(second)]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=_PEEK_SECONDS, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired):
        return _said(f"{kind}", "it takes too long to be read")
    if ended.returncode == 3:
        extra, package = {"parquet": ("parquet", "pyarrow"), "image": ("images", "pillow")}[kind]
        return _said(
            f"{kind}, not shown",
            f"install mlpw[{extra}] to see it here: pip install 'mlpw[{extra}]'",
            f"or, where pipx installed mlpw: pipx inject mlpw {package}",
        )
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or ["it cannot be read"]
        return _said(f"{kind}, damaged", last[0])
    return json.loads(ended.stdout)


def _bytes(head: bytes, size: int) -> FilePreview:
    part = head[:_HEX_BYTES]
    return FilePreview(f"bytes · {_part(part, size)}", _hex_rows(part))


def _hex_rows(part: bytes) -> tuple[Row, ...]:
    rows: list[Row] = []
    for at in range(0, len(part), 16):
        piece = part[at : at + 16]
        numbers = " ".join(f"{byte:02x}" for byte in piece)
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        rows.append(((f"{at:06x}  ", "paint--muted"), (f"{numbers:<47}  ", "paint--text"), (letters, "paint--muted")))
    return tuple(rows)
