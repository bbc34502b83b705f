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

#: Keys that move, for the help page only: panes bind them.
MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓ ← →  h j k l", "Move; in the run screen l opens the log"),
    ("g  G", "First, last"),
    ("ctrl-d  ctrl-u", "Half a page down, up"),
    ("Enter  Esc", "In, out"),
    ("Tab", "Next pane"),
)
