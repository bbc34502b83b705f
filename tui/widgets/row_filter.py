"""A filter over the rows of a table: words, `!word`, `field:word`; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A text that a row must contain, in one column where `field` names it; or must not, when `inverted`."""

    text: str
    field: str = ""
    inverted: bool = False


def terms_of(needle: str) -> tuple[Term, ...]:
    """'status:failed !taxi' -> what every shown row must meet; case does not matter."""
    return tuple(_term(word) for word in needle.lower().split() if word.strip("!"))


def _term(word: str) -> Term:
    inverted, word = word.startswith("!"), word.lstrip("!")
    name, colon, text = word.partition(":")
    if colon and name.isalpha() and text:
        return Term(text, name, inverted)
    return Term(word, "", inverted)


def matcher(needle: str, titles: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    """Whether a row's cells meet the filter; a field that begins no column's title is looked for as it is written."""
    known = [title.lower() for title in titles]
    checks = [(term, _column(term.field, known)) for term in terms_of(needle)]

    def meets(cells: Sequence[str]) -> bool:
        lowered = [cell.lower() for cell in cells]
        return all(_holds(term, column, lowered) != term.inverted for term, column in checks)

    return meets


def _column(name: str, titles: Sequence[str]) -> int:
    if not name:
        return -1
    exact = [index for index, title in enumerate(titles) if title == name]
    begun = [index for index, title in enumerate(titles) if title.startswith(name)]
    return next(iter(exact or begun), -1)


def _holds(term: Term, column: int, cells: Sequence[str]) -> bool:
    if column >= 0:
        return term.text in cells[column]
    return (f"{term.field}:{term.text}" if term.field else term.text) in " ".join(cells)
