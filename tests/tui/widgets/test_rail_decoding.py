"""Whoever follows the rails from row to row finds every edge of the graph, and none that is not there."""

from tests.tui.widgets.test_graph_decoding import random_graph
from tui.widgets.nesting import nest, show
from tui.widgets.rails import RailRow, rails

_DOWN = "│├┤┼●"
_UP = "│├┤┼╰╯┴●"
_JOINTS = "├┤┼╰╯┴"


def read_edges(rows: list[RailRow]) -> set[tuple[str, str]]:
    """The edges that the characters show: each lane carries the name of the step that it comes from."""
    lanes: dict[int, str] = {}
    found = set()
    for row in rows:
        text = row.text
        goes_on = {x: name for x, name in lanes.items() if x < len(text) and text[x] in _UP}
        if row.node >= 0:
            assert text[row.node] == "●"
            taken = {goes_on[x] for x in crossbar(text, row.node) if x in goes_on and text[x] in (*_JOINTS, "●")}
            found |= {(name, row.step) for name in taken}
            goes_on[row.node] = row.step
        lanes = {x: name for x, name in goes_on.items() if text[x] in _DOWN}
    return found


def crossbar(text: str, node: int) -> list[int]:
    """The columns that one gets to from a mark by going sideways."""
    columns = [node]
    for direction in (-1, 1):
        x = node + direction
        while 0 <= x < len(text) and text[x] != " ":
            columns.append(x)
            x += direction
    return columns


def test_random_graphs_are_read_back() -> None:
    for seed in range(200):
        shown = show(nest(random_graph(2 + seed // 4, seed, seed % 4)), ())
        rows = rails(shown.boxes)
        wanted = {(producer, name) for name, taken in shown.boxes.items() for producer in taken}
        assert read_edges(rows) == wanted, "\n".join(row.text for row in rows)


def test_nested_graphs_with_headings_are_read_back() -> None:
    for seed in range(100):
        nesting = nest(random_graph(5 + seed // 4, seed, nested=True))
        shown = show(nesting, nesting.groups[seed % 3 : seed % 3 + 1])
        rows = rails(shown.boxes, rows=[name for name, _ in shown.rows])
        wanted = {(producer, name) for name, taken in shown.boxes.items() for producer in taken}
        assert read_edges(rows) == wanted, "\n".join(row.text for row in rows)
