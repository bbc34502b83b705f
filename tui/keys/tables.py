"""Sorting and marking the rows of a table."""

from tui.keys.action import TABLES, Action

ACTIONS: tuple[Action, ...] = (
    Action("table.sort", "s", "sort", "Sort by the next column; a click on a heading does it too", TABLES, "Table",
           rank=12),
    Action("table.sort_reverse", "S", "reverse", "Sort the other way round", TABLES, "Table"),
)  # fmt: skip
