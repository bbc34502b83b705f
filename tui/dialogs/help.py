"""Every key, by group, from the table of actions."""

from tui.dialogs.box import TextDialog
from tui.keys.actions import ACTIONS
from tui.keys.moves import moves
from tui.widgets.document import Line


class HelpDialog(TextDialog):
    """The keys of one screen."""

    def __init__(self, where: str) -> None:
        super().__init__("Keys", help_lines(where), label_width=20)


def help_lines(where: str) -> list[Line]:
    """The keys that a screen offers, and how to move."""
    lines = [Line("Move", style="paint--title"), *(Line(text, label=f" {keys}") for keys, text in moves())]
    offered = [found for found in ACTIONS if where in found.where]
    for group in dict.fromkeys(found.group for found in offered):
        lines += [Line(), Line(group, style="paint--title")]
        lines += [Line(found.help, label=f" {found.key}") for found in offered if found.group == group]
    return lines
