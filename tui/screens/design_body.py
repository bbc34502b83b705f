"""The panes of the Build screen: a pipeline's graph, the selected step's ports, and what the last edit changed."""

from collections.abc import Mapping, Sequence

from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.timer import Timer
from textual.widget import Widget

from tui.keys.actions import key_of
from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS, PANE_KEYS
from tui.panes.detail import source_lines
from tui.panes.ports import PortsPane
from tui.panes.steps import StepsPane
from tui.reading import designing
from tui.reading.designing import StepPorts
from tui.screens.base import WorkbenchScreen, standing
from tui.screens.design_words import Outer, nearest
from tui.screens.scene import is_live, plan_standing
from tui.views import GraphView, Scene, SessionError, Subject, Trouble
from tui.widgets.box_graph import BoxGraph
from tui.widgets.document import Document, Line
from tui.widgets.steps import StepsWidget
from tui.wording.safe import one_line
from tui.wording.units import count


def _hello() -> list[Line]:
    enter, tab = (hint([*LIST_KEYS, *PANE_KEYS], name, "").key for name in ("list.enter", "pane.next"))
    words = (
        f"{key_of('design.add')} adds a step of a component, {key_of('design.command')} one with a command.",
        f"{enter} goes from a step to its ports, and fills the port there; into a nested pipeline, {tab} to its ports.",
        f"Every edit is written at once and shown here; {key_of('design.undo')} takes it back.",
    )
    return [Line(text, style="paint--muted") for text in words]


#: What goes on in the background after which another step may be selected.
_CHANGING = ("edit", "design")


class _Changes(Document):
    BINDINGS = [key for key in LIST_KEYS if key.id != "list.enter"]


class DesignBody(WorkbenchScreen):
    """Graph, ports and changes, kept in step with a pipeline's file."""

    WHERE = "design"
    DEFAULT_CSS = """
    DesignBody #design-lower { height: 1fr; layout: horizontal; }
    DesignBody #ports { width: 1fr; height: 1fr; }
    DesignBody #changes { width: 1fr; height: 1fr; }
    DesignBody.-narrow #design-lower, DesignBody.-tiny #design-lower { layout: vertical; }
    DesignBody.-narrow #changes, DesignBody.-tiny #changes { width: 1fr; height: 7; }
    DesignBody.-narrow #changes.-empty, DesignBody.-tiny #changes.-empty { display: none; }
    """

    def __init__(self, pipeline: str, step: str = "", outer: Outer | None = None) -> None:
        super().__init__()
        self.pipeline = pipeline
        self.outer = outer
        self.steps = StepsPane(id="steps", enters_groups=True)
        self.ports = PortsPane(id="ports")
        self.changes = _Changes(id="changes", classes="-empty")
        self._wanted = step
        self.design: Mapping[str, StepPorts] = {}
        self._graph: GraphView | None = None
        self._around = Scene(Subject(pipeline))
        self._ticking: Timer | None = None
        self._is_opening = True

    def body(self) -> ComposeResult:
        """The graph above, ports and changes below."""
        with Vertical(id="design"):
            yield self.steps
            with Container(id="design-lower"):
                yield self.ports
                yield self.changes

    def on_mount(self) -> None:
        """Show the pipeline."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, *self._crumbs(), "build")
        self.say(_hello(), "Changes")
        self.changes.add_class("-empty")
        self._ticking = self.set_interval(1.0, self.steps.tick, pause=True)
        self.load()

    def _crumbs(self) -> list[str]:
        if self.outer is None:
            return [self.pipeline]
        return [
            self.outer.pipeline,
            *self.outer.step.split(".")[:-1],
            f"{self.outer.step.split('.')[-1]}: {self.pipeline}",
        ]

    # What is shown

    @property
    def is_opening(self) -> bool:
        """Until the file has been read, and while an edit changes what is selected."""
        return self._is_opening or any(
            worker.node is self and not worker.is_finished and worker.group in _CHANGING for worker in self.app.workers
        )

    @property
    def step(self) -> StepPorts:
        """The step of this file that is selected; a step inside a nested pipeline stands for that pipeline."""
        name = self.steps.selected or self.steps.selected_group
        return self.design.get(name.partition(".")[0], StepPorts(""))

    def files_changed(self) -> None:
        """Somebody else edited: read again."""
        if self.is_mounted:
            self.load()

    def records_changed(self) -> None:
        """A run moved on: recolour."""
        if self.is_mounted and self._graph is not None:
            self._recolour()

    def load(self, select: str = "") -> None:
        """Read the file again; select a step, or keep what is selected."""
        self._wanted = select or self._wanted
        self._read()

    @work(exclusive=True, group="design")
    async def _read(self) -> None:
        try:
            scene = await self.bridge.scene(Subject(self.pipeline))
            design = await self.bridge.work(designing.design_of(self.pipeline)) if scene.graph is not None else {}
            around = scene if self.outer is None else await self.bridge.scene(Subject(self.outer.pipeline))
        except SessionError as error:
            self._show_trouble(error.trouble)
            return
        if not self.query("#ports"):
            return  # somebody left meanwhile
        if scene.graph is None:
            self._show_trouble(scene.trouble or Trouble("there is no graph"))
            return
        self.design, self._graph, self._is_opening = design, scene.graph, False
        select, self._wanted = self._wanted or self.steps.chosen, ""
        self._colour(around, select)
        self._fit()
        self.show_ports()
        if self.focused is None:
            self.steps.focus_shown()
        self._recolour()

    @work(exclusive=True, group="colours")
    async def _recolour(self) -> None:
        """Show how the steps stand: as their run goes on, or as they would run."""
        subject = Subject(self.outer.pipeline if self.outer else self.pipeline)
        try:
            scene = await self.bridge.scene(subject)
            if not is_live(scene) and scene.trouble is None:
                scene = await self.bridge.planned(subject)
        except SessionError:
            return  # reading the file says it
        if self.query("#ports"):
            self._colour(scene, self.steps.chosen)

    def _colour(self, around: Scene, select: str) -> None:
        """Show the graph with the states of the pipeline that runs; a plan stays until there is another one."""
        if self._graph is None:
            return
        live = is_live(around)
        if self._around.is_planned and not around.is_planned and not live and around.trouble is None:
            around = self._around
        self._around = around
        states = self.outer.states(around.states) if self.outer else around.states
        shown = nearest(select, self._graph.steps)
        scene = Scene(Subject(self.pipeline), self._graph, states)
        self.steps.show_scene(scene, shown, f"Build {self._graph.name}", count(len(self.design), "step"))
        ascii_only = self.host.ascii_only
        self.header.set_standing(*(standing(around.run, ascii_only) if live else plan_standing(around, ascii_only)))
        if self._ticking is not None:
            (self._ticking.resume if live else self._ticking.pause)()

    def _show_trouble(self, trouble: Trouble) -> None:
        self.design, self._graph, self._is_opening = {}, None, False
        self.header.set_standing()
        self.steps.show_trouble("Cannot be built", trouble, source_lines(self.bridge.root, trouble))
        self.ports.show(StepPorts(""))
        self._fit()

    def show_ports(self) -> None:
        """Show the ports of the selected step."""
        self.ports.show(self.step)
        self._fit()

    def on_resize(self) -> None:
        """Boxes where there is room, rails where there is not."""
        self._fit()

    def _fit(self) -> None:
        boxes = self.app.size.width >= 100
        self.steps.set_drawing(boxes)
        height = self.app.size.height - 2
        room = max(5, height * (55 if boxes else 40) // 100)
        if not boxes and self.changes.has_class("-empty"):
            room = max(room, height - len(self.step.inputs) - len(self.step.outputs) - 4)
        self.steps.styles.height = max(5, min(self.steps.rows_wanted(), room)) if self.design else room

    def on_steps_widget_selected(self, event: StepsWidget.Selected) -> None:
        """Show the ports of the step."""
        event.stop()
        self.steps.select(event.name)
        self.show_ports()

    def action_fold(self) -> None:
        """Fold or unfold the selected nested pipeline, or the one around the selected step."""
        self.steps.toggle_fold()

    def action_fold_all(self) -> None:
        """Each nested pipeline as one box."""
        self.steps.fold_all(folded=True)

    def action_unfold_all(self) -> None:
        """Every step of every nested pipeline."""
        self.steps.fold_all(folded=False)

    def action_fit(self) -> None:
        """The whole graph at once, or boxes to read."""
        self.steps.toggle_fit()

    def on_steps_widget_folded(self, event: StepsWidget.Folded) -> None:
        """Another drawing may want another height."""
        event.stop()
        self.show_ports()

    def on_box_graph_fitted(self, event: BoxGraph.Fitted) -> None:
        """It is known now how many rows a big graph takes."""
        event.stop()
        self._fit()

    def on_steps_widget_entered(self, event: StepsWidget.Entered) -> None:
        """Into a nested pipeline, or into the ports."""
        event.stop()
        name = self.steps.chosen
        if self.step.is_nested:
            self.enter_nested(self.step, name.partition(".")[2])
        else:
            self.ports.focus()

    def enter_nested(self, step: StepPorts, inside: str) -> None:
        """Build the pipeline that a step is, beginning at a step inside of it."""
        raise NotImplementedError

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the steps or the ports."""
        (self.ports if target is self.ports else self.steps).set_filter(text)

    def filter_text(self) -> str:
        """The filter of the pane that has the keys."""
        return self.ports.filter if self._filtered is self.ports else self.steps.filter

    def action_out(self) -> None:
        """Without the filter, from the ports to the graph, from there back to the Run screen."""
        held = self.ports if self.ports.has_focus else self.steps
        if held.filter:
            held.set_filter("")
        elif self.focused in (self.ports, self.changes):
            self.steps.focus_shown()
        else:
            self.leave()

    def leave(self) -> None:
        """Back to where one came from, which shows at once what was changed here."""
        below = self.app.screen_stack[-2]
        self.app.pop_screen()
        if isinstance(below, DesignBody):
            below.load()

    def text_to_copy(self) -> str:
        """What changed last."""
        return self.changes.plain_text

    def say(self, lines: Sequence[Line], title: str) -> None:
        """Show lines where the last edit is shown."""
        self.changes.set_class(False, "-empty")
        self._fit()
        self.changes.set_title(one_line(title))
        self.changes.set_lines(lines)
        self.changes.action_ends(-1)
