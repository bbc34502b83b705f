"""What can be done with runs in their table, and with a comparison of them."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("run.open", "enter", "open", "Show the run: its graph, its steps and their logs", ("runs",), "Runs",
           "mlpw show {run}", 1),
    Action("run.mark", "space", "mark", "Mark the run, to compare or delete several", ("runs",), "Runs", rank=4),
    Action("run.compare", "d", "compare", "Compare the marked runs, or this run with the one before it", ("runs",),
           "Runs", "mlpw compare {runs}", 3),
    Action("run.delete", "D,delete", "delete", "Delete the marked runs or this one (asks first); results stay",
           ("runs",), "Runs", "mlpw rm {runs}", 5),
    Action("compare.everything", "a", "all", "Everything, or only what differs", ("compare",), "Compare",
           "mlpw compare {runs} --all", 1),
    Action("compare.open", "enter", "whole values", "The line's values in full, or the difference of the code",
           ("compare",), "Compare", rank=2),
    Action("compare.next_topic", "n", "next topic", "To the next group of lines", ("compare",), "Compare", rank=3),
    Action("compare.previous_topic", "N", "topic before", "To the group of lines before", ("compare",), "Compare"),
)  # fmt: skip
