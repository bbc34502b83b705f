"""Whoever reads a drawing's lines from left to right finds every edge of the graph, and none that is not there."""

import random
from collections.abc import Iterator, Sequence

import pytest

from tui.widgets.graph_drawing import Box, Cell, Drawing, draw, picture
from tui.widgets.graph_layout import lay_out
from tui.widgets.nesting import Shown, nest, show

_UP, _RIGHT, _DOWN, _LEFT = (0, -1), (1, 0), (0, 1), (-1, 0)
_ARMS = {
    "─": (_LEFT, _RIGHT),
    "│": (_UP, _DOWN),
    "╭": (_RIGHT, _DOWN),
    "╮": (_LEFT, _DOWN),
    "╰": (_UP, _RIGHT),
    "╯": (_UP, _LEFT),
    "├": (_UP, _DOWN, _RIGHT),
    "┤": (_UP, _DOWN, _LEFT),
    "┬": (_LEFT, _RIGHT, _DOWN),
    "┴": (_LEFT, _RIGHT, _UP),
    "┼": (_UP, _RIGHT, _DOWN, _LEFT),
}
_ASCII_ARMS = {
    "-": (_LEFT, _RIGHT),
    "|": (_UP, _DOWN),
    ",": (_RIGHT, _DOWN),
    ".": (_LEFT, _DOWN),
    "`": (_UP, _RIGHT),
    "'": (_UP, _LEFT),
}


def read_edges(lines: Sequence[str], drawing: Drawing, *, ascii_only: bool = False) -> set[tuple[str, str]]:
    """The edges that the characters show."""
    arrivals = {(box.x, box.middle): box.name for box in drawing.boxes.values()}
    found = set()
    for box in drawing.boxes.values():
        if ascii_only or lines[box.middle][box.x + box.width - 1] == "├":
            for name in reached(lines, box, arrivals, ascii_only=ascii_only):
                found.add((box.name, name))
    return found


def reached(lines: Sequence[str], box: Box, arrivals: dict[Cell, str], *, ascii_only: bool) -> Iterator[str]:
    """The boxes that one gets to from a box's right side without ever going left or turning back."""
    pending = [((box.x + box.width, box.middle), _RIGHT)]
    seen = set(pending)
    while pending:
        (x, y), going = pending.pop()
        if (x, y) in arrivals:
            yield arrivals[x, y]
            continue
        for way in onward(lines, x, y, going, ascii_only=ascii_only):
            step = ((x + way[0], y + way[1]), way)
            if step not in seen:
                seen.add(step)
                pending.append(step)


def onward(lines: Sequence[str], x: int, y: int, going: Cell, *, ascii_only: bool) -> list[Cell]:
    """Where a line leads on from a cell that was entered while going somewhere."""
    character = at(lines, x, y)
    back = (-going[0], -going[1])
    if ascii_only and character == "+":
        arms: tuple[Cell, ...] = tuple(arm for arm in (_UP, _RIGHT, _DOWN, _LEFT) if meets(lines, x, y, arm))
    else:
        arms = (_ASCII_ARMS if ascii_only else _ARMS).get(character, ())
    if back not in arms:
        return [going] if arms in ((_UP, _DOWN),) and going == _RIGHT else []
    return [arm for arm in arms if arm not in (back, _LEFT)]


def meets(lines: Sequence[str], x: int, y: int, arm: Cell) -> bool:
    """Whether the cell beside a plus sign comes back to it."""
    character = at(lines, x + arm[0], y + arm[1])
    if character in "+" or (character == "|" and arm in (_LEFT, _RIGHT)):
        return character == "|" or arm in (_UP, _DOWN)
    return (-arm[0], -arm[1]) in _ASCII_ARMS.get(character, ())


def at(lines: Sequence[str], x: int, y: int) -> str:
    return lines[y][x] if 0 <= y < len(lines) and 0 <= x < len(lines[y]) else " "


def assert_reads_back(shown: Shown, box_height: int = 3) -> None:
    widths = {name: 5 + len(name) % 4 for name in shown.boxes}
    texts = dict.fromkeys((*shown.boxes, *shown.open_groups), "x")
    wanted = {(producer, name) for name, taken in shown.boxes.items() for producer in taken}
    layout = lay_out(shown, box_height)
    for stride in (1, 2):
        drawing = draw(layout, widths, dict.fromkeys(shown.open_groups, 8), stride)
        lines = picture(drawing, texts)
        assert read_edges(lines, drawing) == wanted, "\n".join(lines)


def random_graph(steps: int, seed: int, most: int = 3, *, nested: bool = False) -> dict[str, list[str]]:
    """Steps that take from up to `most` of those before them; nested, some stand in groups, one in another group."""
    chance = random.Random(seed)
    groups = ["", "", "one.", "two.", "two.inner.", "three."] if nested else [""]
    graph: dict[str, list[str]] = {}
    for number in range(steps):
        group = groups[(number * len(groups) // steps + chance.randint(0, 1)) % len(groups)]
        before = list(graph)[-20:]
        graph[f"{group}s{number:03d}"] = chance.sample(before, min(len(before), chance.randint(0, most)))
    return graph


@pytest.mark.parametrize("most", [1, 2, 3, 6])
def test_random_graphs_are_read_back(most: int) -> None:
    for seed in range(60):
        assert_reads_back(show(nest(random_graph(4 + seed // 2, seed, most)), ()))


@pytest.mark.parametrize("box_height", [1, 3])
def test_random_nested_graphs_are_read_back_whatever_is_folded(box_height: int) -> None:
    for seed in range(60):
        nesting = nest(random_graph(6 + seed // 2, seed, nested=True))
        folds = random.Random(seed).sample(nesting.groups, len(nesting.groups) // 2)
        assert_reads_back(show(nesting, ()), box_height)
        assert_reads_back(show(nesting, folds), box_height)


def test_a_big_dense_graph_is_read_back() -> None:
    assert_reads_back(show(nest(random_graph(200, 1, 5)), ()))


def test_two_producers_of_which_one_has_another_consumer_do_not_seem_to_share_it() -> None:
    assert_reads_back(show(nest({"a": [], "b": [], "c": ["a", "b"], "d": ["b"]}), ()))


def test_producers_that_swap_sides_are_read_back() -> None:
    graph: dict[str, list[str]] = {f"a{n}": [] for n in range(6)} | {
        f"b{n}": [f"a{5 - n}", f"a{(n + 2) % 6}"] for n in range(6)
    }
    assert_reads_back(show(nest(graph), ()))


def test_the_ascii_drawing_is_read_back_too() -> None:
    for seed in range(40):
        shown = show(nest(random_graph(12, seed, 2)), ())
        drawing = draw(lay_out(shown, is_loose=True), dict.fromkeys(shown.boxes, 8))
        lines = picture(drawing, dict.fromkeys(shown.boxes, "x"), ascii_only=True)
        wanted = {(producer, name) for name, taken in shown.boxes.items() for producer in taken}
        assert read_edges(lines, drawing, ascii_only=True) == wanted, "\n".join(lines)


def test_a_decoder_that_sees_a_wrong_line_says_so() -> None:
    shown = show(nest({"a": [], "b": ["a"], "c": []}), ())
    drawing = draw(lay_out(shown), dict.fromkeys(shown.boxes, 5))
    lines = picture(drawing, dict.fromkeys(shown.boxes, "x"))
    row = drawing.boxes["a"].middle
    broken = [line.replace("├───┤", "├─ ─┤") if y == row else line for y, line in enumerate(lines)]
    assert read_edges(lines, drawing) == {("a", "b")}
    assert read_edges(broken, drawing) == set()
