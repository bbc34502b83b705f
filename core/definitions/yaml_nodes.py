"""What a YAML file says, as frozen values that know where they were written."""

import collections.abc
from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter

from core.errors import Location

PlainScalar = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: `text` as written (quotes and escapes undone), `value` as Azure ML's YAML 1.1 parser takes it.

    `quoted` says that it was written in quotes, as a block (`|`, `>`) or with `!!str`, so it can only be text.
    `lines` holds, for a value over several lines, (offset in `text`, line, column) of each line of it.
    """

    location: Location
    text: str
    value: PlainScalar
    quoted: bool
    lines: tuple[tuple[int, int, int], ...] = ()

    def at(self, offset: int) -> Location:
        """Where the character at `offset` of `text` stands in the file."""
        place = bisect_right(self.lines, offset, key=itemgetter(0)) - 1
        if place >= 0:
            start, line, column = self.lines[place]
            return Location(self.location.file, line, column + offset - start)
        here = self.location
        return Location(here.file, here.line, here.column + offset + self.quoted) if here.line else here


@dataclass(frozen=True, slots=True)
class Sequence:
    """A YAML list."""

    location: Location
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's value, and where the key stands."""

    key_location: Location
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A YAML mapping in the order written, merged keys (`<<`) first.

    `repeated` are keys that stood there twice with the same value, with the place of the second.
    """

    location: Location
    entries: collections.abc.Mapping[str, Entry]
    repeated: tuple[tuple[str, Location], ...] = ()


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> object:
    """The same as Python's own None, bool, int, float, str, list and dict."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def same(one: Node, other: Node) -> bool:
    """Whether two values say the same, wherever they stand."""
    if isinstance(one, Scalar):
        return isinstance(other, Scalar) and (one.text, one.quoted) == (other.text, other.quoted)
    if isinstance(one, Sequence):
        return (
            isinstance(other, Sequence)
            and len(one.items) == len(other.items)
            and all(map(same, one.items, other.items))
        )
    return (
        isinstance(other, Mapping)
        and list(one.entries) == list(other.entries)
        and all(same(entry.value, other.entries[key].value) for key, entry in one.entries.items())
    )
