"""A graph as one row per step, with rails beside it as in a version history: for narrow terminals; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_WIDE = {"node": "●", "pass": "│", "across": "─", "right": "├", "left": "┤", "all": "┼"}
_WIDE |= {"end_right": "╰", "end_left": "╯", "end_all": "┴"}
_ASCII = {"node": "o", "pass": "|", "across": "-", "right": "+", "left": "+", "all": "+"}
_ASCII |= {"end_right": "`", "end_left": "'", "end_all": "+"}


@dataclass(frozen=True, slots=True)
class RailCell:
    """One character: `owner` is the step whose output runs down here, `into` the step that a crossbar leads to."""

    text: str
    owner: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class RailRow:
    """The rails beside one step, whose own mark stands at the cell `node`; -1 where the rails only pass a heading."""

    step: str
    cells: tuple[RailCell, ...]
    node: int

    @property
    def text(self) -> str:
        """The row as plain text."""
        return "".join(cell.text for cell in self.cells).rstrip()


def rails(producers: Mapping[str, Sequence[str]], ascii_only: bool = False, rows: Sequence[str] = ()) -> list[RailRow]:
    """One row per step of a graph given as step -> the steps it takes from, producers first.

    `rows` may name headings among the steps. A rail begins under a step whose output is used and ends at its last
    consumer. A crossbar that passes a rail it does not use leaves the rail whole. What takes from nothing never stands
    right below a mark or a rail, of which it would seem to be the end.
    """
    marks = _ASCII if ascii_only else _WIDE
    left_over: dict[str, int] = dict.fromkeys(producers, 0)
    for taken in producers.values():
        for producer in set(taken):
            left_over[producer] += 1
    users = dict(left_over)
    lanes: list[str] = []
    above = -1
    made: list[RailRow] = []
    for name in rows or producers:
        if name not in producers:
            made.append(_heading(name, lanes, marks))
            above = -1
            continue
        taken = producers[name]
        joined = {lanes.index(producer) for producer in set(taken)}
        for producer in set(taken):
            left_over[producer] -= 1
        ended = {lane for lane in joined if not left_over[lanes[lane]]}
        node = _choose_lane(lanes, joined, ended, above)
        made.append(_row(name, lanes, node, joined=joined, ended=ended, marks=marks))
        for lane in ended:
            lanes[lane] = ""
        lanes[node] = name if users[name] else ""
        above = node if not users[name] else -1
        while lanes and not lanes[-1]:
            lanes.pop()
    return made


def _heading(name: str, lanes: Sequence[str], marks: Mapping[str, str]) -> RailRow:
    cells = []
    for owner in lanes:
        cells += [RailCell(marks["pass"], owner) if owner else RailCell(" "), RailCell(" ")]
    return RailRow(name, tuple(cells), -1)


def _choose_lane(lanes: list[str], joined: set[int], ended: set[int], above: int) -> int:
    """The lane of a producer that ends here, else a free one right of the producers, else a new one.

    Not the lane `above`, in which the row before has a mark from which nothing leads on.
    """
    if ended:
        return min(ended)
    first = min(joined, default=0)
    for lane in range(first, len(lanes)):
        if not lanes[lane] and lane != above:
            return lane
    lanes += [""] * (2 if len(lanes) == above else 1)
    return len(lanes) - 1


def _row(
    step: str, lanes: Sequence[str], node: int, *, joined: set[int], ended: set[int], marks: Mapping[str, str]
) -> RailRow:
    first, last = min({node, *joined}), max({node, *joined})
    cells: list[RailCell] = []
    for lane, owner in enumerate(lanes):
        spanned = first <= lane <= last
        into = step if spanned else ""
        if lane == node:
            cells.append(RailCell(marks["node"], owner=step, into=step))
        elif lane in joined:
            side = "all" if first < lane < last else ("right" if lane < node else "left")
            cells.append(RailCell(marks[f"end_{side}" if lane in ended else side], owner, step))
        elif owner:
            cells.append(RailCell(marks["pass"], owner))
        else:
            cells.append(RailCell(marks["across"] if spanned else " ", into=into))
        crossed = first <= lane < last
        cells.append(RailCell(marks["across"] if crossed else " ", into=step if crossed else ""))
    return RailRow(step, tuple(cells), 2 * node)
