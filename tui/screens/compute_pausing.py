"""What a person can do with a compute target, and with which: pausing, and what is refused."""

from contextlib import suppress
from dataclasses import replace

from textual import work

from tui.reading.computes import ComputeView, Standing, paused, set_paused
from tui.screens.table_screen import TableScreen
from tui.views import SessionError

#: Actions that only a Docker host takes.
_OF_HOSTS = ("compute.open", "compute.test", "compute.pause")


class PausingScreen(TableScreen):
    """A table of targets that can be paused and used again."""

    views: dict[str, ComputeView]
    standing: Standing

    def load(self) -> None:
        """Read again what is defined and what runs."""
        raise NotImplementedError

    def show(self) -> None:
        """Put into words what is known."""
        raise NotImplementedError

    @work(exclusive=True, group="pauses")
    async def look_for_pauses(self) -> None:
        """Others may pause a target, too: every few seconds."""
        with suppress(SessionError):
            found = await self.bridge.read(paused)
            if found != self.standing.paused:
                self.standing = replace(self.standing, paused=found)
                self.show()

    def say_hints(self, view: ComputeView | None) -> None:
        """What makes sense for the row; a host that is paused can be used again."""
        hints = self.hints(() if view is not None and view.target is not None else _OF_HOSTS)
        if view is not None and view.name in self.standing.paused:
            hints = [replace(each, label="resume") if each.action == "pause" else each for each in hints]
        self.footer.set_hints(hints)

    def refuse(self, what: str, view: ComputeView | None) -> None:
        """Say why that cannot be done with a row."""
        broken = view is not None and view.trouble
        said = "mend its file first" if broken else f"only a Docker host can be {what}"
        self.notify(said, severity="warning", markup=False)

    def action_pause(self) -> None:
        """Start nothing new there for which others could do, or use it again; nothing that runs is touched."""
        view = self.views.get(self.table.selected)
        if view is None or view.target is None:
            self.refuse("paused", view)
        else:
            self._pause(view.name, view.name not in self.standing.paused)

    @work(group="pause")
    async def _pause(self, name: str, wanted: bool) -> None:
        try:
            await self.bridge.work(set_paused(name, wanted))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.host.log_words("mlpw", "compute", "pause" if wanted else "resume", name)
        self.load()
