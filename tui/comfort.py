"""What makes the workbench a person's own: theme, keys, mouse, slow lines, and telling of a run's end."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from textual import events
from textual.filter import LineFilter
from textual.screen import Screen

from tui import settings, terminal, themes
from tui.dialogs.themes import Choice, ThemeDialog
from tui.keys import chosen
from tui.keys.actions import key_of
from tui.keys.moves import move_key
from tui.terminal import Mouse, WorkbenchDriver
from tui.type_ahead import TypeAhead
from tui.views import RunView
from tui.widgets.text import AsciiGuard, ControlGuard
from tui.wording.safe import first_line, one_line
from tui.wording.status import wants_ascii, word

#: Seconds for which a toast stays that nobody saw come: until they return, and then.
_UNTIL_RETURN, _AFTER_RETURN = 24 * 3600, 8


class Comfort(TypeAhead):
    """A Textual app with a person's settings; knows nothing of workspaces."""

    def __init__(self, workspace_theme: str = "", *, own_themes: Path | None = None) -> None:
        self._settings, trouble = settings.read_settings(settings.config_folder() / "settings.toml")
        self._troubles = [trouble] if trouble else []
        self._memory_file = settings.state_folder() / "state.json"
        self._memory = settings.recall(self._memory_file)
        self._is_colourless = bool(os.environ.get("NO_COLOR"))
        super().__init__(driver_class=WorkbenchDriver, ansi_color=True if self._is_colourless else None)
        self.ascii_only = wants_ascii()
        self._guard = AsciiGuard() if self.ascii_only else ControlGuard()
        self._is_slow = False
        self._hears_mouse = self._settings.mouse
        self._is_told = False
        self._live_at_blur: frozenset[int] = frozenset()
        self._load_themes(own_themes or settings.config_folder() / "themes")
        self._load_keys(settings.config_folder() / "keys.toml")
        self._wanted_theme = self._first_known(workspace_theme, self._memory.theme, self._settings.theme)
        self._set_slow(self._settings.slow == "on" or (self._settings.slow == "auto" and terminal.is_remote()))

    # Themes

    def _load_themes(self, own: Path) -> None:
        self._themes = themes.load(own)
        for theme in self._themes.themes:
            self.register_theme(theme)
        self._troubles += self._themes.troubles

    def _first_known(self, *names: str) -> str:
        return next((name for name in names if name in self.theme_names()), themes.DEFAULT)

    @property
    def chosen_theme(self) -> str:
        """The theme a person wants, whatever the terminal makes the workbench show now."""
        return self._wanted_theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables for themes that do not know them."""
        return dict(themes.FALLBACK)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Every strip of every widget passes the guard last."""
        return [*super().get_line_filters(), self._guard]

    def action_theme(self) -> None:
        """Choose a theme, seeing each."""
        before = self.theme

        def chosen(name: str | None) -> None:
            self.theme = before
            self.use_theme(name or "")

        choices = [Choice(theme.name, self._themes.about[theme.name], theme.dark) for theme in self._themes.themes]
        self.push_screen(ThemeDialog(choices, before, self._preview_theme), chosen)

    def theme_names(self) -> list[str]:
        """The themes that can be chosen."""
        return [theme.name for theme in self._themes.themes]

    def use_theme(self, name: str) -> None:
        """Take a theme, and remember it."""
        if name in self.theme_names():
            self.theme = self._wanted_theme = name
            self._remember(theme=name)

    def _preview_theme(self, name: str) -> None:
        if name:
            self.theme = name

    # Keys

    def _load_keys(self, path: Path) -> None:
        """A person's own keys; what is wrong with them, and which of them meet, is said at start."""
        chosen.use({}, ascii_only=self.ascii_only)
        if not path.exists():
            return
        from tui.keys import keymap, table  # reads every screen's keys; most people have no file

        found = keymap.load(path, table.known_ids())
        chosen.use(found.keys, ascii_only=self.ascii_only)
        self.set_keymap(dict(found.keys))
        self._troubles += [found.trouble] if found.trouble else []
        self._troubles += [f"{path.name}: {clash}" for clash in table.clashes(found.keys)]

    # The terminal: slow lines and the mouse

    def _set_slow(self, slow: bool) -> None:
        self._is_slow = slow
        terminal.set_repaint_period(terminal.SLOW_PERIOD if slow else terminal.QUICK_PERIOD, self._screens())
        self.animation_level = "none" if slow else "full"
        self.theme = themes.WITHOUT_COLOUR if slow or self._is_colourless else self._wanted_theme
        self._hear_mouse()

    def _screens(self) -> list[Screen[object]]:
        return cast("list[Screen[object]]", self.screen_stack) if self.is_running else []

    def _hear_mouse(self) -> None:
        wanted = Mouse.NOTHING if not self._hears_mouse else Mouse.CLICKS if self._is_slow else Mouse.MOTION
        if isinstance(self._driver, WorkbenchDriver):
            self._driver.hear_mouse(wanted)
        else:
            WorkbenchDriver.mouse = wanted

    def action_slow_line(self) -> None:
        """Fewer repaints, the terminal's own colours, no motion of the mouse; or all of that again."""
        self._set_slow(not self._is_slow)
        self._say(
            "slow line: few repaints, plain colours" if self._is_slow else "quick line: everything is shown at once"
        )

    def action_mouse(self) -> None:
        """Leave the mouse to the terminal, or take it back."""
        self._hears_mouse = not self._hears_mouse
        self._hear_mouse()
        self._say("the mouse works here" if self._hears_mouse else "the mouse selects text, as the terminal does it")

    # Telling

    def _say(self, text: str, *, warning: bool = False) -> None:
        self.notify(text, severity="warning" if warning else "information", markup=False)

    def _greet(self) -> None:
        """What is wrong with a person's files; and at the very first start, where help is."""
        for trouble in self._troubles:
            self._say(first_line(trouble), warning=True)
        if not self._memory.greeted:
            self.notify(_greeting(), title="Welcome", timeout=20, markup=False)
            self._remember(greeted=True)

    @property
    def recent_workspaces(self) -> list[Path]:
        """The workspaces opened last that still are there, newest first."""
        return settings.recall(self._memory_file).workspaces()

    def remember_workspace(self, folder: Path) -> None:
        """A workspace was opened just now."""
        self._remember(recent=settings.recall(self._memory_file).opened(folder).recent)

    def _remember(self, **changed: object) -> None:
        """Write into what is remembered, beside what other workbenches wrote there meanwhile."""
        self._memory = replace(settings.recall(self._memory_file), **changed)  # type: ignore[arg-type]
        settings.remember(self._memory_file, self._memory)

    def tell_ends(self, runs: Sequence[RunView]) -> None:
        """While nobody looks: a bell, a toast and perhaps a notice for every run that ended since they looked away."""
        if self.app_focus:
            return
        ended = [run for run in runs if run.number in self._live_at_blur and not run.is_live]
        self._live_at_blur -= {run.number for run in ended}
        for run in ended:
            text = f"run {run.number} of {one_line(run.pipeline)}: {word(run.status)}"
            self._is_told = True
            self.notify(text, title="A run ended", timeout=_UNTIL_RETURN, markup=False)
            if self._settings.bell:
                self.bell()
            notice = terminal.desktop_notice(self._settings.notice, "mlpw", text)
            if notice and self._driver is not None:
                self._driver.write(notice)

    def watch_from_now(self, runs: Sequence[RunView]) -> None:
        """Remember which runs are going on when a person looks away."""
        self._live_at_blur = frozenset(run.number for run in runs if run.is_live)

    def on_app_focus(self, event: events.AppFocus) -> None:
        """What was told to nobody stays a moment longer."""
        del event
        if self._is_told:
            self._is_told = False
            self.set_timer(_AFTER_RETURN, self.clear_notifications)


def _greeting() -> str:
    keys = [key_of("app.help"), key_of("app.palette"), move_key("run.out", "escape"), key_of("app.quit")]
    return "{} shows every key, {} finds everything that can be done, {} goes back, {} leaves (runs go on)".format(
        *keys
    )
