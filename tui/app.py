"""The workbench: screens, keys and themes over a session; no engine calls here."""

import contextlib
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, SuspendNotSupported
from textual.binding import BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.filter import LineFilter

from tui import terminal, themes, view_state
from tui.dialogs.box import TextDialog
from tui.dialogs.help import HelpDialog
from tui.keys.actions import ACTIONS, action, bindings, method
from tui.screens.base import Host, WorkbenchScreen
from tui.screens.run import RunScreen
from tui.screens.runs import RunsScreen
from tui.view_state import ViewState
from tui.views import Bridge, RunView, SessionError, Subject
from tui.widgets.document import Line
from tui.widgets.text import AsciiGuard, ControlGuard
from tui.wording.safe import first_line
from tui.wording.status import wants_ascii

_POLL = 0.5


class ActionProvider(Provider):
    """The palette's lines: every action that the screen in front offers."""

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for title, help_text, identifier in self._offers():
            yield DiscoveryHit(title, partial(self._do, identifier), help=help_text)

    async def search(self, query: str) -> Hits:
        """What matches."""
        matcher = self.matcher(query)
        for title, help_text, identifier in self._offers():
            score = max(matcher.match(title), matcher.match(help_text))
            if score > 0:
                yield Hit(score, matcher.highlight(title), partial(self._do, identifier), help=help_text)

    def _offers(self) -> list[tuple[str, str, str]]:
        where = getattr(self.screen, "WHERE", "")
        return [(f"{found.label}  ({found.key})", found.help, found.id) for found in ACTIONS if where in found.where]

    async def _do(self, identifier: str) -> None:
        await self.screen.run_action(method(identifier))


class Workbench(App[int], Host):
    """The Textual app."""

    TITLE = "mlpw"
    CSS_PATH = "styles/workbench.tcss"
    COMMANDS = {ActionProvider}
    COMMAND_PALETTE_BINDING = "colon"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(("app.",), "run")]

    def __init__(self, bridge: Bridge, view_file: Path, *, own_themes: Path | None = None) -> None:
        without_colour = "NO_COLOR" in os.environ
        remote = terminal.is_remote()
        super().__init__(
            driver_class=terminal.StillMouseDriver if remote else None, ansi_color=True if without_colour else None
        )
        if remote:
            terminal.slow_down()
            self.animation_level = "none"
        self.bridge = bridge
        self.is_hung_up = False
        self.ascii_only = wants_ascii()
        self.runs: list[RunView] = []
        self.commands: list[str] = []
        self._view_file = view_file
        self._view = view_state.load(view_file)
        self._guard = AsciiGuard() if self.ascii_only else ControlGuard()
        self._load_themes(own_themes or themes.user_folder() / "themes")
        self.theme = themes.WITHOUT_COLOUR if without_colour or remote else self._wanted_theme()
        self._run_screen: RunScreen | None = None

    # Looks

    def _load_themes(self, own: Path) -> None:
        found = themes.load(own)
        for theme in found.themes:
            self.register_theme(theme)
        self._theme_troubles = found.troubles

    def _wanted_theme(self) -> str:
        wanted = self._view.theme
        return wanted if wanted in self.available_themes else themes.DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables for themes that do not know them."""
        return dict(themes.FALLBACK)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Every strip of every widget passes the guard last."""
        return [*super().get_line_filters(), self._guard]

    # Life

    def on_mount(self) -> None:
        """Open where a person left off."""
        self._run_screen = RunScreen(Subject(self._view.pipeline, self._view.run), self._view.step)
        self.push_screen(self._run_screen)
        if self._view.screen == "runs":
            self.push_screen(RunsScreen())
        self._run_screen.log_pane.set_wrap(self._view.wrap)
        self.set_interval(_POLL, self._poll)
        self._load_keys(themes.user_folder() / "keys.toml")
        for trouble in self._theme_troubles:
            self.notify(first_line(trouble), severity="warning", markup=False)
        self._hear_hangup()

    def _hear_hangup(self) -> None:
        """The terminal goes away, with a signal or without one: remember the view and leave; runs go on."""
        import asyncio

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hang_up)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._leave)
        if sys.__stdin__ is not None and sys.__stdin__.isatty():
            self.set_interval(_POLL, partial(self._look_at_terminal, sys.__stdin__.fileno()))

    def _look_at_terminal(self, descriptor: int) -> None:
        if not self.is_hung_up and terminal.is_gone(descriptor):
            self._hang_up()

    def _hang_up(self) -> None:
        self.is_hung_up = True
        self._leave()

    def _leave(self) -> None:
        self.save_view()
        self.exit(0)

    def _load_keys(self, file: Path) -> None:
        """A person's own keys: [keys] in keys.toml, action or movement id -> keys."""
        try:
            keys = tomllib.loads(file.read_text(encoding="utf-8")).get("keys", {})
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.notify(first_line(f"{file.name}: {error}"), severity="warning", markup=False)
            return
        self.set_keymap({str(name): str(value) for name, value in keys.items()})

    def save_view(self) -> None:
        """Remember what is shown."""
        screen = self._run_screen
        if screen is None:
            return
        in_front = next((s for s in reversed(self.screen_stack) if isinstance(s, WorkbenchScreen)), screen)
        state = ViewState(
            screen.subject.pipeline,
            screen.subject.run,
            screen.chosen_step,
            "runs" if isinstance(in_front, RunsScreen) else "run",
            self.theme if self.theme != themes.WITHOUT_COLOUR else self._view.theme,
            screen.log_pane.wraps,
        )
        view_state.save(self._view_file, state)

    @work(exclusive=True, group="poll")
    async def _poll(self) -> None:
        try:
            change = await self.bridge.poll()
        except SessionError:
            return  # the next poll, or what a person does next, says it
        if not change.files and not change.records:
            return
        for screen in self.screen_stack:
            if isinstance(screen, WorkbenchScreen):
                if change.files:
                    screen.files_changed()
                else:
                    screen.records_changed()

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

    def open_run(self, run: RunView) -> None:
        """Show a run in the Run screen."""
        self.action_screen_run()
        if self._run_screen is not None:
            self._run_screen.show_subject(Subject(run.pipeline, run.number))
            self._run_screen.steps.focus_shown()

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

    def action_screen_run(self) -> None:
        """The Run screen in front."""
        while len(self.screen_stack) > 1 and self.screen is not self._run_screen:
            self.pop_screen()

    def action_screen_runs(self) -> None:
        """The Runs screen in front."""
        if not isinstance(self.screen, RunsScreen):
            self.action_screen_run()
            self.push_screen(RunsScreen())

    def action_palette(self) -> None:
        """Search everything that can be done."""
        self.action_command_palette()

    def action_theme(self) -> None:
        """Choose a theme."""
        self.search_themes()

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
    """Open the workbench on the workspace `folder` until a person leaves; the exit code. Raises core's UserError."""
    from tui.session import Session

    session = Session(folder)
    app = Workbench(session, session.view_file)
    try:
        return app.run() or 0
    finally:
        session.close()
        if app.is_hung_up:
            os._exit(0)  # textual's input thread reads the lost terminal for ever and would keep the process alive
