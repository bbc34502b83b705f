"""Building a pipeline on screen."""

from tui.keys.action import Action

_WHERE = ("design",)

ACTIONS: tuple[Action, ...] = (
    Action("run.build", "b", "build", "Build the pipeline: add, connect, rename, remove steps, set their parameters",
           ("run",), "Pipeline", rank=9),
    Action("run.clone", "C", "clone", "Write the selected pipeline or component again under another name", ("run",),
           "Pipeline"),
    Action("run.template", "I", "template", "Put a pipeline to begin with into this workspace", ("run",), "Pipeline"),
    Action("design.add", "a", "add", "Add a step of a component", _WHERE, "Build", rank=1),
    Action("design.command", "n", "command", "Add a step with a command of its own", _WHERE, "Build", rank=2),
    Action("design.connect", "c", "connect", "Connect an input to an output, or to an input of the pipeline, that fits",
           _WHERE, "Build", rank=3),
    Action("design.disconnect", "x", "disconnect", "Take away what the selected input is given", _WHERE, "Build",
           rank=5),
    Action("design.parameters", "p", "parameters", "Set the step's parameters", _WHERE, "Build", rank=4),
    Action("design.rename", "e", "rename", "Give the step another name, wherever it is named", _WHERE, "Build", rank=5),
    Action("design.settings", "s", "settings", "Set where the step runs, its time limit, and what holds for all steps",
           _WHERE, "Build", rank=9),
    Action("design.inputs", "i", "inputs", "Set the inputs of the pipeline", _WHERE, "Build", rank=9),
    Action("design.remove", "d,delete", "remove", "Remove the step, with what took its outputs (asks)", _WHERE, "Build",
           rank=6),
    Action("design.output", "o", "output", "Make the selected output an output of the pipeline", _WHERE, "Build",
           rank=10),
    Action("design.run", "r", "run", "Go back to the Run screen, and run what changed", _WHERE, "Build", rank=6),
    Action("design.undo", "u", "undo", "Take back the last edit of this file", _WHERE, "Build", rank=4),
    Action("design.redo", "U,ctrl+r", "redo", "Do again what was undone", _WHERE, "Build", rank=10),
)  # fmt: skip
