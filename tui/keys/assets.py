"""What can be done with data, models, environments and components."""

from tui.keys.action import ASSETS, Action

_BOTH = (*ASSETS, "asset")

ACTIONS: tuple[Action, ...] = (
    Action("asset.open", "enter", "open", "Everything about it: versions, ports or packages, uses, its source", ASSETS,
           "Asset", "mlpw show {asset}", 1),
    Action("asset.archive", "a", "archive", "Archive it, or bring it back (asks first)", _BOTH, "Asset",
           "mlpw {kind} {verb} {asset}", 3),
    Action("asset.show_archived", "A", "archived too", "Show archived ones too, or not", ASSETS, "Asset",
           "mlpw {kind} list --include-archived"),
    Action("asset.edit", "e", "edit", "Open its source in $EDITOR", _BOTH, "Asset", "$EDITOR {file}", 2),
    Action("asset.used", "u", "used by", "Go to a pipeline that uses it", _BOTH, "Asset", rank=4),
    Action("asset.maker", "m", "made by", "Go to the run that made it", _BOTH, "Asset", "mlpw show {run}", 5),
    Action("asset.files", "o", "files", "Browse the content of data or a model, with previews", ("asset",), "Asset",
           rank=7),
    Action("asset.view", "v", "view", "Source, content or build log in the lower pane", ("asset",), "Asset", rank=6),
)  # fmt: skip
