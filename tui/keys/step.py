"""What can be done with the selected step."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("step.explain", "x", "why", "Say why the step is stale, reused or failed", ("run",), "Step",
           "mlpw plan {pipeline} --only {step}", 4),
    Action("step.diff", "d", "diff", "What changed since the step's last result, line by line: code, command, values,"
           " environment, data", ("run",), "Step", "mlpw plan {pipeline} --diff {step}", 5),
    Action("step.files", "o", "files", "Look into the step's inputs, outputs and working folder", ("run",), "Step",
           "mlpw show {run}/{step}", 7),
    Action("step.facts", "D", "details", "Everything about the step: command, environment, inputs and outputs, history",
           ("run",), "Step", "mlpw show {run}/{step}"),
    Action("step.log", "l", "log", "The step's log on the whole screen", ("run",), "Step",
           "mlpw logs {run}/{step}", 3),
    Action("step.shell", "s", "shell", "Open a shell where the step runs: its code, inputs, environment and variables",
           ("run",), "Step", "mlpw shell {pipeline} {step}", 5),
    Action("step.edit", "e", "edit", "Open the source in $EDITOR at the step's line", ("run",), "Step",
           "$EDITOR {file}", 6),
    Action("step.next_failure", "n", "next failure", "Go to the next failed step, or the next match",
           ("run", "runs", "log"), "Step"),
    Action("step.previous_failure", "N", "previous failure", "Go to the failed step before, or the match before",
           ("run", "runs", "log"), "Step"),
)  # fmt: skip
