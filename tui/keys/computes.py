"""What can be done with compute targets in their table."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("compute.open", "enter", "ask", "Ask the host what it has: engine, disk, cards, images, kept data",
           ("computes",), "Computes", "mlpw compute show {name}", 1),
    Action("compute.test", "t", "test", "Try the host as far as a step needs it, and say what to do", ("computes",),
           "Computes", "mlpw compute test {name}", 2),
    Action("compute.pause", "p", "pause", "Start nothing new on the host of what others can run, or use it again",
           ("computes",), "Computes", "mlpw compute pause {name}", 3),
)  # fmt: skip
