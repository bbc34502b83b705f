"""What the Run screen does about the selected step with other programs and other screens."""

import sys

from tui.screens.run_body import RunBody
from tui.screens.scene import is_live

#: A shell that could not be opened says why; without a pause nobody would see it.
_PAUSING = '"$@"; code=$?; [ "$code" = 0 ] || { printf "\\npress Enter to go back "; read -r _; }; exit "$code"'


class StepActions(RunBody):
    """A shell where the step runs."""

    def action_shell(self) -> None:
        """Give the terminal to a shell in the step's own surroundings."""
        where = self._where()
        if not where:
            self.notify("select a step first", severity="warning", markup=False)
            return
        self.host.log_words("mlpw", "shell", *where)
        mlpw = [sys.executable, "-P", "-m", "tui", "-C", str(self.bridge.root), "shell", *where]
        self.host.run_outside(["/bin/sh", "-c", _PAUSING, "sh", *mlpw])

    def _where(self) -> list[str]:
        """The selected step as the command line names it: in the run that is shown, else as it stands now."""
        step, scene = self.steps.selected, self.scene
        if scene.graph is None or step not in scene.graph.steps:
            return []
        run = scene.subject.run or (scene.run.number if scene.run is not None and is_live(scene) else 0)
        return [f"{run}/{step}"] if run else [scene.subject.pipeline, step]
