"""What the Run screen does about the selected step with other programs and other screens."""

import sys

from tui.dialogs.box import TextDialog
from tui.panes.detail import DetailPane
from tui.screens.run_body import RunBody
from tui.screens.scene import is_live
from tui.wording.safe import one_line

#: A shell that could not be opened says why; without a pause nobody would see it.
_PAUSING = '"$@"; code=$?; [ "$code" = 0 ] || { printf "\\npress Enter to go back "; read -r _; }; exit "$code"'


class StepActions(RunBody):
    """Everything known about the step, its files, and a shell where it runs."""

    _facts: TextDialog | None = None

    def action_files(self) -> None:
        """Look into what goes into the step and comes out of it."""
        name = self._chosen()
        if not name or self.scene.graph is None:
            return
        if self.state.made_by_run:
            self.host.log_command("step.files", run=self.state.made_by_run, step=name)
        crumbs = (self.bridge.name, self.scene.graph.name, name)
        from tui.screens.files import FilesScreen  # previews are loaded when one looks

        self.app.push_screen(FilesScreen(self.subject, name, self.state, crumbs))

    def action_facts(self) -> None:
        """Everything known about the step, where there is no room for the pane that says it too."""
        name = self._chosen()
        if not name:
            return
        if self.state.made_by_run:
            self.host.log_command("step.facts", run=self.state.made_by_run, step=name)
        self._facts = TextDialog(name, self.detail.lines, label_width=9)
        self.detail.is_read_elsewhere = True
        self.app.push_screen(self._facts, lambda _: self._facts_closed())

    def _facts_closed(self) -> None:
        self._facts, self.detail.is_read_elsewhere = None, False

    def on_detail_pane_told(self, event: DetailPane.Told) -> None:
        """The dialog says what the pane says."""
        event.stop()
        if self._facts is not None and self._facts.is_mounted:
            self._facts.say(self.detail.lines)

    def action_shell(self) -> None:
        """Give the terminal to a shell in the step's own surroundings."""
        step = self._chosen()
        if not step:
            return
        where = self._where(step)
        self.host.log_words("mlpw", "shell", *where)
        mlpw = [sys.executable, "-P", "-m", "tui", "-C", str(self.bridge.root), "shell", *where]
        self.host.run_outside(["/bin/sh", "-c", _PAUSING, "sh", *mlpw])

    def _where(self, step: str) -> list[str]:
        """A step as the command line names it: in the run that is shown, else as it stands now."""
        scene = self.scene
        run = scene.subject.run or (scene.run.number if scene.run is not None and is_live(scene) else 0)
        return [f"{run}/{step}"] if run else [scene.subject.pipeline, step]

    def _chosen(self) -> str:
        """The selected step; where there is none, that is said, and "" given."""
        name, graph = self.steps.selected, self.scene.graph
        if graph is not None and name in graph.steps:
            return name
        what = f"{name} is a nested pipeline: select one of its steps" if graph and name else "select a step first"
        self.notify(one_line(what), severity="warning", markup=False)
        return ""
