"""Filters of tables, and their columns in little room."""

import pytest

from tui.widgets.row_filter import matcher
from tui.widgets.table import Column, Row, Table

TITLES = ("run", "pipeline", "status")
ROWS = {"1": ("1", "train.yml", "ok"), "2": ("2", "score.yml", "failed"), "3": ("3", "train-failed.yml", "ok")}


@pytest.mark.parametrize(
    ("needle", "left"),
    [
        ("", "123"),
        ("train", "13"),
        ("!train", "2"),
        ("failed", "23"),
        ("status:failed", "2"),
        ("STATUS:Failed", "2"),
        ("pipe:train", "13"),
        ("!status:ok", "2"),
        ("train !failed", "1"),
        ("nothing:train", ""),
        ("!", "123"),
    ],
)
def test_a_filter_leaves_what_meets_every_word(needle: str, left: str) -> None:
    meets = matcher(needle, TITLES)
    assert "".join(key for key, cells in ROWS.items() if meets(cells)) == left


def test_numbers_sort_as_numbers_and_marks_go_with_their_rows() -> None:
    table = Table((Column("run", 5), Column("name", 10)), markable=True)
    rows = [Row(key, ((key, ""), (f"n{key}", "")), (float(key), None)) for key in ("10", "9", "2")]
    table.set_rows(rows)
    table.sort_by(0)
    assert table.shown_keys == ("2", "9", "10")
    table.sort_by(0, True)
    assert table.shown_keys == ("10", "9", "2")
    table.select("9")
    table.action_mark()
    assert list(table.marked) == ["9"]
    table.set_rows(rows[:1])
    assert list(table.marked) == []


def test_a_row_is_selected_once_it_comes() -> None:
    table = Table((Column("run", 5),))
    table.select("2")
    table.set_rows([Row("1", (("1", ""),))])
    assert table.selected == "1"
    table.set_rows([Row("1", (("1", ""),)), Row("2", (("2", ""),))])
    assert table.selected == "2"
