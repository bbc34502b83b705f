"""Keys that move inside a pane, by the pane's own action names; and how the help page tells them."""

from textual.binding import Binding

#: Keys that move inside a pane, by the pane's own action names.
LIST_KEYS: list[Binding] = [
    Binding("up,k", "move(-1)", "up", show=False, id="list.up"),
    Binding("down,j", "move(1)", "down", show=False, id="list.down"),
    Binding("g,home", "ends(-1)", "first", show=False, id="list.first"),
    Binding("G,end", "ends(1)", "last", show=False, id="list.last"),
    Binding("ctrl+d,pagedown", "page(1)", "page down", show=False, id="list.page_down"),
    Binding("ctrl+u,pageup", "page(-1)", "page up", show=False, id="list.page_up"),
    Binding("left,h", "sideways(-1)", "left", show=False, id="list.left"),
    Binding("right", "sideways(1)", "right", show=False, id="list.right"),
    Binding("enter", "enter", "in", show=False, id="list.enter"),
]

#: Keys that look elsewhere in a drawing that is larger than its pane.
PAN_KEYS: list[Binding] = [
    Binding("shift+left", "pan(-1, 0)", "look left", show=False, id="pan.left"),
    Binding("shift+right", "pan(1, 0)", "look right", show=False, id="pan.right"),
    Binding("shift+up", "pan(0, -1)", "look up", show=False, id="pan.up"),
    Binding("shift+down", "pan(0, 1)", "look down", show=False, id="pan.down"),
]

#: Keys that move, for the help page only: panes bind them.
MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓ ← →  h j k l", "Move; in the run screen l opens the log"),
    ("← →", "In a graph: along an edge; ↑ ↓ to what stands above or below"),
    ("shift-arrows", "In a graph: look elsewhere; so do the wheel and dragging"),
    ("g  G", "First, last"),
    ("ctrl-d  ctrl-u", "Half a page down, up"),
    ("Enter  Esc", "In, out"),
    ("Tab", "Next pane"),
)
