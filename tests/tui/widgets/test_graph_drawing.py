"""Graphs as pictures, checked by hand."""

from textwrap import dedent

from tests.tui.widgets.test_graph_decoding import random_graph
from tui.widgets.graph_drawing import Cell, Drawing, draw, picture
from tui.widgets.graph_layout import lay_out
from tui.widgets.nesting import nest, show


def drawn(graph: dict[str, list[str]], ascii_only: bool = False, folded: tuple[str, ...] = ()) -> str:
    nesting = nest(graph)
    shown = show(nesting, folded)
    labels = {name: nesting.label(name) for name, _ in shown.rows}
    widths = {name: len(labels[name]) + 4 for name in shown.boxes}
    return "\n".join(picture(draw(lay_out(shown, is_loose=ascii_only), widths), labels, ascii_only))


def expect(graph: dict[str, list[str]], text: str) -> None:
    assert drawn(graph) == dedent(text).strip("\n")


def test_nothing_is_an_empty_picture() -> None:
    assert drawn({}) == ""


def test_one_step_is_one_box() -> None:
    expect(
        {"only": []},
        """
        ╭──────╮
        │ only │
        ╰──────╯
        """,
    )


def test_a_chain_is_one_straight_line() -> None:
    expect(
        {"a": [], "b": ["a"], "c": ["b"]},
        """
        ╭───╮   ╭───╮   ╭───╮
        │ a ├───┤ b ├───┤ c │
        ╰───╯   ╰───╯   ╰───╯
        """,
    )


def test_steps_that_are_not_connected_stand_below_each_other() -> None:
    expect(
        {"a": [], "b": []},
        """
        ╭───╮
        │ a │
        ╰───╯
        ╭───╮
        │ b │
        ╰───╯
        """,
    )


def test_a_fan_out_leaves_by_one_line() -> None:
    expect(
        {"a": [], "b": ["a"], "c": ["a"], "d": ["a"]},
        """
                ╭───╮
              ╭─┤ b │
              │ ╰───╯
        ╭───╮ │ ╭───╮
        │ a ├─┼─┤ c │
        ╰───╯ │ ╰───╯
              │ ╭───╮
              ╰─┤ d │
                ╰───╯
        """,
    )


def test_a_fan_in_arrives_by_one_line() -> None:
    expect(
        {"a": [], "b": [], "c": [], "d": ["a", "b", "c"]},
        """
        ╭───╮
        │ a ├─╮
        ╰───╯ │
        ╭───╮ │ ╭───╮
        │ b ├─┼─┤ d │
        ╰───╯ │ ╰───╯
        ╭───╮ │
        │ c ├─╯
        ╰───╯
        """,
    )


def test_a_diamond_closes() -> None:
    expect(
        {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]},
        """
                ╭───╮
              ╭─┤ b ├─╮
        ╭───╮ │ ╰───╯ │ ╭───╮
        │ a ├─┤ ╭───╮ ├─┤ d │
        ╰───╯ ╰─┤ c ├─╯ ╰───╯
                ╰───╯
        """,
    )


def test_a_long_edge_passes_the_steps_between() -> None:
    expect(
        {"a": [], "b": ["a"], "c": ["a", "b"]},
        """
        ╭───╮
        │ a ├─┬───────╮ ╭───╮
        ╰───╯ │ ╭───╮ ├─┤ c │
              ╰─┤ b ├─╯ ╰───╯
                ╰───╯
        """,
    )


NESTED: dict[str, list[str]] = {
    "in": [],
    "fit.a": ["in"],
    "fit.b": ["in"],
    "out": ["in", "fit.a", "fit.b"],
}


def test_an_unfolded_group_is_a_frame_that_edges_pass() -> None:
    assert drawn(NESTED) == dedent(
        """
        ╭────╮ ╭─────────────╮
        │ in ├─┤ ╭╌ fit ╌╌╌╮ │
        ╰────╯ │ ┆  ╭───╮  ┆ │ ╭─────╮
               │ ┆╭─┤ a ├─╮┆ ├─┤ out │
               │ ┆│ ╰───╯ │┆ │ ╰─────╯
               ╰──┤ ╭───╮ ├──╯
                 ┆╰─┤ b ├─╯┆
                 ┆  ╰───╯  ┆
                 ╰╌╌╌╌╌╌╌╌╌╯
        """
    ).strip("\n")


def test_a_folded_group_is_one_box() -> None:
    assert drawn(NESTED, folded=("fit",)) == dedent(
        """
        ╭────╮
        │ in ├─┬─────────╮ ╭─────╮
        ╰────╯ │ ╭─────╮ ├─┤ out │
               ╰─┤ fit ├─╯ ╰─────╯
                 ╰─────╯
        """
    ).strip("\n")


def test_two_edges_that_cross_are_not_joined() -> None:
    expect(
        {"a": [], "b": [], "c": ["a", "b"], "d": ["b"]},
        """
        ╭───╮
        │ a ├───╮ ╭───╮
        ╰───╯ ╭─┴─┤ c │
        ╭───╮ │   ╰───╯
        │ b ├─┤   ╭───╮
        ╰───╯ ╰───┤ d │
                  ╰───╯
        """,
    )
    circle: dict[str, list[str]] = {"a": [], "b": [], "c": [], "d": ["a", "b"], "e": ["b", "c"], "f": ["a", "c"]}
    assert "─│─" in drawn(circle)
    assert "┼" not in drawn(circle)


def test_ascii_has_no_other_characters() -> None:
    assert drawn({"a": [], "b": ["a"], "c": ["a", "b"]}, ascii_only=True).isascii()


def graph_drawing(graph: dict[str, list[str]], width: int = 8) -> Drawing:
    return draw(lay_out(show(nest(graph), ())), dict.fromkeys(graph, width))


def test_every_edge_joins_its_two_boxes() -> None:
    for seed in range(20):
        graph = random_graph(25, seed)
        drawing = graph_drawing(graph)
        for consumer, producers in graph.items():
            for producer in producers:
                cells = drawing.edge(producer, consumer)
                start, end = drawing.boxes[producer], drawing.boxes[consumer]
                assert (start.x + start.width - 1, start.middle) in cells
                assert (end.x, end.middle) in cells


def test_the_edges_of_a_step_are_those_that_arrive_and_those_that_leave() -> None:
    graph = random_graph(25, 3)
    drawing = graph_drawing(graph)
    for name, producers in graph.items():
        cells = {cell for producer in producers for cell in drawing.edge(producer, name)}
        for consumer, taken in graph.items():
            cells |= drawing.edge(name, consumer) if name in taken else frozenset()
        assert drawing.edges_of(name) == cells


def test_boxes_never_overlap_in_a_graph_of_200_steps() -> None:
    graph = random_graph(200, 4)
    drawing = graph_drawing(graph, 12)
    assert len(drawing.boxes) == 200
    taken: set[Cell] = set()
    for box in drawing.boxes.values():
        cells = {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + 3)}
        assert not taken & cells
        taken |= cells
    assert drawing.height == len(drawing.cells)


def test_producers_stand_left_of_their_consumers() -> None:
    graph = random_graph(200, 5)
    drawing = graph_drawing(graph, 12)
    for consumer, producers in graph.items():
        for producer in producers:
            assert drawing.boxes[producer].x + drawing.boxes[producer].width <= drawing.boxes[consumer].x
