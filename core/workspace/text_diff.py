"""How two versions of a file differ, line by line where they are texts, within bounds whatever they hold."""

import difflib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

#: Larger files, and those with a NUL byte, are told as changed without their lines.
MOST_BYTES = 1 << 20
_MOST_LINES = 2000
#: Lines of the one times lines of the other between which is looked for what is alike.
_MOST_PAIRS = 9_000_000
_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class TextDiff:
    """A unified diff, or in `note` why there is none; `sizes` in bytes before and after, -1 where there is no file."""

    lines: tuple[str, ...] = ()
    note: str = ""
    sizes: tuple[int, int] = (-1, -1)


def file_diff(path: str, before: Path | None, after: Path | None, most_bytes: int = MOST_BYTES) -> TextDiff:
    """How the file called `path` changed; None where there was none. What cannot be read is said, not raised."""
    sizes = _size(before), _size(after)
    try:
        old, new = _text(before, most_bytes), _text(after, most_bytes)
    except OSError as error:
        return TextDiff(note=f"cannot be read: {error.strerror}", sizes=sizes)
    if old is None or new is None:
        return TextDiff(note="no text, or too long to show", sizes=sizes)
    found = text_diff(path, old, new)
    return TextDiff(found.lines, found.note, sizes)


def text_diff(path: str, old: Sequence[str], new: Sequence[str]) -> TextDiff:
    """How lines changed, as a unified diff of a file called `path`."""
    hunks = _hunks(old, new)
    if hunks is None:
        return TextDiff(note="too many lines differ to show them")
    lines = tuple(islice(hunks, _MOST_LINES + 1))
    if not lines:
        return TextDiff(note="only its mode or its line ends differ")
    headed = (f"--- a/{path}", f"+++ b/{path}", *lines[:_MOST_LINES])
    return TextDiff(headed, f"only the first {_MOST_LINES:,} lines" if len(lines) > _MOST_LINES else "")


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str] | None:
    """Hunks of a unified diff; None where looking for them may take minutes. Equal ends are not looked at twice."""
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    start, rest = max(0, first - _CONTEXT), max(0, last - _CONTEXT)
    one, other = old[start : len(old) - rest], new[start : len(new) - rest]
    if len(one) * len(other) > _MOST_PAIRS:
        return None
    return _written(one, other, start)


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _written(old: Sequence[str], new: Sequence[str], start: int) -> Iterator[str]:
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(_CONTEXT):
        begins, ends = group[0], group[-1]
        yield f"@@ -{_range(begins[1], ends[2], start)} +{_range(begins[3], ends[4], start)} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[i1:i2])
            else:
                yield from (f"-{line}" for line in old[i1:i2])
                yield from (f"+{line}" for line in new[j1:j2])


def _range(begin: int, end: int, start: int) -> str:
    """First line and count as unified diffs give them (POSIX diff -u)."""
    length = end - begin
    first = start + begin + (1 if length else 0)
    return str(first) if length == 1 else f"{first},{length}"


def _size(file: Path | None) -> int:
    try:
        return file.stat().st_size if file is not None else -1
    except OSError:
        return -1


def _text(file: Path | None, most_bytes: int) -> list[str] | None:
    """The lines of a text; None for what is none, or is too long."""
    if file is None:
        return []
    if file.is_symlink():
        return [f"-> {file.readlink()}"]
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
            return None
        data = opened.read(most_bytes + 1)
    return None if b"\0" in data or len(data) > most_bytes else data.decode("utf-8", "replace").splitlines()
