"""The Computes screen: every compute target with its host's state and load, looked at only while it is shown."""

from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from tui.history import Spot
from tui.keys.actions import bindings
from tui.keys.moves import LIST_KEYS
from tui.panes.facts import FactsPane
from tui.reading.computes import (
    LOCAL,
    ComputeView,
    FindingView,
    HostState,
    Pairs,
    Standing,
    Watchers,
    ask,
    computes,
    paused,
    set_paused,
    standing,
    try_host,
)
from tui.screens.compute_words import COLUMNS, compute_lines, compute_row
from tui.screens.table_screen import TableScreen
from tui.views import SessionError
from tui.widgets.table import Table

#: Actions that only a Docker host takes.
_OF_HOSTS = ("compute.open", "compute.test", "compute.pause")


class _Computes(Table):
    BINDINGS = [*LIST_KEYS]


class ComputesScreen(TableScreen):
    """A table of targets; Enter asks a host what it has."""

    WHERE = "computes"
    EXAMPLE = "state:away"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("compute.", "table.", "view."), "computes"),
        Binding("escape", "out", "out", show=False, id="computes.back"),
    ]

    class Looked(Message):
        """A thread looked at a host."""

        def __init__(self, state: HostState) -> None:
            super().__init__()
            self.state = state

    class Told(Message):
        """A host told about itself, or why it does not."""

        def __init__(self, name: str, lines: Pairs, trouble: str) -> None:
            super().__init__()
            self.name, self.lines, self.trouble = name, lines, trouble

    class Tried(Message):
        """Something was tried on a host; None when there is no more."""

        def __init__(self, name: str, finding: FindingView | None) -> None:
            super().__init__()
            self.name, self.finding = name, finding

    def __init__(self, filter_text: str = "", row: str = "") -> None:
        super().__init__()
        self.table = _Computes(COLUMNS, id="computes")
        self.detail = FactsPane(id="compute-detail", label_width=9)
        self._views: dict[str, ComputeView] = {}
        self._states: dict[str, HostState] = {}
        self._facts: dict[str, tuple[Pairs, str]] = {}
        self._findings: dict[str, list[FindingView]] = {}
        self._asking: set[str] = set()
        self._trying: set[str] = set()
        self._standing = Standing()
        self._watchers: Watchers | None = None
        self.table.set_filter(filter_text)
        self.table.select(row)

    def body(self) -> ComposeResult:
        """Table, and details beside or below it."""
        with Container(id="computes-body"):
            yield self.table
            yield self.detail

    def on_mount(self) -> None:
        """Read what is defined."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, "computes")
        self.table.set_title("Computes")
        self.table.focus()
        self._load()

    @property
    def spot(self) -> Spot:
        """Where this is."""
        return Spot("computes", row=self.table.selected, filter=self.table.filter)

    # Looking, only while the screen is shown

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """In front again: look."""
        super().on_screen_resume(event)
        self._watch()

    def on_screen_suspend(self) -> None:
        """Something lies over it: look no more."""
        self._rest()

    def on_unmount(self) -> None:
        """Gone: look no more."""
        self._rest()

    def _watch(self) -> None:
        if self._watchers is None and self._views and self.is_current:
            self._watchers = Watchers(self._views.values(), lambda state: _post(self, self.Looked(state)))

    def _rest(self) -> None:
        if self._watchers is not None:
            self._watchers.stop()
        self._watchers = None

    def files_changed(self) -> None:
        """Targets may have come or changed."""
        if self.is_mounted:
            self._load()

    def records_changed(self) -> None:
        """Steps may run now, or no more."""
        if self.is_mounted:
            self._load()

    @work(exclusive=True, group="computes")
    async def _load(self) -> None:
        try:
            found = await self.bridge.read(computes)
            self._standing = await self.bridge.read(standing)
        except SessionError as error:
            self.table.set_rows([], error.trouble.message)
            return
        if self.was_left():
            return
        views = {view.name: view for view in found}
        if views != self._views:
            self._states = {name: state for name, state in self._states.items() if views.get(name) == self._views[name]}
            self._views = views
            self._rest()
            self._watch()
        self._show()

    def on_computes_screen_looked(self, event: Looked) -> None:
        """Show how a host is now."""
        event.stop()
        self._states[event.state.name] = event.state
        self._show()
        if event.state.name == LOCAL:
            self._look_for_pauses()

    @work(exclusive=True, group="pauses")
    async def _look_for_pauses(self) -> None:
        """Others may pause a target, too: every few seconds."""
        with suppress(SessionError):
            found = await self.bridge.read(paused)
            if found != self._standing.paused:
                self._standing = replace(self._standing, paused=found)
                self._show()

    def _show(self) -> None:
        if self.was_left():
            return
        paused, ascii_only = self._standing.paused, self.host.ascii_only
        rows = [compute_row(view, self._state(view), view.name in paused, ascii_only) for view in self._views.values()]
        self.table.set_rows(rows, "no compute target yet")
        self.say_filtered()
        self._show_detail()

    def _state(self, view: ComputeView) -> HostState | None:
        state = self._states.get(view.name)
        if state is None or view.target is not None:
            return state
        return replace(state, steps=self._standing.here)

    def say_filtered(self) -> None:
        """The title, with the filter in it."""
        told = f"/{self.table.filter}" if self.table.filter else ""
        self.table.set_title(f"Computes {len(self.table.shown_keys)}", (told, "frame--remark"))

    # One of them

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Tell about the row."""
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        view = self._views.get(self.table.selected)
        self._say_hints(view)
        self.detail.set_title(view.name if view else "Details")
        if view is None:
            self.detail.set_lines([])
            return
        name = view.name
        self.detail.set_lines(
            compute_lines(
                view,
                self._state(view),
                self._facts.get(name),
                self._findings.get(name),
                self._standing,
                is_asking=name in self._asking,
                is_trying=name in self._trying,
            )
        )

    def _say_hints(self, view: ComputeView | None) -> None:
        """What makes sense for the row; a host that is paused can be used again."""
        hints = self.hints(() if view is not None and view.target is not None else _OF_HOSTS)
        if view is not None and view.name in self._standing.paused:
            hints = [replace(each, label="resume") if each.action == "pause" else each for each in hints]
        self.footer.set_hints(hints)

    def on_table_entered(self, event: Table.Entered) -> None:
        """Ask the host what it has."""
        event.stop()
        view = self._views[event.key]
        if view.target is None:
            self._refuse("asked what it has", view)
        elif view.name not in self._asking:
            self._asking.add(view.name)
            self._facts.pop(view.name, None)
            self.host.log_command("compute.open", name=view.name)
            ask(view, self.bridge.root, lambda *told: _post(self, self.Told(*told)))
        self._show_detail()

    def on_computes_screen_told(self, event: Told) -> None:
        """Show what the host told."""
        event.stop()
        self._asking.discard(event.name)
        self._facts[event.name] = (event.lines, event.trouble)
        self._show_detail()

    def action_open(self) -> None:
        """Ask the host what it has."""
        self.table.action_enter()

    def action_test(self) -> None:
        """Try the selected host as far as a step needs it."""
        view = self._views.get(self.table.selected)
        if view is None or view.target is None:
            self._refuse("tested", view)
            return
        if view.name in self._trying:
            return
        self._trying.add(view.name)
        self._findings[view.name] = []
        self.host.log_command("compute.test", name=view.name)
        try_host(view, lambda *told: _post(self, self.Tried(*told)))
        self._show_detail()

    def _refuse(self, what: str, view: ComputeView | None) -> None:
        broken = view is not None and view.trouble
        said = "mend its file first" if broken else f"only a Docker host can be {what}"
        self.notify(said, severity="warning", markup=False)

    def action_pause(self) -> None:
        """Start nothing new there for which others could do, or use it again; nothing that runs is touched."""
        view = self._views.get(self.table.selected)
        if view is None or view.target is None:
            self._refuse("paused", view)
        else:
            self._pause(view.name, view.name not in self._standing.paused)

    @work(group="pause")
    async def _pause(self, name: str, wanted: bool) -> None:
        try:
            await self.bridge.work(set_paused(name, wanted))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.host.log_words("mlpw", "compute", "pause" if wanted else "resume", name)
        self._load()

    def on_computes_screen_tried(self, event: Tried) -> None:
        """Show what was found."""
        event.stop()
        if event.finding is None:
            self._trying.discard(event.name)
        else:
            self._findings[event.name].append(event.finding)
        self._show_detail()


def _post(screen: ComputesScreen, message: Message) -> None:
    """From any thread; what comes after the screen was left is dropped."""
    if screen.is_running:
        screen.post_message(message)
