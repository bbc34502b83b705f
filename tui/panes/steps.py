"""The pipeline's steps, as boxes or as rails, or what keeps them from being shown."""

import time
from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Container

from tui.keys.moves import LIST_KEYS
from tui.views import GraphView, Scene, StepState, Trouble
from tui.widgets.box_graph import BoxGraph
from tui.widgets.document import Document, Line
from tui.widgets.rail_table import RailTable
from tui.widgets.status import Status
from tui.widgets.steps import Mark, StepsWidget
from tui.wording import units
from tui.wording.safe import one_line


class _Boxes(BoxGraph):
    BINDINGS = [*LIST_KEYS]


class _Rails(RailTable):
    BINDINGS = [*LIST_KEYS]


class _Words(Document):
    BINDINGS = [*LIST_KEYS]


class StepsPane(Container):
    """One of three widgets: boxes, rails, or words in place of the graph."""

    ALLOW_MAXIMIZE = True
    DEFAULT_CSS = """
    StepsPane { height: 1fr; }
    StepsPane > StepsWidget { height: 1fr; width: 1fr; display: none; }
    StepsPane > Document { height: 1fr; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._boxes = _Boxes(id="boxes")
        self._rails = _Rails(id="rails")
        self._words = _Words(id="words", label_width=8)
        self._drawn_as_boxes = True
        self._graph: GraphView | None = None
        self._states: Mapping[str, StepState] = {}

    def compose(self) -> ComposeResult:
        """All three; one is shown."""
        yield self._boxes
        yield self._rails
        yield self._words

    @property
    def shown(self) -> StepsWidget | Document:
        """The one of the three that is shown."""
        if self._graph is None:
            return self._words
        return self._boxes if self._drawn_as_boxes else self._rails

    @property
    def selected(self) -> str:
        """The selected step's name, or an empty string."""
        return self._boxes.selected if self._graph is not None else ""

    @property
    def draws_boxes(self) -> bool:
        """Whether the graph is drawn as boxes."""
        return self._drawn_as_boxes

    def show_words(self, title: str, *lines: Line) -> None:
        """Show text in place of a graph."""
        self._graph = None
        self._words.set_title(title)
        self._words.set_lines(lines)
        self._switch()

    def show_trouble(self, title: str, trouble: Trouble, source: list[Line]) -> None:
        """Say why there is no graph, with the lines of the file around the place."""
        place = trouble.place
        where = f"{place.file}:{place.line}" if place and place.line else str(place.file) if place else ""
        lines = [Line(trouble.message, status=Status.FAILED), Line()]
        lines += [Line(where, label="at")] if where else []
        lines += [Line(trouble.hint, label="hint")] if trouble.hint else []
        self.show_words(title, *lines, Line(), *source)

    def show_scene(self, scene: Scene, select: str, title: str, remark: str = "") -> None:
        """Show a graph with its states; an unchanged graph is only recoloured."""
        if scene.graph is None:
            return
        was_words = self._graph is None
        self._graph, self._states = scene.graph, scene.states
        producers = {name: step.producers for name, step in scene.graph.steps.items()}
        marks = self._marks()
        for drawing in (self._boxes, self._rails):
            drawing.load(producers, marks, select or drawing.selected)
            drawing.set_title(title, (one_line(remark), "frame--remark"))
        if was_words:
            self._switch()

    def tick(self) -> None:
        """Let the times of running steps grow."""
        if self._graph is not None:
            marks = self._marks()
            self._boxes.update_marks(marks)
            self._rails.update_marks(marks)

    def select(self, name: str) -> None:
        """Move the selection in both drawings."""
        self._boxes.select(name)
        self._rails.select(name)

    def set_drawing(self, boxes: bool) -> None:
        """Draw boxes, or rails."""
        if boxes != self._drawn_as_boxes:
            self._drawn_as_boxes = boxes
            self._switch()

    def set_filter(self, needle: str) -> None:
        """Show only some steps."""
        self._boxes.set_filter(needle)
        self._rails.set_filter(needle)

    def rows_wanted(self) -> int:
        """Rows that show the whole graph, frame included."""
        if self._graph is None:
            return 0
        return (self._boxes.drawn_height if self._drawn_as_boxes else len(self._graph.steps)) + 2

    def focus_shown(self) -> None:
        """Give the keys to what is shown."""
        self.shown.focus()

    def _switch(self) -> None:
        had_focus = any(widget.has_focus for widget in (self._boxes, self._rails, self._words))
        shown = self.shown
        for widget in (self._boxes, self._rails, self._words):
            widget.display = widget is shown
        if had_focus:
            shown.focus()

    def _marks(self) -> dict[str, Mark]:
        now = time.time()
        return (
            {name: mark_of(self._states.get(name, StepState()), now) for name in self._graph.steps}
            if self._graph
            else {}
        )


def mark_of(state: StepState, now: float) -> Mark:
    """What is written at a step in this state at the time `now`."""
    word = f"exit {state.exit_code}" if state.status is Status.FAILED and state.exit_code else ""
    spent = units.growing(now - state.started_at) if state.status.is_live and state.started_at else ""
    said = state.last_line if state.exit_code else ""
    note = state.detail or said or state.error or "; ".join(state.reasons)
    return Mark(state.status, word, spent or (units.duration(state.duration) if state.duration else ""), note)
