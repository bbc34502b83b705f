"""How panes and drawings are shown."""

from tui.keys.action import EVERYWHERE, Action

#: The screens with a graph.
_GRAPH = ("run", "design")

ACTIONS: tuple[Action, ...] = (
    Action("view.drawing", "v", "boxes or rails", "Draw the graph as boxes or as rails", ("run",), "View"),
    Action("view.fold", "space", "fold", "Fold or unfold the nested pipeline around the step",
           _GRAPH, "View", rank=14),
    Action("view.fold_all", "minus", "fold all", "Show every nested pipeline as one box", _GRAPH, "View", shown="-"),
    Action("view.unfold_all", "equals_sign", "unfold all", "Show every step of every nested pipeline", _GRAPH, "View",
           shown="="),
    Action("view.fit", "z", "fit", "See the whole graph in small boxes, or all rails; again: to read", _GRAPH, "View",
           rank=15),
    Action("view.zoom_in", "plus", "zoom", "Give the pane the whole screen", ("run",), "View", shown="+"),
    Action("view.zoom_out", "underscore", "unzoom", "Show all panes again", ("run",), "View", shown="_"),
    Action("view.narrower", "less_than_sign", "smaller", "Give a little of the pane's room to its neighbour", ("run",),
           "View"),
    Action("view.wider", "greater_than_sign", "larger", "Take a little room for the pane; or drag its border", ("run",),
           "View"),
    Action("view.filter", "slash", "filter", "Show only what contains a text; in a log: find it", EVERYWHERE, "View",
           rank=10, shown="/"),
)  # fmt: skip
