"""What can be done with the pipeline or the run that is shown."""

from tui.keys.action import Action

ACTIONS: tuple[Action, ...] = (
    Action("run.start", "r", "run", "Run what changed: first shows what would run, why, and what stays", ("run",),
           "Pipeline", "mlpw run {pipeline}", 1),
    Action("run.rerun_from", "R", "rerun from", "Rerun the selected step and everything after it", ("run",),
           "Pipeline", "mlpw run {pipeline} --from {step} --force", 6),
    Action("run.rerun_only", "O", "rerun only", "Rerun the selected step alone; the others keep their results",
           ("run",), "Pipeline", "mlpw run {pipeline} --only {step} --force"),
    Action("run.run_to", "U", "run up to", "Run what changed of the selected step and of what it needs", ("run",),
           "Pipeline", "mlpw run {pipeline} --to {step}"),
    Action("run.parameters", "p", "parameters", "Change the pipeline's inputs in a form, then see what would run",
           ("run",), "Pipeline", "mlpw run {pipeline} --set inputs.NAME=VALUE", 6),
    Action("run.retry", "full_stop", "retry", "Run what failed again, with the values of the run that failed", ("run",),
           "Pipeline", "mlpw run {pipeline}", shown="."),
    Action("run.watch", "w,A", "watch", "Run what each save makes stale, or no more (in logs: the second key)",
           ("run",), "Pipeline", "mlpw watch {pipeline} --run", 3),
    Action("run.watch_restart", "ctrl+x", "watch, restart", "The same, and begin running steps anew that are outdated",
           ("run",), "Pipeline", "mlpw watch {pipeline} --run --restart"),
    Action("run.restart", "X", "restart", "Begin the running step anew that uses what was saved since", ("run",),
           "Pipeline"),
    Action("run.cancel", "c", "cancel", "Cancel the run (asks first)", ("run", "runs"), "Pipeline",
           "mlpw cancel {run}", 2),
    Action("run.plan", "f5,ctrl+r", "plan again", "Look at the files again and plan", ("run",), "Pipeline",
           "mlpw plan {pipeline}", shown="F5"),
    Action("run.about", "i", "about", "What the pipeline is for, how its run went, and what was assumed", ("run",),
           "Pipeline"),
)  # fmt: skip
