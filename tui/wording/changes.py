"""What changed of steps since their last results, in words for the command line and the workbench alike."""

from collections.abc import Sequence
from typing import Protocol

from tui.wording import units

_NAMES = 4
#: Topics whose changes are called by what they are of; a file is called by its path alone.
_OF = {"inputs": "input "}


class _Change(Protocol):
    @property
    def path(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def lines(self) -> tuple[str, ...]: ...
    @property
    def sizes(self) -> tuple[int, int]: ...


def heading(change: _Change) -> str:
    """The change in a few words: "train.py changed"."""
    return f"{_OF.get(change.topic, '')}{change.path or 'code'} {change.kind}"


def whose(steps: Sequence[str], unopened_by: Sequence[str], *, alone: bool) -> str:
    """Which steps a change is of and which did not open it; for one step `alone` only what must be said."""
    of = "" if alone else _some(steps)
    by = "not opened by this step" if alone else f"not opened by {_some(unopened_by)}"
    return "; ".join(part for part in (of, by if unopened_by else "") if part)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def remark(change: _Change) -> str:
    """Why there are no lines, or not all, with the sizes of a file that is not shown; "" for nothing to say."""
    if change.lines:
        return change.note
    return " · ".join(part for part in (change.note, sizes_words(change.sizes)) if part)


def sizes_words(sizes: tuple[int, int]) -> str:
    """Bytes before and after, "" when neither is known."""
    before, after = (units.size(size) if size >= 0 else "" for size in sizes)
    if before and after:
        return f"{before} -> {after}"
    return before or after


def shown_lines(change: _Change) -> list[str]:
    """The lines of the diff without the two that name the file, which the heading does."""
    return list(change.lines[2:]) if change.lines[:1] and change.lines[0].startswith("--- ") else list(change.lines)
