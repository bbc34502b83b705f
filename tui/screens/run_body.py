"""The panes of the Run screen: what they show of a pipeline or a run, and how one moves among them."""

import asyncio
from dataclasses import replace
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from tui.panes.detail import DetailPane, entry_lines, source_lines
from tui.panes.log import PANE_ACTIONS, LogPane
from tui.panes.notices import NoticeBar
from tui.panes.steps import StepsPane
from tui.panes.tree import Leaf, TreePane
from tui.screens.base import standing
from tui.screens.pane_sizes import PaneSizes
from tui.screens.scene import (
    first_steps,
    first_subject,
    is_live,
    log_title,
    most_telling,
    plan_standing,
    steps_remark,
    why_no_log,
)
from tui.views import Change, Entry, Kind, RunView, Scene, SessionError, StepState, Subject, Trouble
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.widgets.steps import StepsWidget

_SETTLE = 0.08


class RunBody(PaneSizes):
    """Tree, graph, detail and log, kept in step with a subject."""

    WHERE = "run"

    def __init__(self, subject: Subject = Subject(), step: str = "") -> None:  # noqa: B008 - a frozen value
        super().__init__()
        self.tree_pane = TreePane(id="tree")
        self.steps = StepsPane(id="steps")
        self.detail = DetailPane(id="detail")
        self.log_pane = LogPane(id="log")
        self.scene = Scene(subject)
        self._wanted_step = step
        self._by_hand = bool(step)
        self._drawing: bool | None = None
        self._ticking: Timer | None = None
        self._entries_loaded = False
        self._planned_once = Subject()
        self.notices = NoticeBar(id="notices")

    def body(self) -> ComposeResult:
        """Tree on the left; graph above detail and log on the right."""
        with Horizontal(id="body"):
            yield self.tree_pane
            with Vertical(id="main"):
                yield self.steps
                with Horizontal(id="lower"):
                    yield self.detail
                    yield self.log_pane
        yield self.notices

    def on_mount(self) -> None:
        """Fill the tree, then show what was shown last."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name)
        self.detail.set_title("Step")
        self.steps.show_words("Steps", Line("reading the workspace ...", style="paint--muted"))
        self.log_pane.show(None, "Log", "")
        self._ticking = self.set_interval(1.0, self._tick, pause=True)
        self.set_focus(self.tree_pane)
        self._load()

    # Loading

    @property
    def subject(self) -> Subject:
        """What is shown."""
        return self.scene.subject

    @property
    def state(self) -> StepState:
        """The selected step's state."""
        return self.scene.states.get(self.told_step, StepState())

    @property
    def told_step(self) -> str:
        """The step whose log is shown: the selected one, or the one of a nested pipeline that says most."""
        return self.steps.selected or self.steps.telling

    @property
    def chosen_step(self) -> str:
        """The step that a person chose, or an empty string when the workbench chose it."""
        return self.steps.selected if self._by_hand else ""

    @work(exclusive=True, group="tree")
    async def _load(self) -> None:
        """Read the tree; at first, show the last subject or the first pipeline."""
        try:
            entries = await self.bridge.entries()
            runs = await self.bridge.runs()
        except SessionError as error:
            self._show_trouble(error.trouble)
            return
        self.host.runs = runs
        self.tree_pane.show_entries(entries)
        self.tree_pane.show_runs(runs)
        self.tree_pane.set_status_colours(self._colours())
        if self._entries_loaded:
            return
        self._entries_loaded = True
        wanted = self.subject if self.subject != Subject() else first_subject(entries, runs)
        if wanted is None:
            self._show_first_steps(entries)
            return
        self.show_subject(wanted)

    def _colours(self) -> dict[Status, str]:
        colours = {}
        for status in Status:
            colour = self.log_pane.status_style(status).color
            colours[status] = colour.get_truecolor().hex if colour is not None and not colour.is_default else ""
        return colours

    def show_subject(self, subject: Subject, step: str = "") -> None:
        """Show a pipeline as it stands, or a run."""
        if step or subject != self.subject:
            self._by_hand = bool(step)
            self._wanted_step = step
        self.scene = Scene(subject, run=None)
        leaf = self.tree_pane.leaf_for(pipeline=subject.pipeline if not subject.run else "", run=subject.run)
        if leaf is not None:
            self.tree_pane.reveal(leaf)
        self._show()

    @work(exclusive=True, group="scene")
    async def _show(self, settle: float = 0.0, *, afresh: bool = False) -> None:
        """Show what is known at once, then what planning says."""
        if settle:
            await asyncio.sleep(settle)
        subject = self.subject
        try:
            scene = await self.bridge.scene(subject)
            self._take(scene)
            if not subject.run and (not is_live(scene) or self._planned_once != subject):
                self._take(await self.bridge.planned(subject, afresh=afresh))
                self._planned_once = subject  # what is saved while a run goes on is told from now on
        except SessionError as error:
            self._show_trouble(error.trouble)

    def _take(self, scene: Scene) -> None:
        """Show a scene, if it is still about what is wanted."""
        if scene.subject != self.subject or not self.query("#lower"):  # panes go before the screen when one leaves
            return
        if scene.graph is None and scene.trouble is not None:  # the last good graph stays
            scene = replace(self.scene, trouble=scene.trouble)
        before, self.scene = self.scene, scene
        if scene.graph is None:
            self._show_trouble(scene.trouble or Trouble("there is no graph"))
            return
        if not scene.is_planned and before.is_planned and scene.graph == before.graph and not is_live(scene):
            scene = self.scene = replace(scene, states=before.states, is_planned=True)
        select = self._choose_step(scene)
        self.steps.show_scene(scene, select, self._steps_title(scene), steps_remark(scene))
        self._fit()
        self._show_step()
        self._say()
        live = any(state.status.is_live for state in scene.states.values())
        if self._ticking is not None:
            (self._ticking.resume if live else self._ticking.pause)()

    def _choose_step(self, scene: Scene) -> str:
        """The step a person chose; else one that failed, that runs, that would run, or the first."""
        known = scene.graph.steps if scene.graph else {}
        if self._wanted_step in known:
            chosen, self._wanted_step = self._wanted_step, ""
            return chosen
        if self._by_hand and (self.steps.selected in known or self.steps.selected_group):
            return self.steps.chosen
        kept = self.steps.selected if self.steps.selected in known else next(iter(known), "")
        return most_telling(scene) or kept

    def _steps_title(self, scene: Scene) -> str:
        count = len(scene.graph.steps) if scene.graph else 0
        return f"Steps {count:,}"

    def _show_step(self) -> None:
        """Detail and log of the selected step."""
        graph = self.scene.graph
        name = self.steps.selected
        step = graph.steps.get(name) if graph else None
        if step is None:
            self.detail.clear()
            self.log_pane.show(None, "Log", "")
            return
        state = self.state
        self.detail.show_step(self.bridge, self.subject, step, state)
        self.log_pane.show(state.log, log_title(name, state), why_no_log(state), can_grow=state.status.is_live)

    def _show_trouble(self, trouble: Trouble) -> None:
        self.steps.show_trouble("Cannot be shown", trouble, source_lines(self.bridge.root, trouble))
        self.detail.clear()
        self.log_pane.show(None, "Log", "")
        self._fit()
        self._say()

    def _show_first_steps(self, entries: list[Entry]) -> None:
        if any(entry.kind is Kind.PIPELINE for entry in entries):
            return
        self.steps.show_words("First steps", *first_steps(self.bridge.root))
        self._fit()

    def _say(self) -> None:
        """The header: where one is, and how it stands; the footer: what can be done about it."""
        self._hint()
        subject, scene = self.subject, self.scene
        name = scene.graph.name if scene.graph else Path(subject.pipeline).name
        crumbs = [self.bridge.name, name]
        crumbs += [f"run {subject.run}"] if subject.run else []
        crumbs += [self.steps.chosen] if self.has_class("-in") else []
        self.header.set_crumbs(*crumbs)
        if subject.run or is_live(scene):
            self.header.set_standing(*standing(scene.run, self.host.ascii_only))
        elif scene.graph is not None:
            self.header.set_standing(*plan_standing(scene, self.host.ascii_only))
        else:
            self.header.set_standing()

    def _hint(self) -> None:
        """The footer: what can be done now, where the keys are."""
        elsewhere = ("run.watch",) if self.log_pane.has_focus else PANE_ACTIONS
        self.footer.set_hints(self.hints(elsewhere if is_live(self.scene) else ("run.cancel", *elsewhere)))

    # What changes by itself

    def records_changed(self) -> None:
        """A run moved on: recolour."""
        if self.is_mounted and self._entries_loaded:
            self._load()
            if self.subject != Subject():
                self._show()

    def take_change(self, change: Change) -> None:
        """Show how the pipeline stands after a save."""
        if not self.is_mounted:
            return
        if change.definitions or change.started:
            self._load()
        for scene in change.scenes:
            if scene.subject == self.subject:
                self._take(scene)

    def files_changed(self) -> None:
        """Read and plan again, looking at every file."""
        if self.is_mounted:
            self._load()
            if self.subject != Subject():
                self._show(afresh=True)

    def _tick(self) -> None:
        self.steps.tick()
        if is_live(self.scene):
            self.header.set_standing(*standing(self.scene.run, self.host.ascii_only))

    # Moving about

    def on_tree_pane_highlighted(self, event: TreePane.Highlighted) -> None:
        """Show what the tree's cursor stands on, after it has come to rest."""
        event.stop()
        self._show_leaf(event.leaf, _SETTLE)

    def on_tree_pane_entered(self, event: TreePane.Entered) -> None:
        """Show it and go in."""
        event.stop()
        self._show_leaf(event.leaf, 0)
        self.steps.focus_shown()

    def _show_leaf(self, leaf: Leaf, settle: float) -> None:
        if isinstance(leaf, RunView):
            subject = Subject(leaf.pipeline, leaf.number)
        elif leaf.kind is Kind.PIPELINE and leaf.trouble is None:
            subject = Subject(str(leaf.path))
        else:
            self._show_entry(leaf)
            return
        if subject == self.subject:
            return
        self._by_hand = False
        self.scene = Scene(subject)
        self._show(settle)

    def _show_entry(self, entry: Entry) -> None:
        """A leaf without a graph: its facts and its file."""
        self.scene = Scene(Subject(str(entry.path or "")))
        if entry.trouble is not None:
            self._show_trouble(entry.trouble)
        else:
            self.steps.show_words(entry.name, *entry_lines(entry))
            self.detail.clear()
            path = self.bridge.root / entry.path if entry.path else None
            self.log_pane.show(path, str(entry.path or "no file"), "registered; it has no file here")
            self.log_pane.set_follow(False)
            self.log_pane.move_to_start()
        self.header.set_crumbs(self.bridge.name, entry.name)
        self.header.set_standing()
        self._fit()

    def on_steps_widget_selected(self, event: StepsWidget.Selected) -> None:
        """A person chose a step."""
        event.stop()
        self._by_hand = True
        self.steps.uncover(event.name)
        self._show_step()
        self._say()

    def on_steps_widget_entered(self, event: StepsWidget.Entered) -> None:
        """Into the log."""
        event.stop()
        self.log_pane.focus()

    def on_steps_widget_left(self, event: StepsWidget.Left) -> None:
        """Back to the tree."""
        event.stop()
        self.tree_pane.focus()

    def on_log_pane_enlarge(self, event: LogPane.Enlarge) -> None:
        """The log on the whole screen."""
        event.stop()
        self.call_later(self.run_action, "log")

    def on_descendant_focus(self) -> None:
        """Under 100 columns the tree gives way to what a person went into."""
        inside = self.focused is not None and self.focused is not self.tree_pane
        if inside != self.has_class("-in") and self.focused is not self.filter_line:
            self.set_class(inside, "-in")
            self._say()
        self._hint()

    def action_out(self) -> None:
        """One step outward: filter, zoom, log, steps, tree."""
        filtered = self.tree_pane if self.tree_pane.has_focus else self.steps
        if filtered.has_focus_within and filtered.filter:
            filtered.set_filter("")
        elif self._zoomed is not None:
            self.call_later(self.run_action, "zoom_out")
        elif self.log_pane.has_focus and self.log_pane.leave_mode():
            pass
        elif self.focused in (self.log_pane, self.detail):
            self.steps.focus_shown()
        elif not self.host.go_out() and self.focused is not self.tree_pane:
            self.tree_pane.focus()

    def on_resize(self) -> None:
        """Boxes where there is room, rails where there is not."""
        self._fit()

    def _fit(self) -> None:
        """Give the graph the rows it needs, at most somewhat more than half."""
        boxes = self.app.size.width >= 100 if self._drawing is None else self._drawing
        self.steps.set_drawing(boxes)
        words = isinstance(self.steps.shown, Document)
        height = self.app.size.height - 2
        room = height * (60 if boxes else 50) // 100
        wanted = max(5, min(self.steps.rows_wanted(), room)) if not words else "1fr"
        showing_file = words and self.log_pane.path is not None
        self.steps.styles.height = 9 if showing_file else wanted
        self.query_one("#lower").display = not words or showing_file
        self.detail.set_class(words, "-empty")
        self.apply_sizes()
