"""Moving and searching in a log."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("log.follow", "f", "follow", "Keep the end of the log in sight", ("run", "log"), "Log", rank=11),
    Action("log.wrap", "w", "wrap", "Give long lines several rows", ("run", "log"), "Log", rank=12),
    Action("log.last_error", "E", "last traceback", "Go to the last traceback in the log", ("run", "log"), "Log",
           rank=13),
)  # fmt: skip
