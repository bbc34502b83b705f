"""Values as YAML text: as plain as they can be, and read back as exactly what they are."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from core.definitions.yaml_nodes import plain
from core.definitions.yaml_reader import parse_yaml
from core.errors import DefinitionError

#: What an edit can write: the values of YAML.
Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"


class Written(str):
    """A single value as YAML that is to be written as it is: a number as somebody typed it."""

    __slots__ = ()


def scalar(value: Value, *, quote: str = "", in_flow: bool = False) -> str:
    """A single value on one line; `quote` is the mark to put a text in if it can be, "" for none."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, str):
        return _text(value, quote, in_flow)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def flow(value: Value, *, quote: str = "") -> str:
    """A value on one line, in braces and brackets; with `quote` every text is in quotes, as in JSON."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key_text(key, quote, True)}: {flow(item, quote=quote)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(flow(item, quote=quote) for item in value)}]"
    return scalar(value, quote=quote, in_flow=True)


def entry(key: str, value: Value, indent: int, step: int) -> list[str]:
    """The lines of `key: value` at a column; what is below stands `step` columns further right."""
    head = f"{' ' * indent}{key_text(key)}:"
    if isinstance(value, Mapping) and value:
        return [head, *(line for name, item in value.items() for line in entry(name, item, indent + step, step))]
    if isinstance(value, str) and _is_block(value):
        mark = "|" if value.endswith("\n") else "|-"
        inner = [f"{' ' * (indent + step)}{line}" if line else "" for line in value.removesuffix("\n").split("\n")]
        return [f"{head} {mark}", *inner]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        items = [scalar(item) if isinstance(item, str) and "\n" not in item else flow(item) for item in value]
        return [head, *(f"{' ' * (indent + step)}- {item}" for item in items)]
    return [f"{head} {flow(value) if isinstance(value, Mapping | list | tuple) else scalar(value)}"]


def key_text(key: str, quote: str = "", in_flow: bool = False) -> str:
    """A key, in quotes where it must be or `quote` says so."""
    return _text(key, quote, in_flow)


def _is_block(text: str) -> bool:
    """Whether a text of several lines can stand as a block: no odd white space that a block would change."""
    lines = text.split("\n")
    return (
        "\n" in text.rstrip("\n")
        and not text.endswith("\n\n")
        and text.isascii() | ("\x85" not in text and "\u2028" not in text)
        and "\r" not in text
        and not lines[0].startswith((" ", "\t"))
        and bool(lines[0])
    )


def _text(value: str, quote: str, in_flow: bool) -> str:
    single = "'" + value.replace("'", "''") + "'"
    double = json.dumps(value, ensure_ascii=False)
    wanted = {"'": (single, double), '"': (double,)}.get(quote, (value, single, double))
    return next((text for text in wanted if _reads_as(text, value, in_flow)), json.dumps(value))


def _reads_as(text: str, value: str, in_flow: bool) -> bool:
    """Whether YAML reads `text` as `value` wherever it may stand, with nothing around it taken for a part of it."""
    if "\n" in text or "\r" in text:
        return False
    if in_flow:
        return _read(f"[{text}, x]") == [value, "x"] and _read(f"{{{text}: x}}") == {value: "x"}
    return (
        _read(f"k: {text} # x\nl: 1") == {"k": value, "l": 1}
        and _read(f"- {text} # x\n- 1") == [value, 1]
        and _read(f"{text}: x") == {value: "x"}
    )


def _read(source: str) -> object:
    try:
        return plain(parse_yaml(source.encode("utf-8", "surrogatepass"), "value"))
    except (DefinitionError, UnicodeEncodeError):
        return None
