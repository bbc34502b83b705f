"""A step's files: the tree of them, and a look into the chosen one."""

from tui.keys.moves import LIST_KEYS
from tui.widgets.file_tree import FileTree
from tui.widgets.sheet import Sheet


class FilesPane(FileTree):
    """Inputs, outputs and the working folder."""

    BINDINGS = [*LIST_KEYS]


class PreviewPane(Sheet):
    """What stands in a file."""

    BINDINGS = [key for key in LIST_KEYS if key.id != "list.enter"]
