"""What can be done with runs in their table."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("run.mark", "space", "mark", "Mark the run, for comparing or deleting several", ("runs",), "Runs", rank=3),
)  # fmt: skip
