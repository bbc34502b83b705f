"""Every key, by group, from the table of actions."""

from tui.dialogs.box import TextDialog
from tui.keys.action import Action
from tui.keys.actions import ACTIONS
from tui.keys.moves import moves
from tui.widgets.document import Line

#: Cells of the keys.
_WIDTH = 20


class HelpDialog(TextDialog):
    """The keys of one screen."""

    def __init__(self, where: str) -> None:
        super().__init__("Keys", help_lines(where), label_width=_WIDTH)


def help_lines(where: str) -> list[Line]:
    """The keys that a screen offers, and how to move."""
    lines = [Line("Move", style="paint--title"), *(Line(text, label=f" {keys}") for keys, text in moves())]
    offered = [found for found in ACTIONS if where in found.where]
    for group in dict.fromkeys(found.group for found in offered):
        lines += [Line(), Line(group, style="paint--title")]
        lines += [Line(found.help, label=f" {_keys(found)}") for found in offered if found.group == group]
    return lines


def _keys(found: Action) -> str:
    """All its keys where there is room, else the first."""
    return found.all_keys if len(found.all_keys) < _WIDTH - 1 else found.key
