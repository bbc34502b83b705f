"""The Run screen: tree, graph, detail and log of one pipeline or one of its runs."""

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from tui.actions import bindings
from tui.dialogs.box import ConfirmDialog, TextDialog, when_yes
from tui.dialogs.run_plan import RunPlanDialog
from tui.panes.detail import DetailPane, entry_lines, source_lines, step_lines, why_lines
from tui.panes.log import LogPane
from tui.panes.steps import StepsPane
from tui.panes.tree import Leaf, TreePane
from tui.screens.base import WorkbenchScreen, standing
from tui.views import Entry, Kind, Place, RunView, Scene, SessionError, StepState, Subject, Trouble
from tui.widgets.document import Document, Line
from tui.widgets.frame import FramedWidget
from tui.widgets.status import Status, glyph
from tui.widgets.steps import StepsWidget

_SETTLE = 0.08
_FAILURES = (Status.FAILED,)


class RunScreen(WorkbenchScreen):
    """Everything about one pipeline at a glance."""

    WHERE = "run"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("run.", "step.", "view.", "log."), "run"),
        Binding("escape", "out", "out", show=False, id="run.out"),
    ]

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
        self._zoomed: Widget | None = None
        self._entries_loaded = False

    def body(self) -> ComposeResult:
        """Tree on the left; graph above detail and log on the right."""
        with Horizontal(id="body"):
            yield self.tree_pane
            with Vertical(id="main"):
                yield self.steps
                with Horizontal(id="lower"):
                    yield self.detail
                    yield self.log_pane

    def on_mount(self) -> None:
        """Fill the tree, then show what was shown last."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name)
        self.detail.set_title("Step")
        self.steps.show_words("Steps", Line("reading the workspace ...", style="paint--muted"))
        self.log_pane.show(None, "Log", "")
        self._ticking = self.set_interval(1.0, self._tick, pause=True)
        self.tree_pane.focus()
        self._load()

    # Loading

    @property
    def subject(self) -> Subject:
        """What is shown."""
        return self.scene.subject

    @property
    def state(self) -> StepState:
        """The selected step's state."""
        return self.scene.states.get(self.steps.selected, StepState())

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
        wanted = self.subject if self.subject != Subject() else _first_subject(entries, runs)
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
        if subject != self.subject:
            self._by_hand = bool(step)
            self._wanted_step = step
        self.scene = Scene(subject, run=None)
        leaf = self.tree_pane.leaf_for(pipeline=subject.pipeline if not subject.run else "", run=subject.run)
        if leaf is not None:
            self.tree_pane.reveal(leaf)
        self._show()

    @work(exclusive=True, group="scene")
    async def _show(self, settle: float = 0.0) -> None:
        """Show what is known at once, then what planning says."""
        if settle:
            await asyncio.sleep(settle)
        subject = self.subject
        try:
            scene = await self.bridge.scene(subject)
            self._take(scene)
            if not subject.run and scene.trouble is None and not _is_live(scene):
                self._take(await self.bridge.planned(subject))
        except SessionError as error:
            self._show_trouble(error.trouble)

    def _take(self, scene: Scene) -> None:
        """Show a scene, if it is still about what is wanted."""
        if scene.subject != self.subject:
            return
        before, self.scene = self.scene, scene
        if scene.graph is None:
            self._show_trouble(scene.trouble or Trouble("there is no graph"))
            return
        if not scene.is_planned and before.is_planned and scene.graph == before.graph and not _is_live(scene):
            scene = self.scene = Scene(scene.subject, scene.graph, before.states, scene.run, None, True)
        select = self._choose_step(scene)
        self.steps.show_scene(scene, select, self._steps_title(scene))
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
        if self._by_hand and self.steps.selected in known:
            return self.steps.selected
        for wanted in (Status.FAILED, Status.RUNNING, Status.PREPARING, Status.STALE):
            for name, state in scene.states.items():
                if state.status is wanted:
                    return name
        return self.steps.selected if self.steps.selected in known else next(iter(known), "")

    def _steps_title(self, scene: Scene) -> str:
        count = len(scene.graph.steps) if scene.graph else 0
        return f"Steps {count}"

    def _show_step(self) -> None:
        """Detail and log of the selected step."""
        graph = self.scene.graph
        name = self.steps.selected
        step = graph.steps.get(name) if graph else None
        if step is None:
            self.detail.set_lines([])
            self.log_pane.show(None, "Log", "")
            return
        self.detail.set_title(name)
        self.detail.set_lines(step_lines(step, self.state))
        self.log_pane.show(self.state.log, f"{name} log", _why_no_log(self.state))

    def _show_trouble(self, trouble: Trouble) -> None:
        self.steps.show_trouble("Cannot be shown", trouble, source_lines(self.bridge.root, trouble))
        self.detail.set_lines([])
        self.log_pane.show(None, "Log", "")
        self._fit()
        self._say()

    def _show_first_steps(self, entries: list[Entry]) -> None:
        if any(entry.kind is Kind.PIPELINE for entry in entries):
            return
        self.steps.show_words(
            "First steps",
            Line("This folder has no pipeline yet.", style="paint--title"),
            Line(),
            Line("A pipeline is a YAML file in the language of Azure ML's command line (CLI v2)."),
            Line("Put one anywhere below this folder and it appears here at once."),
            Line(),
            Line(str(self.bridge.root), label="folder"),
            Line("mlpw init", label="begin", style="status--running"),
            Line("writes a small pipeline that runs", label=""),
            Line(),
            Line("? shows every key, q leaves.", style="paint--muted"),
        )
        self._fit()

    def _say(self) -> None:
        """The header: where one is, and how it stands."""
        subject, scene = self.subject, self.scene
        name = scene.graph.name if scene.graph else Path(subject.pipeline).name
        crumbs = [self.bridge.name, name]
        crumbs += [f"run {subject.run}"] if subject.run else []
        crumbs += [self.steps.selected] if self.has_class("-in") else []
        self.header.set_crumbs(*crumbs)
        if subject.run or _is_live(scene):
            self.header.set_standing(*standing(scene.run, self.host.ascii_only))
        elif scene.graph is not None:
            self.header.set_standing(*self._plan_standing(scene))
        else:
            self.header.set_standing()

    def _plan_standing(self, scene: Scene) -> list[tuple[str, str]]:
        if not scene.is_planned:
            return [("planning ...", "paint--muted")]
        count = {status: sum(s.status is status for s in scene.states.values()) for status in Status}
        pieces = []
        for status, word in ((Status.FAILED, "failed"), (Status.STALE, "stale"), (Status.WAITING, "waiting")):
            if count[status]:
                pieces.append(
                    (f"{glyph(status, self.host.ascii_only)} {count[status]} {word}  ", f"status--{status.value}")
                )
        return pieces or [(f"{glyph(Status.REUSED, self.host.ascii_only)} up to date", "status--reused")]

    # What changes by itself

    def records_changed(self) -> None:
        """A run moved on: recolour."""
        if self.is_mounted and self._entries_loaded:
            self._load()
            if self.subject != Subject():
                self._show()

    def files_changed(self) -> None:
        """A file changed: read and plan again."""
        if self.is_mounted:
            self._load()
            if self.subject != Subject():
                self._show()

    def _tick(self) -> None:
        self.steps.tick()

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
            self.detail.set_lines([])
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
        self.steps.select(event.name)
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
        self.action_log()

    def on_descendant_focus(self) -> None:
        """Under 100 columns the tree gives way to what a person went into."""
        inside = self.focused is not None and self.focused is not self.tree_pane
        if inside != self.has_class("-in") and self.focused is not self.filter_line:
            self.set_class(inside, "-in")
            self._say()

    def action_out(self) -> None:
        """One step outward: zoom, log, steps, tree."""
        if self._zoomed is not None:
            self.action_zoom_out()
        elif self.log_pane.is_searching and self.log_pane.has_focus:
            self.log_pane.search("")
        elif self.focused in (self.log_pane, self.detail):
            self.steps.focus_shown()
        elif self.focused is not self.tree_pane:
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

    # Actions

    def action_start(self) -> None:
        """Show what would run, then run it."""
        self._start("")

    def action_rerun_from(self) -> None:
        """The same, with the selected step and all after it forced."""
        self._start(self.steps.selected)

    def _start(self, rerun_from: str) -> None:
        pipeline = self.subject.pipeline
        if self.scene.graph is None or not pipeline:
            self.notify("select a pipeline first", severity="warning", markup=False)
            return
        title = f"{self.scene.graph.name}" + (f" from {rerun_from}" if rerun_from else "")
        dialog = RunPlanDialog(title, self.bridge.preview(pipeline, rerun_from))
        self.app.push_screen(dialog, when_yes(lambda: self._submit(pipeline, rerun_from)))

    @work(group="submit")
    async def _submit(self, pipeline: str, rerun_from: str) -> None:
        try:
            run = await self.bridge.submit(pipeline, rerun_from)
        except SessionError as error:
            self.notify(error.trouble.message, title="Not started", severity="error", markup=False)
            return
        identifier = "run.rerun_from" if rerun_from else "run.start"
        self.host.log_command(identifier, pipeline=pipeline, step=rerun_from, run=run)
        self._by_hand = False
        self.show_subject(Subject(pipeline))
        self._load()

    def action_cancel(self) -> None:
        """Ask, then cancel the run that is shown."""
        run = self.scene.run
        if run is None or not run.is_live:
            self.notify("no run of this pipeline is going on", severity="warning", markup=False)
            return
        lines = [Line(f"Cancel run {run.number}? Finished steps keep their results.")]
        dialog = ConfirmDialog("Cancel", lines, "cancel the run", "let it run")
        self.app.push_screen(dialog, when_yes(lambda: self._cancel(run.number)))

    @work(group="submit")
    async def _cancel(self, run: int) -> None:
        try:
            await self.bridge.cancel(run)
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.host.log_command("run.cancel", run=run)
        self.records_changed()

    def action_plan(self) -> None:
        """Read and plan again."""
        if self.subject.pipeline:
            self.host.log_command("run.plan", pipeline=self.subject.pipeline)
        self.files_changed()

    def action_explain(self) -> None:
        """Say why the step stands where it does."""
        name = self.steps.selected
        if self.scene.graph is None or not name:
            return
        self.host.log_command("step.explain", pipeline=self.subject.pipeline, step=name)
        self.app.push_screen(TextDialog(f"Why {name}", why_lines(self.scene.graph.steps[name], self.state)))

    def action_log(self) -> None:
        """The log on the whole screen."""
        from tui.screens.log import LogScreen

        if self.log_pane.path is None:
            self.notify(f"no log: {_why_no_log(self.state)}", severity="warning", markup=False)
            return
        state = self.state
        self.host.log_command("step.log", run=state.made_by_run, step=self.steps.selected)
        crumbs = (self.bridge.name, self.scene.graph.name if self.scene.graph else "", self.steps.selected)
        self.app.push_screen(LogScreen(self.log_pane.path, self.log_pane.frame_title, crumbs))

    def action_edit(self) -> None:
        """Open the selected step's source, the pipeline's file, or the broken line."""
        place = self._place()
        if place is None:
            self.notify("nothing here has a file", severity="warning", markup=False)
            return
        path = self.bridge.root / place.file
        command = editor_command(os.environ, path, place.line)
        self.host.log_command("step.edit", file=f"{place.file}:{place.line}" if place.line else place.file)
        self.host.run_outside(command)
        self.files_changed()

    def _place(self) -> Place | None:
        scene = self.scene
        if scene.trouble is not None and scene.trouble.place is not None:
            return scene.trouble.place
        step = scene.graph.steps.get(self.steps.selected) if scene.graph else None
        if step is not None and step.place is not None and self.focused is not self.tree_pane:
            return step.place
        if step is not None and step.place is not None and scene.subject.run:
            return step.place
        return Place(Path(scene.subject.pipeline)) if scene.subject.pipeline else None

    def action_next_failure(self) -> None:
        """The next failed step; in a searched log, the next match."""
        self._jump(1)

    def action_previous_failure(self) -> None:
        """The failed step before, or the match before."""
        self._jump(-1)

    def _jump(self, direction: int) -> None:
        if self.log_pane.has_focus and self.log_pane.is_searching:
            self.log_pane.search_on(direction)
            return
        names = list(self.scene.states)
        at = names.index(self.steps.selected) if self.steps.selected in names else 0
        for distance in range(1, len(names) + 1):
            name = names[(at + direction * distance) % len(names)]
            if self.scene.states[name].status in _FAILURES:
                self._by_hand = True
                self.steps.select(name)
                self._show_step()
                self._say()
                return
        self.notify("no step has failed", markup=False)

    def action_drawing(self) -> None:
        """Boxes or rails."""
        self._drawing = not self.steps.draws_boxes
        self._fit()

    def action_zoom_in(self) -> None:
        """The pane alone."""
        pane = self.steps if isinstance(self.focused, StepsWidget) else self.focused
        if isinstance(pane, FramedWidget | StepsPane | TreePane):
            self._zoomed = pane
            self.set_class(True, "-zoomed")
            for widget in (self.tree_pane, self.steps, self.detail, self.log_pane):
                widget.set_class(widget is pane, "-zoomed")
            self.query_one("#main").set_class(pane is not self.tree_pane, "-zoomed")
            self.query_one("#lower").set_class(pane in (self.detail, self.log_pane), "-zoomed")

    def action_zoom_out(self) -> None:
        """All panes."""
        self._zoomed = None
        for widget in self.query(".-zoomed"):
            widget.remove_class("-zoomed")
        self.remove_class("-zoomed")

    def action_follow(self) -> None:
        """Keep the end of the log in sight, or not."""
        self.log_pane.set_follow(not self.log_pane.follows)

    def action_wrap(self) -> None:
        """Wrap the log, or not."""
        self.log_pane.set_wrap(not self.log_pane.wraps)

    def action_last_error(self) -> None:
        """The last traceback in the log."""
        self.log_pane.search("Traceback (most recent call last)")
        self.log_pane.focus()

    def filter_prompt(self) -> str:
        """A log is searched, everything else filtered."""
        return "find in the log" if self._filtered is self.log_pane else "filter by name, ! inverts"

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the tree or the steps, search the log."""
        if target is self.log_pane:
            self.log_pane.search(text)
        elif target is self.tree_pane:
            self.tree_pane.set_filter(text)
        else:
            self.steps.set_filter(text)

    def text_to_copy(self) -> str:
        """The log in sight, or the facts about the step."""
        return self.log_pane.text_in_sight() if self.log_pane.has_focus else self.detail.plain_text


def _is_live(scene: Scene) -> bool:
    return scene.run is not None and scene.run.is_live


def _first_subject(entries: list[Entry], runs: list[RunView]) -> Subject | None:
    """The pipeline that runs or ran last, else the first one that can be read."""
    paths = [str(entry.path) for entry in entries if entry.kind is Kind.PIPELINE and entry.trouble is None]
    for run in runs:
        if run.pipeline in paths:
            return Subject(run.pipeline)
    if paths:
        return Subject(paths[0])
    broken = [str(entry.path) for entry in entries if entry.kind is Kind.PIPELINE]
    return Subject(broken[0]) if broken else None


def _why_no_log(state: StepState) -> str:
    match state.status:
        case Status.STALE:
            return "it has not run yet; r runs what changed"
        case Status.WAITING:
            return "; ".join(state.reasons) or "it waits for other steps"
        case Status.PREPARING:
            return "its environment is being made ready"
        case Status.NOT_RUN:
            return "; ".join(state.reasons) or state.error or "it was not run"
        case _:
            return state.error or "nothing was written"


#: Editors that take "+line file"; the others get "file:line" when they are known to read it.
_PLUS_LINE = ("vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne", "mg", "jed")
_COLON_LINE = ("hx", "helix", "subl", "zed")


def editor_command(environment: "os._Environ[str] | dict[str, str]", path: Path, line: int) -> list[str]:
    """What opens `path` at `line` in the person's editor: $VISUAL, $EDITOR, else vi."""
    import shlex

    command = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "vi")
    name = Path(command[0]).name if command else "vi"
    if line and name in _PLUS_LINE:
        return [*command, f"+{line}", str(path)]
    if line and name in _COLON_LINE:
        return [*command, f"{path}:{line}"]
    if line and name in ("code", "codium", "cursor"):
        return [*command, "--goto", f"{path}:{line}"]
    return [*command, str(path)]
