"""What can be done in the browser of a step's files."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("files.save", "S", "save a copy", "Copy the file or folder to a place of your own", ("files",), "Files",
           "cp -r {path} {target}", 3),
    Action("files.page", "v", "view", "Show the file in $PAGER", ("files",), "Files", "$PAGER {path}", 1),
    Action("files.edit", "e", "editor", "Open the file in $EDITOR, read-only", ("files",), "Files", "$EDITOR {path}",
           2),
)  # fmt: skip
