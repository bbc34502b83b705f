"""Starting runs from the Run screen: each is shown as a plan first."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual import work

from tui.dialogs.parameters import Changes, ParametersDialog
from tui.dialogs.run_plan import RunPlanDialog
from tui.reading.parameters import form_of, refused
from tui.reading.requests import asked_again
from tui.screens.run_body import RunBody
from tui.views import Asked, Reach, SessionError, Subject
from tui.widgets.status import Status

if TYPE_CHECKING:
    from core.workspace.step_diff import StepDiff

#: Groups of workers that read what is shown, and that end in a dialog.
_READING = ("tree", "scene")
_ASKING = ("form", "retry", "choose", "merge")
#: Ids of actions that make no sense before a pipeline is there begin so.
_ACTS_ON_A_PIPELINE = ("run.", "step.", "view.", "log.")


class Starting(RunBody):
    """Run what changed, from here, only this, up to here; try again what failed."""

    @property
    def is_opening(self) -> bool:
        """Whether the workspace, or the pipeline that was chosen last, is still being read."""
        return self.scene.graph is None and self._is_at(_READING)

    def _is_at(self, groups: Collection[str]) -> bool:
        return any(each.node is self and each.group in groups and not each.is_finished for each in self.workers)

    def would_lose(self, key: str) -> bool:
        """A dialog that comes has all keys; in the tree one moves on at any time, what acts on a pipeline waits."""
        if self._is_at(_ASKING):
            return True
        if not super().would_lose(key):
            return False
        bound = self.active_bindings.get(key)
        acts = bound is not None and (bound.binding.id or "").startswith(_ACTS_ON_A_PIPELINE)
        return acts or self.focused is not self.tree_pane

    def say_no_pipeline(self) -> None:
        """Why nothing came of a key that acts on a pipeline."""
        words = "still reading the workspace: try again" if self.is_opening else "select a pipeline first"
        self.notify(words, severity="warning", markup=False)

    def action_start(self) -> None:
        """Show what would run, then run it."""
        self._start(Reach.CHANGED)

    def action_rerun_from(self) -> None:
        """The same, with the selected step and all after it forced."""
        self._start(Reach.FROM, force=True)

    def action_rerun_only(self) -> None:
        """The selected step alone, forced."""
        self._start(Reach.ONLY, force=True)

    def action_run_to(self) -> None:
        """What changed of the selected step and what it needs."""
        self._start(Reach.TO)

    def _start(self, reach: Reach, *, force: bool = False) -> None:
        step = self.steps.chosen
        if reach is not Reach.CHANGED and not step:
            self.notify("select a step first", severity="warning", markup=False)
            return
        self.propose(Asked(self.subject.pipeline, reach, (step,) if reach is not Reach.CHANGED else (), force))

    def action_diff(self) -> None:
        """Show what changed since the selected step's last result, or since those of a nested pipeline's steps."""
        name, pipeline = self.steps.chosen, self.subject.pipeline
        if not name or not pipeline or self.subject.run:
            words = "select a step of a pipeline first; how runs differ: d in Runs"
            self.notify(words, severity="warning", markup=False)
            return
        self.show_changes(Asked(pipeline), (name,))

    def action_retry(self) -> None:
        """Run what failed again, with the values and the steps of the run that failed."""
        run = self.scene.run
        if run is None or run.is_live or not self._has_failed():
            self.notify("nothing has failed here", severity="warning", markup=False)
            return
        self._retry(run.number)

    def _has_failed(self) -> bool:
        run = self.scene.run
        bad = (Status.FAILED, Status.CANCELLED)
        states = (state.status for state in self.scene.states.values())
        return (run is not None and run.status in bad) or any(status in bad for status in states)

    @work(exclusive=True, group="retry")
    async def _retry(self, run: int) -> None:
        try:
            asked = await self.bridge.read(asked_again(run))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.propose(asked)

    def action_parameters(self) -> None:
        """Change the pipeline's inputs in a form, then see what would run."""
        if self.scene.graph is None or not self.scene.graph.path:
            self.say_no_pipeline()
            return
        pipeline = self.scene.run.pipeline if self.subject.run and self.scene.run else self.subject.pipeline
        self._ask_parameters(pipeline, self.scene.graph.name)

    @work(exclusive=True, group="form")
    async def _ask_parameters(self, pipeline: str, name: str) -> None:
        try:
            form = await self.bridge.work(form_of(pipeline, self.subject.run))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        if not form.fields:
            self.notify(f"{name} has no inputs", severity="warning", markup=False)
            return

        def check(values: Mapping[str, str]) -> Awaitable[Mapping[str, str]]:
            return self.bridge.work(refused(pipeline, values))

        def answered(changes: Changes | None) -> None:
            if changes is not None:
                self.propose(Asked(pipeline, changes=changes))

        self.app.push_screen(ParametersDialog(form, name, check), answered)

    def propose(self, asked: Asked) -> None:
        """Show what a run would do; a person may change what is asked, and then starts it or not."""
        if self.scene.graph is None or not asked.pipeline:
            self.say_no_pipeline()
            return
        dialog = RunPlanDialog(self.bridge.preview, asked, self.scene.graph.name, self.steps.chosen, self.show_changes)
        self.app.push_screen(dialog, self._answered)

    def show_changes(self, asked: Asked, steps: Sequence[str] = ()) -> None:
        """Show what changed since the last results of these steps, or of all that would run."""
        from tui.dialogs.changes import ChangesDialog  # comparing is loaded when one looks
        from tui.reading.changes import changes_of

        def ask() -> "Awaitable[tuple[StepDiff, ...]]":
            return self.bridge.work(changes_of(asked, steps))

        self.host.log_words("mlpw", "plan", *asked.command()[2:], "--diff", *steps)
        what = ", ".join(steps) or "all that would run"
        self.app.push_screen(ChangesDialog(f"What changed: {what}", ask))

    def _answered(self, asked: Asked | None) -> None:
        if asked is not None:
            self._submit(asked)
        else:
            self._decline()

    @work(group="submit")
    async def _decline(self) -> None:
        with suppress(SessionError):
            await self.bridge.decline()

    @work(group="submit")
    async def _submit(self, asked: Asked) -> None:
        try:
            await self.bridge.submit(asked)
        except SessionError as error:
            self.notify(error.trouble.message, title="Not started", severity="error", markup=False)
            return
        self.host.log_words(*asked.command())
        self._by_hand = False
        self.show_subject(Subject(asked.pipeline))
        self._load()
