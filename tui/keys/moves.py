"""Keys that move inside a pane, by the pane's own action names; and how the help page tells them."""

from collections.abc import Mapping

from textual.binding import Binding

from tui.keys.action import shown_key
from tui.keys.chosen import keys_of

#: Keys that move among panes.
PANE_KEYS: list[Binding] = [
    Binding("tab", "app.focus_next", "next pane", show=False, id="pane.next"),
    Binding("shift+tab", "app.focus_previous", "pane before", show=False, id="pane.previous"),
]

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

#: Keys that look sideways in a log whose lines are not wrapped.
LOG_KEYS: list[Binding] = [
    Binding("shift+left,H", "sideways(-4)", "far left", show=False, id="log.far_left"),
    Binding("shift+right", "sideways(4)", "far right", show=False, id="log.far_right"),
    Binding("0", "sideways(-99999)", "start of the line", show=False, id="log.line_start"),
    Binding("dollar_sign", "sideways(99999)", "end of the line", show=False, id="log.line_end"),
]


def move_key(identifier: str, usual: str = "") -> str:
    """The first key of a movement as texts name it; `usual` is that of an id which a screen binds by itself."""
    found = next((each.key for each in (*LIST_KEYS, *PANE_KEYS, *PAN_KEYS, *LOG_KEYS) if each.id == identifier), usual)
    return shown_key(keys_of(identifier, found).split(",", maxsplit=1)[0])


def moves() -> list[tuple[str, str]]:
    """Keys that move and what they do, for the help page; panes bind them."""
    usual: dict[str, list[str]] = {"run.out": ["escape"]}
    for binding in (*LIST_KEYS, *PANE_KEYS, *PAN_KEYS, *LOG_KEYS):
        usual.setdefault(str(binding.id), []).append(binding.key)
    log = shown_key(keys_of("step.log", "l").split(",", maxsplit=1)[0])
    return [(_first_keys(usual, *names), text.format(log=log)) for names, text in _MOVES]


def _first_keys(usual: Mapping[str, list[str]], *names: str) -> str:
    """The first key of each id, and the second ones where there is room."""
    keys = [keys_of(name, ",".join(usual.get(name, []))).split(",") for name in names]
    first = "  ".join(shown_key(given[0]) for given in keys)
    first = first if len(first) <= _ROOM else _shortened([given[0] for given in keys])
    second = " ".join(shown_key(given[1]) for given in keys if len(given) > 1)
    return f"{first}  {second}" if second and len(first) + len(second) + 2 <= _ROOM else first


def _shortened(keys: list[str]) -> str:
    """Keys with the same modifiers, which are written once where that is shorter: shift-← → ↑ ↓."""
    held = keys[0].rpartition("+")[0]
    if held and all(key.rpartition("+")[0] == held for key in keys):
        keys = [keys[0], *(key.rpartition("+")[2] for key in keys[1:])]
    made = " ".join(map(shown_key, keys))
    is_arrows = [key.rpartition("+")[2] for key in keys] == ["left", "right", "up", "down"]
    return f"{held}-arrows" if is_arrows and len(made) > _ROOM else made


#: Cells of the help page's left column.
_ROOM = 18
_MOVES = (
    (("list.up", "list.down", "list.left", "list.right"), "Move; in the run screen {log} opens the log"),
    (("list.left", "list.right"), "In a graph: along an edge; up and down to what stands above or below"),
    (("pan.left", "pan.right", "pan.up", "pan.down"), "In a graph: look elsewhere; so do the wheel and dragging"),
    (("log.far_left", "log.far_right"), "In a log that is not wrapped: far sideways"),
    (("log.line_start", "log.line_end"), "In a log: the start of long lines, their end"),
    (("list.first", "list.last"), "First, last"),
    (("list.page_down", "list.page_up"), "Half a page down, up"),
    (("list.enter", "run.out"), "In, out"),
    (("pane.next", "pane.previous"), "Next pane, the one before"),
)
