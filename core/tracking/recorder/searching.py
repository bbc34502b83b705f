"""Filters, orders and pages of MLflow's searches: https://mlflow.org/docs/latest/search-runs"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from .values import integer, invalid, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .values import Json


CLAUSE = re.compile(
    r"""\s*((?:\w+\.)?(?:`[^`]+`|"[^"]+"|[\w./-]+))\s*
    (!=|>=|<=|=|>|<|NOT\s+IN\b|IN\b|LIKE\b|ILIKE\b|IS\s+NOT\s+NULL\b|IS\s+NULL\b)\s*
    ('[^']*'|"[^"]*"|\([^()]*\)|[-+.\w]+)?\s*(AND\b|$)""",
    re.IGNORECASE | re.VERBOSE,
)
KINDS = {"metrics": "metric", "params": "param", "parameters": "param", "parameter": "param", "tags": "tag"}
KINDS.update({"attributes": "attribute", "attribute": "attribute", "attr": "attribute", "run": "attribute"})
KINDS.update({"metric": "metric", "param": "param", "tag": "tag"})
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    "LIKE": lambda a, b: bool(re.fullmatch(like(b), a, re.DOTALL)),
    "ILIKE": lambda a, b: bool(re.fullmatch(like(b), a, re.DOTALL | re.IGNORECASE)),
    "IN": lambda a, b: a in b,
    "NOT IN": lambda a, b: a not in b,
}


def search(entries: Iterable[Any], ask: Json, newest: str) -> list[Any]:
    """The entries a filter keeps, ordered as asked, and with the newest first where that says nothing."""
    clauses = parse(str(ask.get("filter") or ""))
    found = [entry for entry in entries if all(holds(entry, clause) for clause in clauses)]
    for order in [f"{newest} DESC", *reversed(listed(ask.get("order_by")))]:
        name, _, direction = str(order).strip().rpartition(" ")
        if direction.upper() not in ("ASC", "DESC"):
            name, direction = str(order).strip(), "ASC"
        found = ordered(found, field_of(name.strip()), direction.upper() == "DESC")
    return found


def ordered(entries: list[Any], field: tuple[str, str], descending: bool) -> list[Any]:
    """Sorted by a field, either way with NaN after the rest and what lacks the field at the end."""
    groups: tuple[list[tuple[Any, Any]], ...] = ([], [], [])
    for entry in entries:
        value = entry.field(*field)
        rank = 2 if value is None else int(isinstance(value, float) and math.isnan(value))
        groups[rank].append((value, entry))
    groups[0].sort(key=lambda pair: pair[0], reverse=descending)
    return [entry for group in groups for _, entry in group]


def parse(text: str) -> list[tuple[tuple[str, str], str, Any]]:
    """A filter as (field, operator, value) clauses, all of which must hold."""
    clauses, at = [], 0
    while at < len(text.rstrip()):
        clause = CLAUSE.match(text, at)
        if not clause:
            raise invalid(f"Invalid filter string: {text!r}; mlpw's recorder reads clauses joined by AND")
        operator = " ".join(clause.group(2).upper().split())
        clauses.append((field_of(clause.group(1)), operator, literal(clause.group(3) or "")))
        at = clause.end()
    return clauses


def field_of(name: str) -> tuple[str, str]:
    """`metrics.loss` as ("metric", "loss"); a bare name is an attribute."""
    first, dot, rest = name.partition(".")
    if not dot:
        return "attribute", name.strip('`"')
    if first.lower() not in KINDS:
        raise invalid(f"Invalid field {name!r}; one of metrics., params., tags., attributes. was expected")
    return KINDS[first.lower()], rest.strip('`"')


def literal(text: str) -> Any:
    """The value a filter writes: text in quotes, a list in brackets, a number."""
    if text[:1] in ("'", '"'):
        return text[1:-1]
    if text[:1] == "(":
        return [entry[0] or entry[1] for entry in re.findall(r"'([^']*)'|\"([^\"]*)\"", text)]
    return float(text) if text else None


def holds(entry: Any, clause: tuple[tuple[str, str], str, Any]) -> bool:
    """Whether one clause is true; what is absent is in no comparison, as in SQL."""
    field, operator, wanted = clause
    value = entry.field(*field)
    if operator.startswith("IS "):
        return (value is None) == (operator == "IS NULL")
    if value is None:
        return False
    if isinstance(value, str) and isinstance(wanted, float):
        raise invalid(f"{field[0]} '{field[1]}' is text; write the value in quotes")
    if isinstance(value, (int, float)) and isinstance(wanted, str):
        wanted = float(wanted)
    return COMPARE[operator](value, wanted)


def like(pattern: str) -> str:
    """SQL's LIKE as a regular expression."""
    return "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)


def page(entries: list[Json], ask: Json, default: int, name: str) -> Json:
    """A part of a long list and the token that leads on."""
    start, size = integer(ask.get("page_token")), integer(ask.get("max_results")) or default
    rest = {"next_page_token": str(start + size)} if start + size < len(entries) else {}
    return {name: entries[start : start + size], **rest}
