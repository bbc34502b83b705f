"""The workbench: screens, keys and themes over a session; no engine calls here."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, work
from textual.app import SuspendNotSupported
from textual.binding import BindingType

from core.errors import UserError
from tui import terminal, view_state
from tui.comfort import Comfort
from tui.dialogs.box import TextDialog
from tui.dialogs.help import HelpDialog
from tui.dialogs.workspaces import Offer, WorkspacesDialog
from tui.history import Spot
from tui.keys.action import TABLES
from tui.keys.actions import action, bindings
from tui.screens.base import WorkbenchScreen
from tui.screens.navigation import Navigation
from tui.screens.run import RunScreen
from tui.start import live_long
from tui.view_state import ViewState
from tui.views import Bridge, RunView, SessionError, Subject
from tui.welcome import Welcome, is_bare, recent_offers, take_up, template_offers
from tui.widgets.document import Line
from tui.wording.safe import first_line, one_line

_POLL = 0.5


#: After so long everything that a person needs at first is there.
_BEGUN_SECONDS = 10.0


class Workbench(Comfort, Navigation):
    """The Textual app; moving between screens is in Navigation, what is a person's own in Comfort."""

    TITLE = "mlpw"
    CSS_PATH = "styles/workbench.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(("app.",), "run")]

    def __init__(self, bridge: Bridge, view_file: Path, *, own_themes: Path | None = None) -> None:
        self._view_file = view_file
        self._view = view_state.load(view_file)
        super().__init__(self._view.theme, own_themes=own_themes)
        self.bridge = bridge
        self.is_hung_up = False
        self.next_workspace: Path | None = None
        self.runs: list[RunView] = []
        self.commands: list[str] = []

    # Life

    def on_mount(self) -> None:
        """Open where a person left off."""
        self.set_timer(_BEGUN_SECONDS, live_long)
        run_screen = RunScreen(Subject(self._view.pipeline, self._view.run), self._view.step)
        self.begin_navigation(run_screen, self._view_file.with_name("palette.json"))
        if self._view.screen != "run":
            self.go(Spot(self._view.screen))
        run_screen.log_pane.set_wrap(self._view.wrap)
        run_screen.call_after_refresh(run_screen.take_sizes, self._view.sizes, self._view.zoomed)
        self._follow_records()
        self._follow_files()
        self._greet()
        self._hear_hangup()
        if (self.bridge.root / ".mlpw").is_dir():
            self.remember_workspace(self.bridge.root)

    def _hear_hangup(self) -> None:
        """The terminal goes away, with a signal or without one: remember the view and leave; runs go on."""
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._leave)
        if sys.__stdin__ is not None and sys.__stdin__.isatty():
            self.set_interval(_POLL, partial(self._look_at_terminal, sys.__stdin__.fileno()))

    def _look_at_terminal(self, descriptor: int) -> None:
        if not self.is_hung_up and terminal.is_gone(descriptor):
            self._hang_up()
        elif isinstance(self._driver, terminal.WorkbenchDriver) and self._driver.catches_up:
            self.refresh(layout=True)

    def _hang_up(self) -> None:
        self.is_hung_up = True
        self._leave()

    def _leave(self) -> None:
        self.save_view()
        self.exit(0)

    def save_view(self) -> None:
        """Remember what is shown."""
        screen = self.run_screen
        if screen is None:
            return
        state = ViewState(
            screen.subject.pipeline,
            screen.subject.run,
            screen.chosen_step,
            self.here().screen if self.here().screen in (*TABLES, "run") else "run",
            self.chosen_theme,
            screen.log_pane.wraps,
            screen.zoomed_pane,
            dict(screen.pane_sizes),
        )
        view_state.save(self._view_file, state)

    @work(group="poll")
    async def _follow_records(self) -> None:
        """Ask again and again; one question waits for the answer to the last, so that no answer is lost."""
        while True:
            await asyncio.sleep(_POLL)
            with contextlib.suppress(SessionError):  # the next one, or what a person does next, says it
                if await self.bridge.poll():
                    self._tell_records()

    def _tell_records(self) -> None:
        if not self.app_focus:
            self._tell_ends()
        for screen, is_seen in self._seen_first():
            if is_seen:
                screen.records_changed()
            else:
                screen.miss()

    def _seen_first(self) -> Iterator[tuple[WorkbenchScreen, bool]]:
        """The screens on the stack, the front one first, and whether a person sees them."""
        found = [screen for screen in reversed(self.screen_stack) if isinstance(screen, WorkbenchScreen)]
        yield from ((screen, index == 0) for index, screen in enumerate(found))

    @work(group="files")
    async def _follow_files(self) -> None:
        """Show what saves bring about."""
        while True:
            try:
                change = await self.bridge.noticed()
            except SessionError:
                await asyncio.sleep(_POLL)
                continue
            if change.note:
                self.notify(one_line(change.note), title="Watching", severity="warning", timeout=20, markup=False)
            for screen, is_seen in self._seen_first():
                if is_seen or screen is self.run_screen:  # which is given what it needs, and asks for nothing
                    screen.take_change(change)
                elif change.files:
                    screen.miss(files=True)

    @work(exclusive=True, group="ends")
    async def _tell_ends(self) -> None:
        with contextlib.suppress(SessionError):
            self.tell_ends(await self.bridge.runs())

    @work(exclusive=True, group="away")
    async def _look_away(self) -> None:
        with contextlib.suppress(SessionError):
            self.watch_from_now(await self.bridge.runs())

    def on_app_blur(self, event: events.AppBlur) -> None:
        """A person looks away: remember what is going on."""
        del event
        self._look_away()

    # What screens ask

    def log_command(self, identifier: str, **values: object) -> None:
        """Write the twin of an action into the command log."""
        twin = action(identifier).twin
        if twin:
            line = twin.format_map(_Known({name: _quoted(str(value)) for name, value in values.items()}))
            self.commands.append(line)

    def log_words(self, *words: str) -> None:
        """Write a command line into the command log."""
        self.commands.append(" ".join(map(_quoted, words)))

    def copy(self, text: str) -> None:
        """By tmux inside tmux, else by OSC 52; and into a file, which always works."""
        if not text:
            return
        if not terminal.copy_in_tmux(text):
            self.copy_to_clipboard(text)
        file = terminal.copy_to_file(text, self._view_file.parent)
        self.notify(f"copied{f'; also in {file.name} under .mlpw/cache' if file else ''}", markup=False)

    def run_outside(self, command: list[str]) -> None:
        """Give the terminal to another program until it ends."""
        try:
            with self.suspend():
                subprocess.run(command, check=False)
        except SuspendNotSupported:
            self.notify("this terminal cannot be given to another program", severity="error", markup=False)
        except OSError as error:
            self.notify(first_line(f"{command[0]}: {error.strerror}"), severity="error", markup=False)

    # Actions of every screen

    def action_help(self) -> None:
        """Every key of the screen in front."""
        self.push_screen(HelpDialog(getattr(self.screen, "WHERE", "run")))

    def action_commands(self) -> None:
        """What was done here, as command lines."""
        lines = [Line(command) for command in self.commands[-200:]] or [Line("nothing done yet", style="paint--muted")]
        self.push_screen(TextDialog("Commands", lines))

    def action_copy(self) -> None:
        """Copy what is selected."""
        text = getattr(self.screen, "text_to_copy", None)
        if text is not None:
            self.copy(text())

    def action_workspaces(self) -> None:
        """Open another workspace, or begin one."""
        here = self.bridge.root
        offers = [*recent_offers(self.recent_workspaces, here), *template_offers(here.parent)]
        self.push_screen(WorkspacesDialog("Workspaces", (f"You are in {one_line(str(here))}.",), offers), self._go_to)

    def _go_to(self, offer: Offer | None) -> None:
        if offer is None:
            return
        try:
            self.next_workspace = take_up(offer)
        except (UserError, OSError) as error:
            self.notify(first_line(str(error)), severity="error", markup=False)
        else:
            self._leave()

    async def action_quit(self) -> None:
        """Leave; runs go on."""
        self._leave()


class _Known(dict[str, str]):
    """Values of a twin; what is not known stays a placeholder in capitals."""

    def __missing__(self, key: str) -> str:
        return key.upper()


def _quoted(value: str) -> str:
    import shlex

    return shlex.quote(value)


def run_workbench(folder: Path) -> int:
    """Open the workbench on `folder`, and on others from there, until a person leaves; the exit code.

    Raises core's UserError.
    """
    chosen: Path | None = _welcome(folder) if is_bare(folder) else folder
    code = 0
    while chosen is not None:
        code, chosen = _open(chosen)
    return code


def _welcome(folder: Path) -> Path | None:
    app = Welcome(Path(os.path.realpath(folder)))
    app.run()
    return app.chosen


def _open(folder: Path) -> tuple[int, Path | None]:
    """The workbench on one workspace: its exit code, and the workspace to go on with."""
    from tui.session import Session

    session = Session(folder)
    app = Workbench(session, session.view_file)
    try:
        return app.run() or 0, app.next_workspace
    finally:
        session.close()
        if app.is_hung_up:
            os._exit(0)  # textual's input thread reads the lost terminal for ever and would keep the process alive
