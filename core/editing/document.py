"""A YAML text with the place of everything in it, by path and by line."""

import bisect
from collections.abc import Sequence
from functools import cached_property

from core.definitions.yaml_spans import AliasSpan, EntrySpan, MappingSpan, NodeSpan, ScalarSpan, SequenceSpan, spans
from core.errors import DefinitionError, Location, UsageError

Path = Sequence[str]


class Document:
    """One text, `shown` in messages; offsets count characters behind a byte order mark, which is kept."""

    def __init__(self, text: str, shown: str) -> None:
        """Take a text.

        Raises DefinitionError when it is no YAML mapping.
        """
        self.mark = text[: text.startswith("\ufeff")]
        self.text = text[len(self.mark) :]
        self.shown = shown
        root = spans(self.text, shown)
        if not isinstance(root, MappingSpan):
            raise DefinitionError("this is no mapping, so nothing in it has a name", location=Location(shown, 1, 1))
        self.root = root

    # By path

    def find(self, path: Path) -> EntrySpan | None:
        """The entry at a path of keys, None when there is none.

        Raises UsageError where it is written by an alias, a merge or twice, so that one edit would change more.
        """
        node: NodeSpan = self.root
        found: EntrySpan | None = None
        for depth, key in enumerate(path):
            if isinstance(node, AliasSpan):
                raise self.refusal(path[:depth], "is an alias ('*')", node.start)
            if not isinstance(node, MappingSpan):
                return None
            entries = node.named(key)
            if len(entries) > 1:
                raise self.refusal(path[: depth + 1], "is written twice", entries[1].key_start)
            if not entries:
                return None
            found = entries[0]
            node = found.value
        return found

    def mapping(self, path: Path) -> MappingSpan | None:
        """The mapping at a path, None where there is nothing, or null.

        Raises UsageError where something else stands there.
        """
        if not path:
            return self.root
        entry = self.find(path)
        if entry is None or (isinstance(entry.value, ScalarSpan) and is_null(entry.value)):
            return None
        if isinstance(entry.value, MappingSpan):
            return entry.value
        what = "is an alias ('*')" if isinstance(entry.value, AliasSpan) else "is no mapping"
        raise self.refusal(path, what, entry.value.start)

    def keys(self, path: Path) -> list[str]:
        """The keys of the mapping at a path, none where there is nothing."""
        mapping = self.mapping(path)
        return [entry.key for entry in mapping.entries] if mapping is not None else []

    def value(self, path: Path) -> str:
        """The single value at a path as text, "" when there is none."""
        entry = self.find(path)
        return entry.value.value if entry is not None and isinstance(entry.value, ScalarSpan) else ""

    def refusal(self, path: Path, what: str, at: int) -> UsageError:
        """An error about something that is written so that it is better edited by hand."""
        return UsageError(
            f"'{'.'.join(path)}' {what}", location=self.location(at), hint="edit it by hand, where everything is seen"
        )

    # By place

    @cached_property
    def starts(self) -> list[int]:
        """Where each line starts, by YAML's idea of a line's end."""
        found = [0]
        for at, character in enumerate(self.text):
            if character == "\n":
                found.append(at + 1)
        return found

    def line_of(self, offset: int) -> int:
        """The number of a line, from 0."""
        return bisect.bisect_right(self.starts, offset) - 1

    def line(self, number: int) -> str:
        """A line's text without its end, "" behind the last."""
        if number >= len(self.starts):
            return ""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end].rstrip("\r\n")

    def column(self, offset: int) -> int:
        """How far right something stands, from 0."""
        return offset - self.starts[self.line_of(offset)]

    def location(self, offset: int) -> Location:
        """A place as messages name it."""
        return Location(self.shown, self.line_of(offset) + 1, self.column(offset) + 1)

    def starts_line(self, offset: int) -> bool:
        """Whether only blanks stand before something on its line."""
        return not self.text[self.starts[self.line_of(offset)] : offset].strip(" ")

    @cached_property
    def newline(self) -> str:
        """How the text ends its lines: as its first one does."""
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    def scalars(self, node: NodeSpan | None = None) -> list[ScalarSpan]:
        """Every single value of the text that is no key, in its order."""
        return [found for found in _flat(self.root if node is None else node) if isinstance(found, ScalarSpan)]

    def changed(self, *edits: tuple[int, int, str]) -> str:
        """The text with parts (start, end) replaced; they must not overlap."""
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return self.mark + text


def is_null(value: ScalarSpan) -> bool:
    """Whether a single value is nothing."""
    return not value.style and value.value in ("", "~", "null", "Null", "NULL")


def _flat(node: NodeSpan) -> list[NodeSpan]:
    if isinstance(node, MappingSpan):
        return [found for entry in node.entries for found in _flat(entry.value)]
    if isinstance(node, SequenceSpan):
        return [found for item in node.items for found in _flat(item)]
    return [node]
