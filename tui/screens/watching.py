"""Watching and running from the Run screen: while it is on, each save runs what it made stale."""

from textual import work

from tui.screens.starting import Starting
from tui.views import Asked, Scene, SessionError
from tui.widgets.status import Status

_TO_RUN = (Status.STALE, Status.WAITING)


class Watching(Starting):
    """One pipeline is watched at a time, as long as it is the one that is shown."""

    _watched = ""
    _is_due = False

    def action_watch(self) -> None:
        """Run what each save makes stale from now on, beginning with what is stale now; or no more."""
        pipeline = self.subject.pipeline
        if self._watched and self._watched == pipeline:
            self._watch("")
            return
        if self.scene.graph is None or not pipeline or self.subject.run:
            self.notify("select a pipeline first", severity="warning", markup=False)
            return
        self._watch(pipeline)
        self.host.log_command("run.watch", pipeline=pipeline)
        self._run_if_due(self.scene)

    @property
    def works_unseen(self) -> bool:
        """What is saved is run whatever a person looks at."""
        return bool(self._watched)

    def files_changed(self) -> None:
        """A save: what it makes stale is to be run."""
        self._is_due = bool(self._watched)
        super().files_changed()

    def _watch(self, pipeline: str) -> None:
        self._watched, self._is_due = pipeline, bool(pipeline)
        self._say()

    def _take(self, scene: Scene) -> None:
        super()._take(scene)
        if scene.subject == self.subject:
            self._run_if_due(scene)  # and not `self.scene`, which shows the last plan until there is a new one

    def _say(self) -> None:
        super()._say()
        is_shown = bool(self._watched) and self.subject.pipeline == self._watched
        self.header.set_badge(*([("watching  ", "status--running")] if is_shown else []))

    def _run_if_due(self, scene: Scene) -> None:
        """Start a run once a save is planned, unless one goes on: its end is followed by another plan."""
        is_shown = scene.subject.pipeline == self._watched and not scene.subject.run
        if not self._is_due or not is_shown or not scene.is_planned or (scene.run is not None and scene.run.is_live):
            return
        self._is_due = False
        if any(state.status in _TO_RUN for state in scene.states.values()):
            self._run_saved(Asked(scene.subject.pipeline))

    @work(group="submit")
    async def _run_saved(self, asked: Asked) -> None:
        try:
            await self.bridge.submit(asked)
        except SessionError as error:
            self.notify(error.trouble.message, title="Not started", severity="error", markup=False)
            return
        self.records_changed()
