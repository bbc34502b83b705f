"""What can be done with the pipeline or the run that is shown."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("run.start", "r", "run", "Run what changed: first shows what would run, why, and what stays", ("run",),
           "Pipeline", "mlpw run {pipeline}", 1),
    Action("run.rerun_from", "R", "rerun from", "Rerun the selected step and everything after it", ("run",),
           "Pipeline", "mlpw run {pipeline} --from {step} --force", 6),
    Action("run.cancel", "c", "cancel", "Cancel the run (asks first)", ("run", "runs"), "Pipeline",
           "mlpw cancel {run}", 2),
    Action("run.plan", "f5,ctrl+r", "plan again", "Look at the files again and plan", ("run",), "Pipeline",
           "mlpw plan {pipeline}", shown="F5"),
    Action("run.about", "i", "about", "What the pipeline is for, how its run went, and what was assumed", ("run",),
           "Pipeline"),
)  # fmt: skip
