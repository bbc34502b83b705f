"""Going about the workbench: a stack of screens over the Run screen, back and forward, the palette."""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual import work
from textual.app import App

from tui import recent
from tui.dialogs.palette import PaletteDialog
from tui.dialogs.suggestions import Suggestion
from tui.history import History, Spot
from tui.keys.actions import ACTIONS, method
from tui.screens.base import Host, PlacedScreen, WorkbenchScreen
from tui.screens.offers import BASIC, offers_of
from tui.screens.run import RunScreen
from tui.views import Kind, RunView, SessionError, Subject
from tui.widgets.steps import StepsWidget

#: The screens of tables; their modules are loaded when one is first opened, as the Run screen must be there at once.
_TABLES = ("runs", "data", "models", "environments", "components", "computes")
_SCREEN_OF = {
    Kind.DATA: "data",
    Kind.MODEL: "models",
    Kind.ENVIRONMENT: "environments",
    Kind.COMPONENT: "components",
}


class Navigation(App[int], Host):
    """The part of the app that moves between screens; the Run screen always lies at the bottom."""

    run_screen: RunScreen | None = None
    _recent_file: Path | None = None

    def begin_navigation(self, run_screen: RunScreen, recent_file: Path) -> None:
        """Put the Run screen at the bottom; remember palette commands in `recent_file`."""
        self.run_screen = run_screen
        self._history = History()
        self._entered: tuple[Spot, Subject] | None = None
        self._recent_file = recent_file
        self._recent = recent.load(recent_file)
        self.push_screen(run_screen)

    # Where one is

    def here(self) -> Spot:
        """The view in front; what lies over a place of its own (a log, a dialog) does not count."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, PlacedScreen):
                return screen.spot
        screen = self.run_screen
        return Spot("run", screen.subject, row=screen.chosen_step) if screen else Spot()

    def go(self, spot: Spot) -> None:
        """Show a view; the way back is remembered."""
        now = self.here()
        if not spot.is_like(now):
            self._history.leave(now)
        self._entered = (now, spot.subject) if spot.screen == "run" and now.screen != "run" else None
        self._show(spot)

    def _show(self, spot: Spot) -> None:
        if spot.screen == "run":
            self._to_run()
            if self.run_screen is not None and spot.subject != Subject():
                self.run_screen.show_subject(spot.subject, spot.row)
                self.run_screen.steps.focus_shown()
        elif spot.screen == "asset":
            kind, _, key = spot.about.partition(":")
            from tui.screens.asset import AssetScreen

            below = _SCREEN_OF[Kind(kind)]
            if self._where() != below:
                self._show(Spot(below, row=key))
            self.push_screen(AssetScreen(Kind(kind), key, spot.row))
        elif spot.screen == "compare":
            from tui.screens.compare import CompareScreen

            if self._where() != "runs":
                self._show(Spot("runs"))
            self.push_screen(CompareScreen([int(number) for number in spot.about.split(",")], spot.filter))
        else:
            self._to_run()
            if spot.screen in _TABLES:
                self.push_screen(_table(spot))

    def _to_run(self) -> None:
        while len(self.screen_stack) > 1 and self.screen is not self.run_screen:
            self.pop_screen()

    def go_out(self) -> bool:
        """One level outward: from a screen to the one below, from a run to where it was entered; False at the end."""
        if self.screen is not self.run_screen:
            self._history.leave(self.here())
            self.pop_screen()
            return True
        if self._entered is not None and self._entered[1] == self.run_screen.subject:
            spot, self._entered = self._entered[0], None
            self._history.leave(self.here())
            self._show(spot)
            return True
        return False

    async def action_back(self) -> None:
        """Where one was before."""
        self._move(self._history.back(self.here()), "nothing lies further back")

    async def action_forward(self) -> None:
        """Where one was before going back."""
        self._move(self._history.forward(self.here()), "nothing lies ahead")

    def _move(self, spot: Spot | None, why_not: str) -> None:
        self._entered = None
        if spot is None:
            self.notify(why_not, markup=False)
        else:
            self._show(spot)

    # Screens by number

    def action_screen_run(self) -> None:
        """The Run screen in front."""
        if self.run_screen is not None and self.here().screen != "run":
            self.go(Spot("run"))
        else:
            self._to_run()

    def action_screen_runs(self) -> None:
        """The Runs screen in front."""
        self._section("runs")

    def action_screen_data(self) -> None:
        """The Data screen in front."""
        self._section("data")

    def action_screen_models(self) -> None:
        """The Models screen in front."""
        self._section("models")

    def action_screen_environments(self) -> None:
        """The Environments screen in front."""
        self._section("environments")

    def action_screen_components(self) -> None:
        """The Components screen in front."""
        self._section("components")

    def action_screen_computes(self) -> None:
        """The Computes screen in front."""
        self._section("computes")

    def _section(self, name: str) -> None:
        if self._where() != name:
            self.go(Spot(name))

    def _where(self) -> str:
        return getattr(self.screen, "WHERE", "")

    # What screens ask

    def open_run(self, run: RunView) -> None:
        """Show a run in the Run screen."""
        self.go(Spot("run", Subject(run.pipeline, run.number)))

    @work(group="go")
    async def show_run(self, number: int, step: str = "") -> None:
        """Show a run by its number."""
        from tui.reading.runs import one_run

        try:
            run = await self.bridge.read(one_run(number))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.go(Spot("run", Subject(run.pipeline, run.number), row=step))

    def choose(self, offers: Sequence[Suggestion]) -> None:
        """Ask for one of a few commands, and do it."""
        self.push_screen(PaletteDialog(offers, ()), self._do)

    # The palette

    def action_palette(self) -> None:
        """Type a command: an action, a screen, a name."""
        dialog = PaletteDialog([*self._actions(), *BASIC, *self._known()], self._recent, is_waiting=True)
        self.push_screen(dialog, self._chosen)
        self._offer_more(dialog)

    def _actions(self) -> Iterable[Suggestion]:
        where = self._where()
        for found in ACTIONS:
            if where in found.where and not found.id.startswith("app.screen_"):
                yield Suggestion(found.label, found.help, f"{found.label}  ({found.key})", found.id)

    def _known(self) -> Iterable[Suggestion]:
        steps = self.run_screen.scene.graph.steps if self.run_screen and self.run_screen.scene.graph else ()
        yield from (Suggestion(f"step {name}", "Go to this step") for name in steps)
        yield from (Suggestion(f"theme {name}", "Use this theme") for name in self.theme_names())

    @work(exclusive=True, group="offers")
    async def _offer_more(self, dialog: PaletteDialog) -> None:
        from tui.reading.names import names  # it reads definitions, which a start does not

        found: list[Suggestion] = []
        with contextlib.suppress(SessionError):
            runs = await self.bridge.runs()
            found = offers_of(await self.bridge.read(names), runs)
        dialog.offer(found)

    def _chosen(self, chosen: Suggestion | None) -> None:
        if chosen is not None and self._recent_file is not None:
            self._recent = recent.add(self._recent_file, self._recent, chosen.text)
            self._do(chosen)

    def _do(self, chosen: Suggestion | None) -> None:
        if chosen is None:
            return
        if chosen.action:
            self.call_later(self.screen.run_action, method(chosen.action))
            return
        verb, _, rest = chosen.text.partition(" ")
        if verb == "theme":
            self.use_theme(rest)
        elif verb == "step":
            self._to_step(rest)
        elif verb == "run" and rest.isdecimal():
            self.show_run(int(rest))
        elif verb == "run":
            self.go(Spot("run", Subject(rest)))
        elif chosen.names:
            self.go(Spot("asset", about=chosen.names))
        elif verb == "compare":
            self._compare(rest)
        elif verb in _TABLES:
            self.go(Spot(verb, filter=rest))

    def _compare(self, text: str) -> None:
        numbers = text.replace(",", " ").split()
        if len(set(numbers)) < 2 or not all(number.isdecimal() for number in numbers):
            self.notify("name two to six runs: compare 11 12", severity="warning", markup=False)
            return
        self.log_words("mlpw", "compare", *numbers)
        self.go(Spot("compare", about=",".join(numbers)))

    def _to_step(self, name: str) -> None:
        self.action_screen_run()
        if self.run_screen is not None:
            self.run_screen.steps.shown.post_message(StepsWidget.Selected(name))
            self.run_screen.steps.focus_shown()


def _table(spot: Spot) -> WorkbenchScreen:
    """The screen of runs, or of a kind of asset."""
    if spot.screen == "runs":
        from tui.screens.runs import RunsScreen

        return RunsScreen(spot.filter, spot.row)
    if spot.screen == "computes":
        from tui.screens.computes import ComputesScreen

        return ComputesScreen(spot.filter, spot.row)
    from tui.screens.assets import SCREENS

    return SCREENS[spot.screen](spot.filter, spot.row)
