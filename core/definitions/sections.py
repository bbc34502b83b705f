"""Typed access to one mapping of a definition: wrong types and misspelt keys are said where they stand."""

import re
from collections.abc import Iterator

from core.definitions.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence
from core.errors import DefinitionError, Location, Notice, did_you_mean

_PORT_NAME = re.compile(r"\w[\w.-]{0,254}\Z")
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "1": True, "0": False}


class Section:
    """One mapping of a definition, called `what` in messages; `known` are the keys that mean something here.

    An unknown key is an error, or a notice where Azure ML accepts it (`lax`).
    """

    __slots__ = ("entries", "location", "notices", "what")

    def __init__(
        self, node: Mapping, what: str, notices: list[Notice], *, known: frozenset[str], lax: bool = False
    ) -> None:
        self.entries = node.entries
        self.location = node.location
        self.what = what
        self.notices = notices
        for key, where in node.repeated:
            notices.append(Notice(f"{what} has the key '{key}' twice, with the same value", where))
        unknown = node.entries.keys() - known
        if unknown:
            self._report(unknown, known, lax)

    def _report(self, unknown: frozenset[str] | set[str], known: frozenset[str], lax: bool) -> None:
        for key in sorted(unknown, key=lambda name: self.entries[name].key_location):
            near = did_you_mean(key, known)
            where = self.entries[key].key_location
            if not lax:
                hint = near or f"known here: {', '.join(sorted(known - {'$schema'}))}"
                raise DefinitionError(f"unknown key '{key}' in {self.what}", location=where, hint=hint)
            self.notices.append(
                Notice(f"{self.what} has an unknown key '{key}', which is ignored{'; ' + near if near else ''}", where)
            )

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def node(self, key: str) -> Node | None:
        """What stands at `key`, None when nothing does or it is null."""
        entry = self.entries.get(key)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
            return None
        return entry.value

    def where(self, key: str) -> Location:
        """Where `key` stands, the mapping itself when it does not."""
        entry = self.entries.get(key)
        return entry.key_location if entry else self.location

    def scalar(self, key: str, expected: str = "text") -> Scalar | None:
        """A single value."""
        node = self.node(key)
        if node is None or isinstance(node, Scalar):
            return node
        raise DefinitionError(f"{key} of {self.what} must be {expected}, not {kind_of(node)}", location=node.location)

    def text(self, key: str, default: str = "") -> str:
        """A single value as it is written."""
        scalar = self.scalar(key)
        return default if scalar is None else scalar.text

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false, quoted or not."""
        scalar = self.scalar(key, "true or false")
        if scalar is None:
            return default
        if isinstance(scalar.value, bool):
            return scalar.value
        value = _BOOLEANS.get(scalar.text.lower())
        if value is None:
            raise DefinitionError(
                f"{key} of {self.what} must be true or false, not '{scalar.text}'", location=scalar.location
            )
        return value

    def whole(self, key: str, default: int = 0, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        scalar = self.scalar(key, "a whole number")
        if scalar is None:
            return default
        value = scalar.value
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise DefinitionError(
                f"{key} of {self.what} must be a whole number, not '{scalar.text}'", location=scalar.location
            )
        if value < least:
            raise DefinitionError(
                f"{key} of {self.what} must be at least {least}, not {scalar.text}", location=scalar.location
            )
        return value

    def above_zero(self, key: str) -> float:
        """A number above 0; 0 when it is not given."""
        scalar = self.scalar(key, "a number")
        if scalar is None:
            return 0
        if isinstance(scalar.value, bool) or not isinstance(scalar.value, int | float) or not 0 < scalar.value < 2**31:
            raise DefinitionError(f"{key} must be a number above 0, not '{scalar.text}'", location=scalar.location)
        return float(scalar.value)

    def mapping(self, key: str) -> Mapping | None:
        """A mapping."""
        node = self.node(key)
        if node is None and key in self.entries:
            self.notices.append(Notice(f"Azure ML refuses an empty '{key}:' in {self.what}", self.where(key)))
        if node is None or isinstance(node, Mapping):
            return node
        raise DefinitionError(f"{key} of {self.what} must be a mapping, not {kind_of(node)}", location=node.location)

    def items(self, key: str) -> Iterator[tuple[str, Entry]]:
        """The entries of the mapping at `key`, none when it is not there."""
        node = self.mapping(key)
        if node is not None:
            yield from node.entries.items()

    def texts(self, key: str) -> dict[str, Scalar]:
        """A mapping from name to single value."""
        values: dict[str, Scalar] = {}
        for name, entry in self.items(key):
            if not isinstance(entry.value, Scalar):
                raise DefinitionError(
                    f"{key}.{name} of {self.what} must be text, not {kind_of(entry.value)}",
                    location=entry.value.location,
                )
            values[name] = entry.value
        return values

    def list(self, key: str) -> tuple[Scalar, ...]:
        """A list of single values; one alone counts as a list of it."""
        node = self.node(key)
        if node is None:
            return ()
        if isinstance(node, Scalar):
            return (node,)
        if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
            return tuple(item for item in node.items if isinstance(item, Scalar))
        raise DefinitionError(f"{key} of {self.what} must be a list of texts", location=node.location)

    def one_of(self, key: str, allowed: frozenset[str], default: str = "") -> str:
        """A word from a closed set; Azure ML ignores its case."""
        scalar = self.scalar(key)
        if scalar is None:
            return default
        word = scalar.text.strip().lower()
        if word not in allowed:
            hint = did_you_mean(word, allowed) or f"one of {', '.join(sorted(allowed))}"
            raise DefinitionError(
                f"{key} of {self.what} cannot be '{scalar.text}'", location=scalar.location, hint=hint
            )
        return word


def kind_of(node: Node) -> str:
    """What a node is, in the words of messages."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return "nothing" if node.value is None else f"'{node.text}'"


def require_mapping(node: Node, what: str) -> Mapping:
    """The node as a mapping.

    Raises DefinitionError when it is something else.
    """
    if isinstance(node, Mapping):
        return node
    raise DefinitionError(f"{what} must be a mapping, not {kind_of(node)}", location=node.location)


def azure_text(scalar: Scalar) -> str:
    """A single value as Python's str() writes it, which is what Azure ML makes of it: `yes` -> 'True'."""
    return "" if scalar.value is None else str(scalar.value)


def require_port_name(name: str, where: Location) -> None:
    """Refuse names that cannot be a file's or an environment variable's: they become both.

    Raises DefinitionError.
    """
    if not _PORT_NAME.match(name):
        raise DefinitionError(
            f"{name!r} cannot name an input or output", location=where, hint="use letters, digits and underscores"
        )
