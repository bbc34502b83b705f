"""Where each value of a YAML text begins and ends, for edits that change nothing else of it.

Speaks to `yaml` as the composer does; import it inside a function, since only edits need it.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from core.definitions.yaml_reader import parse_yaml

_Event: TypeAlias = Any  # types-PyYAML gives yaml.Event neither value, tag nor anchor


@dataclass(frozen=True, slots=True)
class ScalarSpan:
    """One value at `start` to `end` (offsets in characters); `style` is "" or one of ' " | >, `value` its text.

    `is_marked` says that an anchor or a tag stands before it, inside the span.
    """

    start: int
    end: int
    value: str = ""
    style: str = ""
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class AliasSpan:
    """`*name`, which stands for a value written elsewhere."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SequenceSpan:
    """A list; `is_flow` one in brackets."""

    start: int
    end: int
    items: tuple["NodeSpan", ...]
    is_flow: bool
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class EntrySpan:
    """A key with its value; `key` is the key's text, "" for one that is no single value."""

    key: str
    key_start: int
    key_end: int
    value: "NodeSpan"

    @property
    def end(self) -> int:
        """Where the entry ends: behind its value, or behind the colon."""
        return max(self.key_end, self.value.end)


@dataclass(frozen=True, slots=True)
class MappingSpan:
    """A mapping; `is_flow` one in braces."""

    start: int
    end: int
    entries: tuple[EntrySpan, ...]
    is_flow: bool
    is_marked: bool = False

    def named(self, key: str) -> list[EntrySpan]:
        """The entries with that key: none, one, or several that say the same."""
        return [entry for entry in self.entries if entry.key == key]


NodeSpan = ScalarSpan | AliasSpan | SequenceSpan | MappingSpan


def spans(text: str, shown: str) -> NodeSpan:
    """The document's value with the place of everything in it; `text` has no byte order mark.

    Raises DefinitionError as `parse_yaml` does; `shown` names the file.
    """
    parse_yaml(text.encode("utf-8", "surrogateescape"), shown)
    loader: Any = yaml.SafeLoader
    if yaml.__with_libyaml__:
        from yaml.cyaml import CSafeLoader

        loader = CSafeLoader
    return _Walk(text, list(yaml.parse(text, Loader=loader))).node()


class _Walk:
    """One pass over the events of a text that has been read once already."""

    def __init__(self, text: str, events: list[_Event]) -> None:
        self._text = text
        self._events = iter(events[2:])  # behind the start of the stream and of the document

    def node(self) -> NodeSpan:
        """The next value."""
        return self._node(next(self._events))

    def _node(self, event: _Event) -> NodeSpan:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            return AliasSpan(start, end)
        is_marked = event.anchor is not None or self._text[start : start + 1] == "!"
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            return ScalarSpan(start, self._written_end(start, end), event.value, style.strip(), is_marked)
        if isinstance(event, yaml.SequenceStartEvent):
            items, closed = self._items()
            last = closed if event.flow_style else max((item.end for item in items), default=end)
            return SequenceSpan(start, last, tuple(items), bool(event.flow_style), is_marked)
        return self._mapping(event, start, end, is_marked)

    def _items(self) -> tuple[list[NodeSpan], int]:
        items: list[NodeSpan] = []
        while not _ends(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return items, event.end_mark.index

    def _mapping(self, event: _Event, start: int, end: int, is_marked: bool) -> MappingSpan:
        entries: list[EntrySpan] = []
        while not _ends(inner := next(self._events), yaml.MappingEndEvent):
            key, value = self._node(inner), self.node()
            name = key.value if isinstance(key, ScalarSpan) else ""
            entries.append(EntrySpan(name, key.start, key.end, value))
        last = inner.end_mark.index if event.flow_style else max((entry.end for entry in entries), default=end)
        return MappingSpan(start, last, tuple(entries), bool(event.flow_style), is_marked)

    def _written_end(self, start: int, end: int) -> int:
        """Without the empty lines that the parser counts to a block of text."""
        return start + len(self._text[start:end].rstrip())


def _ends(event: _Event, kind: type) -> bool:
    return isinstance(event, kind)
