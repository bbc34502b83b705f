"""`${{ ... }}` references and, in commands, `$[[ ... ]]` optional parts, as values that know where they stand.

Forms: https://learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax#binding-inputs-and-outputs
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from core.definitions.wording import shortened
from core.errors import DefinitionError, Location, did_you_mean

#: Gives the place of the character at an offset of a text: `Scalar.at` is one.
Locate = Callable[[int], Location]

#: First name -> how many names may follow it (least, most).
_ROOTS = {
    "inputs": (1, 9),
    "outputs": (1, 2),
    "parent": (2, 9),
    "search_space": (1, 1),
    "name": (0, 0),
    "default_datastore": (0, 0),
    "output_name": (0, 0),
}
_OF_PARENT = ("inputs", "outputs", "jobs")
_FORMS = "inputs.NAME, outputs.NAME, parent.inputs.NAME, parent.outputs.NAME, parent.jobs.STEP.outputs.NAME or name"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves; `offset` counts from the start of the whole text."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Reference:
    """`${{ a.b.c }}`: its names, and the offset and length of the whole of it.

    `unmarked` tells the form `$[[inputs.x]]`, met in public YAML: an optional part whose braces were forgotten.
    """

    path: tuple[str, ...]
    offset: int
    length: int
    unmarked: bool = False

    @property
    def dotted(self) -> str:
        """The names as written: `parent.inputs.x`."""
        return ".".join(self.path)

    def __str__(self) -> str:
        return f"${{{{{self.dotted}}}}}"


@dataclass(frozen=True, slots=True)
class OptionalPart:
    """`$[[ ... ]]`: left out when an input named in it has no value."""

    parts: tuple[Text | Reference, ...]
    offset: int
    length: int


def parse_text(text: str, location: Location | Locate) -> tuple[Text | Reference, ...]:
    """The literal texts and references of a value, in order; `$[[` means nothing here.

    Raises DefinitionError, at its place, for a reference that is not closed or names what cannot be named.
    """
    return tuple(_parts(text, 0, len(text), locator(text, location)))


def parse_command(text: str, location: Location | Locate) -> tuple[Text | Reference | OptionalPart, ...]:
    """The texts, references and optional parts of a command, in order.

    Raises DefinitionError as `parse_text` does, and for an optional part that is not closed or holds another.
    """
    locate = locator(text, location)
    found: list[Text | Reference | OptionalPart] = []
    at = 0
    while (start := text.find("$[[", at)) >= 0:
        found.extend(_parts(text, at, start, locate))
        end = text.find("]]", start)
        if end < 0:
            raise DefinitionError("'$[[' is not closed", location=locate(start), hint="close it with ']]'")
        inner = text.find("$[[", start + 3, end)
        if inner >= 0:
            raise DefinitionError("'$[[' stands inside another '$[['", location=locate(inner))
        found.append(_optional(text, start, end, locate))
        at = end + 2
    found.extend(_parts(text, at, len(text), locate))
    return tuple(found)


def references(parts: tuple[Text | Reference | OptionalPart, ...]) -> Iterator[Reference]:
    """Every reference of a parsed text, those of optional parts included, in order."""
    for part in parts:
        if isinstance(part, Reference):
            yield part
        elif isinstance(part, OptionalPart):
            yield from references(part.parts)


def locator(text: str, location: Location | Locate) -> Locate:
    """A way to place any offset of `text`, which starts at `location`."""
    if not isinstance(location, Location):
        return location
    start = location

    def place(offset: int) -> Location:
        lines = text.count("\n", 0, offset)
        if not start.line:
            return start
        return Location(start.file, start.line + lines, 0 if lines else start.column + offset)

    return place


def _parts(text: str, start: int, stop: int, locate: Locate) -> Iterator[Text | Reference]:
    at = start
    while (opened := text.find("${{", at, stop)) >= 0:
        if opened > at:
            yield Text(text[at:opened], at)
        closed = text.find("}}", opened, stop)
        line_end = text.find("\n", opened, stop)
        if closed < 0 or "${{" in text[opened + 3 : closed] or 0 <= line_end < closed:
            raise DefinitionError("'${{' is not closed", location=locate(opened), hint="close it with '}}'")
        path = _path(text[opened + 3 : closed].strip(), locate(opened))
        yield Reference(path, opened, closed + 2 - opened)
        at = closed + 2
    if at < stop:
        yield Text(text[at:stop], at)


def _optional(text: str, start: int, end: int, locate: Locate) -> OptionalPart | Reference:
    written = text[start + 3 : end].strip()
    if written.startswith("inputs.") and all(map(_is_name, written.split("."))):
        return Reference(_path(written, locate(start)), start, end + 2 - start, unmarked=True)
    return OptionalPart(tuple(_parts(text, start + 3, end, locate)), start, end + 2 - start)


def _path(written: str, where: Location) -> tuple[str, ...]:
    path, written = tuple(written.split(".")), shortened(written)
    if not all(map(_is_name, path)):
        _wrong(f"'${{{{{written}}}}}' is no reference", where, f"write {_FORMS}" if not written else "")
    root, following = path[0], len(path) - 1
    if root not in _ROOTS:
        _wrong(
            f"'{shortened(root)}' in '${{{{{written}}}}}' is unknown",
            where,
            did_you_mean(root, _ROOTS) or f"write {_FORMS}",
        )
    least, most = _ROOTS[root]
    if root == "parent" and following:
        _require_of_parent(path, written, where)
    if not least <= following <= most:
        _wrong(f"'${{{{{written}}}}}' names {'too much' if following > most else 'too little'}", where, "")
    return path


def _require_of_parent(path: tuple[str, ...], written: str, where: Location) -> None:
    if path[1] not in _OF_PARENT:
        hint = did_you_mean(path[1], _OF_PARENT) or f"write {_FORMS}"
        _wrong(f"'parent.{shortened(path[1])}' in '${{{{{written}}}}}' is unknown", where, hint)
    if path[1] == "jobs" and (len(path) < 5 or path[3] not in {"inputs", "outputs"}):
        near = did_you_mean(path[3], ("outputs",)) if len(path) > 3 else ""
        _wrong(f"'${{{{{written}}}}}' names no output of a step", where, near or "write parent.jobs.STEP.outputs.NAME")


def _is_name(name: str) -> bool:
    return bool(name) and name.replace("_", "a").replace("-", "a").isalnum()


def _wrong(message: str, where: Location, hint: str) -> NoReturn:
    raise DefinitionError(message, location=where, hint=hint or f"write {_FORMS}")
