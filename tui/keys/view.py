"""How panes and drawings are shown."""

from tui.keys.action import EVERYWHERE, Action

ACTIONS: tuple[Action, ...] = (
    Action("view.drawing", "v", "boxes or rails", "Draw the graph as boxes or as rails", ("run",), "View"),
    Action("view.zoom_in", "plus", "zoom", "Give the pane the whole screen", ("run",), "View", shown="+"),
    Action("view.zoom_out", "underscore", "unzoom", "Show all panes again", ("run",), "View", shown="_"),
    Action("view.filter", "slash", "filter", "Show only what contains a text; in a log: find it", EVERYWHERE, "View",
           shown="/"),
)  # fmt: skip
