"""From PyYAML's stream of events to located values, with limits that keep a hostile file small and quick.

The only module that imports `yaml`; import it inside a function, since most starts read no YAML.
"""

from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeAlias

import yaml

from core.definitions.wording import shortened
from core.definitions.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, same
from core.definitions.yaml_problems import syntax_error
from core.definitions.yaml_scalars import resolve, resolve_tagged
from core.errors import DefinitionError, Location

MAX_DEPTH = 100
MAX_NODES = 300_000  # written out: some 20,000 steps, and a second
MAX_PLACED_LINES = 10_000  # of one value; later ones are placed from there
MAX_EXPANDED_NODES = 100_000  # reached through aliases and merge keys

_CORE = "tag:yaml.org,2002:"
_TAGGED_SCALARS = frozenset(("null", "bool", "int", "float"))


_Event: TypeAlias = Any  # types-PyYAML gives yaml.Event neither value, tag nor anchor
_Mark: TypeAlias = Any


class _Events(Protocol):
    def get_event(self) -> _Event: ...
    def dispose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A node that has a name; `node` is None while it is still being read, `size` counts what an alias adds."""

    location: Location
    node: Node | None = None
    size: int = 0


def compose(text: str, file: str) -> Node:
    """The one document in `text`; `file` is the name shown in locations.

    Raises DefinitionError for anything that is no single YAML document within the limits.
    """
    events = _parser(text)
    try:
        return _Composer(events, text, file).document()
    except yaml.YAMLError as problem:
        raise syntax_error(problem, text, file) from None
    finally:
        events.dispose()


def _parser(text: str) -> _Events:
    if yaml.__with_libyaml__:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # absent where PyYAML has no libyaml

        return CParser(text)
    return yaml.SafeLoader(text)


class _Composer:
    """One walk over the events of one file."""

    __slots__ = ("_anchors", "_expanded", "_file", "_next", "_nodes", "_text")

    def __init__(self, events: _Events, text: str, file: str) -> None:
        self._next = events.get_event
        self._text = text
        self._file = file
        self._anchors: dict[str, _Anchor] = {}
        self._nodes = 0
        self._expanded = 0

    def document(self) -> Node:
        self._next()  # stream start
        if type(self._next()) is yaml.StreamEndEvent:
            self._empty()
        root = self._node(self._next(), 1)
        self._next()  # document end
        event = self._next()
        if type(event) is not yaml.StreamEndEvent:
            raise DefinitionError(
                "a second document starts here, and a definition file holds one",
                location=self._location(event),
                hint="put it in a file of its own, or remove the '---'",
            )
        if isinstance(root, Scalar) and root.value is None:
            self._empty()
        return root

    def _empty(self) -> NoReturn:
        raise DefinitionError(
            "the file is empty", location=Location(self._file), hint="write a definition in it, for example 'type: ...'"
        )

    def _node(self, event: _Event, depth: int) -> Node:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        self._nodes += 1
        location = self._location(event)
        if self._nodes > MAX_NODES:
            raise DefinitionError(
                f"more than {MAX_NODES:,} values in one file", location=location, hint="split it into several"
            )
        if depth > MAX_DEPTH:
            raise DefinitionError(f"nested more than {MAX_DEPTH} levels deep", location=location)
        anchor = event.anchor
        if anchor is None:
            return self._value(event, kind, location, depth)
        return self._anchored(anchor, event, location, depth)

    def _value(self, event: _Event, kind: type, location: Location, depth: int) -> Node:
        if kind is yaml.ScalarEvent:
            return self._scalar(event, location)
        tag = event.tag
        if kind is yaml.MappingStartEvent:
            if tag is not None and tag not in {"!", _CORE + "map"}:
                self._unknown_tag(tag, location)
            return self._mapping(location, depth + 1)
        if tag is not None and tag not in {"!", _CORE + "seq"}:
            self._unknown_tag(tag, location)
        items = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self._node(event, depth + 1))
        return Sequence(location, tuple(items))

    def _scalar(self, event: _Event, location: Location) -> Scalar:
        text: str = event.value
        tag = event.tag
        start, end = event.start_mark, event.end_mark
        lines = self._lines(text, start, end, event.style) if end.line != start.line else ()
        if tag is None or tag == "!":
            if event.implicit[0]:
                return Scalar(location, text, resolve(text, location), False, lines)
            return Scalar(location, text, text, True, lines)
        kind = tag.removeprefix(_CORE)
        if kind == "str":
            return Scalar(location, text, text, True, lines)
        if kind not in _TAGGED_SCALARS:
            self._unknown_tag(tag, location)
        return Scalar(location, text, resolve_tagged(text, kind, location), False, lines)

    def _mapping(self, location: Location, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        repeated: list[tuple[str, Location]] = []
        merged: tuple[Mapping, ...] = ()
        merge_location: Location | None = None
        while type(event := self._next()) is not yaml.MappingEndEvent:
            if type(event) is yaml.ScalarEvent and event.value == "<<" and event.implicit[0]:
                key_location = self._location(event)
                if merge_location is not None:
                    self._duplicate("<<", key_location, merge_location, "write one '<<: [*a, *b]'")
                merge_location = key_location
                merged = self._mergeable(self._node(self._next(), depth))
                continue
            key_node = self._node(event, depth)
            key = self._key(key_node)
            value = self._node(self._next(), depth)
            known = entries.get(key)
            if known is not None:
                # Azure ML's own reader takes the last of the two: with one value, that is what was meant.
                if not same(known.value, value):
                    self._duplicate(key, key_node.location, known.key_location, "keep one of the two")
                repeated.append((key, key_node.location))
                continue
            entries[key] = Entry(key_node.location, value)
        if not merged:
            return Mapping(location, entries, tuple(repeated))
        inherited: dict[str, Entry] = {}
        for other in reversed(merged):
            inherited.update(other.entries)
        return Mapping(location, inherited | entries, tuple(repeated))

    @staticmethod
    def _key(node: Node) -> str:
        if isinstance(node, Scalar):
            if isinstance(node.value, str):
                return node.value
            what = "nothing" if not node.text else f"{_KINDS[type(node.value)]} to YAML"
            raise DefinitionError(
                f"the key {shortened(node.text) or '(empty)'} is {what}, and a key must be text",
                location=node.location,
                hint=f"put it in quotes: '{shortened(node.text)}'" if node.text else "write a name before the ':'",
            )
        raise DefinitionError(
            f"a {'list' if isinstance(node, Sequence) else 'mapping'} stands as a key, and a key must be text",
            location=node.location,
            hint="text that starts with { or [ needs quotes",
        )

    @staticmethod
    def _mergeable(node: Node) -> tuple[Mapping, ...]:
        parts = node.items if isinstance(node, Sequence) else (node,)
        mappings = tuple(part for part in parts if isinstance(part, Mapping))
        if len(mappings) != len(parts):
            raise DefinitionError(
                "'<<' merges mappings, and this is none", location=node.location, hint="write '<<: *name'"
            )
        return mappings

    def _duplicate(self, key: str, location: Location, first: Location, hint: str) -> NoReturn:
        raise DefinitionError(
            f"the key '{shortened(key)}' is given twice, first at line {first.line} and again at line {location.line}",
            location=location,
            hint=hint,
        )

    def _anchored(self, anchor: str, event: _Event, location: Location, depth: int) -> Node:
        earlier = self._anchors.get(anchor)
        if earlier is not None:
            raise DefinitionError(
                f"the anchor '&{shortened(anchor)}' is given twice, first at line {earlier.location.line}",
                location=location,
            )
        self._anchors[anchor] = _Anchor(location)
        before = self._nodes + self._expanded
        node = self._value(event, type(event), location, depth)
        self._anchors[anchor] = _Anchor(location, node, self._nodes + self._expanded - before + 1)
        return node

    def _alias(self, event: _Event) -> Node:
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            from core.errors import did_you_mean  # only a mistake needs it

            raise DefinitionError(
                f"'*{shortened(event.anchor)}' refers to an anchor that is not defined above",
                location=self._location(event),
                hint=did_you_mean(event.anchor, self._anchors)
                or f"define it with '&{shortened(event.anchor)}'; text that starts with * needs quotes",
            )
        if anchor.node is None:
            raise DefinitionError(f"'*{shortened(event.anchor)}' refers to itself", location=self._location(event))
        self._expanded += anchor.size
        if self._expanded > MAX_EXPANDED_NODES:
            raise DefinitionError(
                f"aliases expand to more than {MAX_EXPANDED_NODES:,} values",
                location=self._location(event),
                hint="write the values out, or refer to fewer of them",
            )
        return anchor.node

    def _unknown_tag(self, tag: str, location: Location) -> NoReturn:
        written = f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag
        raise DefinitionError(
            f"the tag {shortened(written)} is unknown, and mlpw builds no objects from YAML",
            location=location,
            hint="remove the tag; text that starts with ! needs quotes",
        )

    def _location(self, event: _Event) -> Location:
        mark = event.start_mark
        return Location(self._file, mark.line + 1, mark.column + 1)

    def _lines(self, value: str, start: _Mark, end: _Mark, style: str | None) -> tuple[tuple[int, int, int], ...]:
        """Where each line of a scalar over several lines went: (offset in `value`, line, column).

        Stops at the first line that YAML's escapes changed, and after `MAX_PLACED_LINES`.
        """
        quote = style if style in {"'", '"'} else ""
        raw_lines = self._text[start.index : end.index - len(quote)].split("\n", MAX_PLACED_LINES)[:MAX_PLACED_LINES]
        first = raw_lines[0].find(quote) + 1 if quote else 0
        raw_lines[0] = "" if style in {"|", ">"} else " " * first + raw_lines[0][first:]
        found: list[tuple[int, int, int]] = []
        offset, column = 0, start.column
        for number, raw in enumerate(raw_lines, start.line + 1):
            written = raw.strip(" \t\r")
            if written:
                at = value.find(written, offset, offset + len(raw) + 200)
                if at < 0:
                    break
                found.append((at, number, raw.index(written) + 1 + column))
                offset = at + len(written)
            column = 0
        return tuple(found)


_KINDS = {bool: "true or false", int: "a number", float: "a number", type(None): "nothing"}
