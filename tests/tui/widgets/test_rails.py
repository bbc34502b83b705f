"""Rails beside the steps, checked by hand."""

from textwrap import dedent

from tui.widgets.rails import rails


def expect(graph: dict[str, list[str]], text: str) -> None:
    shown = "\n".join(f"{row.text:<8}{row.step}" for row in rails(graph))
    assert shown == dedent(text).strip("\n")


def test_a_chain_is_one_rail() -> None:
    expect(
        {"a": [], "b": ["a"]},
        """
        ●       a
        ●       b
        """,
    )


def test_a_fan_out_and_in_again() -> None:
    expect(
        {
            "clean": [],
            "train_a": ["clean"],
            "train_b": ["clean"],
            "train_c": ["clean"],
            "best": ["train_a", "train_b", "train_c"],
        },
        """
        ●       clean
        ├─●     train_a
        ├─│─●   train_b
        ● │ │   train_c
        ●─┴─╯   best
        """,
    )


def test_a_crossbar_leaves_a_rail_whole_that_it_does_not_use() -> None:
    expect(
        {"a": [], "b": [], "x": [], "c": ["b", "a"], "d": ["a", "x"], "e": ["b"]},
        """
        ●       a
        │ ●     b
        │ │ ●   x
        ├─┼─│─● c
        ●─│─╯   d
          ●     e
        """,
    )


def test_steps_without_edges_do_not_stand_below_each_other_as_if_joined() -> None:
    expect(
        {"a": [], "b": [], "c": []},
        """
        ●       a
          ●     b
        ●       c
        """,
    )


def test_a_heading_lets_the_rails_pass() -> None:
    graph = {"a": [], "b": ["a"], "g.c": ["a"]}
    rows = rails(graph, rows=["a", "b", "g", "g.c"])
    assert [f"{row.text:<4}{row.step}" for row in rows] == ["●   a", "├─● b", "│   g", "●   g.c"]


def test_two_hundred_steps_make_two_hundred_rows() -> None:
    graph = {f"s{n}": [f"s{n - 1}"] if n else [] for n in range(200)}
    rows = rails(graph)
    assert [row.step for row in rows] == list(graph)
    assert {row.text for row in rows} == {"●"}


def test_ascii_has_no_other_characters() -> None:
    graph = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    assert all(row.text.isascii() for row in rails(graph, ascii_only=True))
