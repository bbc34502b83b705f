"""Watching from the Run screen: what saves make stale is shown always, and run where that is wished."""

from textual import work

from tui.reading.restarts import restart
from tui.screens.starting import Starting
from tui.views import AtSave, Change, SessionError, Subject
from tui.widgets.bar import Piece
from tui.wording.safe import one_line

#: Columns from which the header says in full what saves do.
_ROOMY = 100


class Watching(Starting):
    """One pipeline's saves are run at a time, whatever is shown meanwhile."""

    at_save = AtSave()
    _wish: AtSave | None = None
    _note = ""

    def action_watch(self) -> None:
        """Run what each save makes stale from now on, beginning with what is stale now; or no more."""
        pipeline = self.subject.pipeline
        if self.at_save.pipeline and self.at_save.pipeline == pipeline:
            self._run_at_save(AtSave())
        else:
            self._ask_for(AtSave(pipeline, self.at_save.restarts))

    def action_watch_restart(self) -> None:
        """The same, and begin running steps anew that use what was saved; or leave them alone."""
        pipeline = self.subject.pipeline
        is_on = self.at_save == AtSave(pipeline, restarts=True)
        self._ask_for(AtSave(pipeline, restarts=not is_on))

    def action_restart(self) -> None:
        """Begin the running step anew that is outdated: the selected one, else the first."""
        outdated = [name for name, state in self.scene.states.items() if state.outdated]
        run = self.scene.run
        if not outdated or run is None or self.subject.run:
            self.notify("no running step uses what was saved since", severity="warning", markup=False)
            return
        self._restart(run.number, self.steps.selected if self.steps.selected in outdated else outdated[0])

    @work(group="restart")
    async def _restart(self, run: int, step: str) -> None:
        try:
            said = await self.bridge.work(restart(run, step, is_same=self.scene.states[step].is_same))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.notify(one_line(said), markup=False)

    def _ask_for(self, wish: AtSave) -> None:
        if wish.pipeline:
            self._run_at_save(wish)
        elif not self._entries_loaded:
            self._wish = wish  # of the pipeline that will be shown first
        else:
            self.say_no_pipeline()

    def show_subject(self, subject: Subject, step: str = "") -> None:
        """Show it, and begin what was asked for before there was anything to show."""
        super().show_subject(subject, step)
        wish, self._wish = self._wish, None
        if wish is not None and subject.pipeline:
            self._run_at_save(AtSave(subject.pipeline, wish.restarts))

    def _run_at_save(self, wanted: AtSave) -> None:
        self.at_save = wanted
        if wanted.pipeline and self.subject.run:
            self.show_subject(Subject(wanted.pipeline))
        if wanted.pipeline:
            words = ("mlpw", "watch", wanted.pipeline, "--run", *(("--restart",) if wanted.restarts else ()))
            self.host.log_words(*words)
        self._say()
        self._tell_session(wanted)

    @work(group="watch")
    async def _tell_session(self, wanted: AtSave) -> None:
        try:
            await self.bridge.run_at_save(wanted)
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)

    def take_change(self, change: Change) -> None:
        """What saves brought about."""
        self._note = change.note or self._note
        super().take_change(change)
        if change.trouble is not None:
            self.notify(change.trouble.message, title="Not started", severity="error", markup=False)
        if change.refused:
            self.notify(one_line(change.refused), title="For the next run", severity="warning", markup=False)
        if change.started:
            self.records_changed()

    def _say(self) -> None:
        super()._say()
        self.header.set_badge(*self._badge())
        is_followed = bool(self.at_save.restarts and self.at_save.pipeline == self.subject.pipeline)
        self.notices.show(self.scene, restarts=is_followed)

    def _badge(self) -> list[Piece]:
        """What saves do: they are run, perhaps of another pipeline than the one that is shown; or they are shown."""
        at_save, is_roomy = self.at_save, self.app.size.width >= _ROOMY
        if at_save.pipeline:
            what = "runs and restarts at save" if at_save.restarts else "runs at save"
            whose = "" if at_save.pipeline == self.subject.pipeline else f"{one_line(at_save.pipeline)} "
            return [(f"{'watching, ' if is_roomy and not whose else ''}{whose}{what}  ", "status--running")]
        if self.subject.run or self.scene.graph is None:
            return []
        if self._note:
            return [("looks each second  ", "status--waiting")]
        return [("watching  ", "paint--muted")] if is_roomy else []
