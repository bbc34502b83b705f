"""The Computes screen: every compute target with its host's state and load, looked at only while it is shown."""

import time
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
    standing,
    try_host,
)
from tui.screens.compute_pausing import PausingScreen
from tui.screens.compute_words import COLUMNS, compute_lines, compute_row
from tui.views import SessionError
from tui.widgets.table import Table


class _Computes(Table):
    BINDINGS = [*LIST_KEYS]


class ComputesScreen(PausingScreen):
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
        self.views: dict[str, ComputeView] = {}
        self._states: dict[str, HostState] = {}
        self._heard_at: dict[str, float] = {}
        self._facts: dict[str, tuple[Pairs, str]] = {}
        self._findings: dict[str, list[FindingView]] = {}
        self._asking: set[str] = set()
        self._trying: set[str] = set()
        self.standing = Standing()
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
        self.load()

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
        if self._watchers is None and self.views and self.is_current:
            self._watchers = Watchers(self.views.values(), lambda state: _post(self, self.Looked(state)))

    def _rest(self) -> None:
        if self._watchers is not None:
            self._watchers.stop()
        self._watchers = None
        self._heard_at.clear()

    def files_changed(self) -> None:
        """Targets may have come or changed."""
        if self.is_mounted:
            self.load()

    def records_changed(self) -> None:
        """Steps may run now, or no more."""
        if self.is_mounted:
            self.load()

    def load(self) -> None:
        """Read again what is defined and what runs."""
        self._read()

    @work(exclusive=True, group="computes")
    async def _read(self) -> None:
        try:
            found = await self.bridge.read(computes)
            self.standing = await self.bridge.read(standing)
        except SessionError as error:
            self.table.set_rows([], error.trouble.message)
            return
        if self.was_left():
            return
        views = {view.name: view for view in found}
        if views != self.views:
            self._states = {name: state for name, state in self._states.items() if views.get(name) == self.views[name]}
            self.views = views
            self._rest()
            self._watch()
        self.show()

    def on_computes_screen_looked(self, event: Looked) -> None:
        """Show how a host is now."""
        event.stop()
        self._states[event.state.name] = event.state
        self._heard_at[event.state.name] = time.monotonic()
        self.show()
        if event.state.name == LOCAL:
            self.look_for_pauses()

    def show(self) -> None:
        """Put into words what is known."""
        if self.was_left():
            return
        paused, ascii_only = self.standing.paused, self.host.ascii_only
        rows = [
            compute_row(view, self._state(view), view.name in paused, ascii_only, self._silent(view.name))
            for view in self.views.values()
        ]
        self.table.set_rows(rows, "no compute target yet")
        self.say_filtered()
        self._show_detail()

    def _silent(self, name: str) -> float:
        """Seconds since a host was heard of."""
        return time.monotonic() - self._heard_at[name] if name in self._heard_at else 0.0

    def _state(self, view: ComputeView) -> HostState | None:
        state = self._states.get(view.name)
        if state is None or view.target is not None:
            return state
        return replace(state, steps=self.standing.here)

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
        view = self.views.get(self.table.selected)
        self.say_hints(view)
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
                self.standing,
                silent_s=self._silent(name),
                is_asking=name in self._asking,
                is_trying=name in self._trying,
            )
        )

    def on_table_entered(self, event: Table.Entered) -> None:
        """Ask the host what it has."""
        event.stop()
        view = self.views[event.key]
        if view.target is None:
            self.refuse("asked what it has", view)
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
        view = self.views.get(self.table.selected)
        if view is None or view.target is None:
            self.refuse("tested", view)
            return
        if view.name in self._trying:
            return
        self._trying.add(view.name)
        self._findings[view.name] = []
        self.host.log_command("compute.test", name=view.name)
        try_host(view, lambda *told: _post(self, self.Tried(*told)))
        self._show_detail()

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
