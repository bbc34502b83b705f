"""The pipeline's steps, as boxes or as rails, or what keeps them from being shown."""

import time
from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Container

from tui.keys.moves import LIST_KEYS, PAN_KEYS
from tui.marks import group_mark, mark_of
from tui.views import GraphView, Scene, StepState, Trouble
from tui.widgets.box_graph import BoxGraph
from tui.widgets.document import Document, Line
from tui.widgets.nesting import Nesting, nest
from tui.widgets.rail_table import RailTable
from tui.widgets.status import Status
from tui.widgets.steps import Mark, StepsWidget
from tui.wording.safe import one_line

#: A pipeline with more steps than this opens with its nested pipelines folded.
_OPEN_AT_FIRST = 40


class _Boxes(BoxGraph):
    BINDINGS = [*LIST_KEYS, *PAN_KEYS]


class _Rails(RailTable):
    BINDINGS = [*LIST_KEYS, *PAN_KEYS]


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

    def __init__(self, *, id: str | None = None, enters_groups: bool = False) -> None:
        """With `enters_groups`, Enter goes into a nested pipeline instead of folding it."""
        super().__init__(id=id)
        self._boxes = _Boxes(id="boxes")
        self._rails = _Rails(id="rails")
        self._boxes.enters_groups = self._rails.enters_groups = enters_groups
        self._words = _Words(id="words", label_width=8)
        self._drawn_as_boxes = True
        self._graph: GraphView | None = None
        self._nesting: Nesting = nest({})
        self._states: Mapping[str, StepState] = {}
        self._known_marks: dict[str, tuple[StepState, Mark]] = {}
        self._folds: dict[str, frozenset[str]] = {}
        self._filter, self._said = "", ("", "")

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
    def chosen(self) -> str:
        """The selected step or group, or an empty string."""
        return self._drawn.selected if self._graph is not None else ""

    @property
    def selected(self) -> str:
        """The selected step, or an empty string, also where a group is selected."""
        return "" if self.selected_group else self.chosen

    @property
    def selected_group(self) -> str:
        """The selected nested pipeline, or an empty string."""
        return self._drawn.selected_group if self._graph is not None else ""

    @property
    def members(self) -> tuple[str, ...]:
        """The steps in the selected nested pipeline."""
        return tuple(self._nesting.members(self.selected_group)) if self.selected_group else ()

    @property
    def folded(self) -> frozenset[str]:
        """The nested pipelines that are folded."""
        if self._graph is None:
            return frozenset()
        many = len(self._nesting.producers) > _OPEN_AT_FIRST
        return self._folds.get(self._graph.path, frozenset(self._nesting.groups if many else ()))

    @property
    def _drawn(self) -> StepsWidget:
        return self._boxes if self._drawn_as_boxes else self._rails

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
        if dict(self._nesting.producers) != producers:
            self._nesting = nest(producers)
        marks = self._marks()
        for drawing in (self._boxes, self._rails):
            drawing.load(self._nesting, self.folded, marks, select or drawing.selected)
        self._said = (title, remark)
        self._say()
        if was_words:
            self._switch()

    def tick(self) -> None:
        """Let the times of running steps grow."""
        if self._graph is not None:
            marks = self._marks()
            self._boxes.update_marks(marks)
            self._rails.update_marks(marks)

    def select(self, name: str) -> None:
        """Move the selection in both drawings; a folded group stands for a step in it."""
        self._boxes.select(name)
        self._rails.select(name)

    def uncover(self, name: str) -> None:
        """Select a step, and unfold what hides it."""
        hiding = self.folded.intersection(self._nesting.around(name))
        if hiding:
            self.fold(self.folded - hiding, name)
        self.select(name)

    @property
    def telling(self) -> str:
        """Of the steps in the selected nested pipeline, the one to look at first: it failed, or it runs."""
        for wanted in (Status.FAILED, Status.RUNNING, Status.PREPARING):
            for name in self.members:
                if name in self._states and self._states[name].status is wanted:
                    return name
        return ""

    def toggle_fold(self) -> bool:
        """Fold or unfold the selected nested pipeline, or the one around the selected step; False without any."""
        return self._drawn.toggle_fold()

    def on_steps_widget_folded(self, event: StepsWidget.Folded) -> None:
        """Fold in both drawings."""
        self.fold(event.folded, event.selected)

    def fold_all(self, folded: bool) -> None:
        """Fold every nested pipeline, or unfold every one."""
        self.fold(frozenset(self._nesting.groups if folded else ()), self.chosen)

    def fold(self, folded: frozenset[str], select: str) -> None:
        """Fold just these nested pipelines, for as long as the workbench is open."""
        if self._graph is None:
            return
        self._folds[self._graph.path] = folded
        marks = self._marks()
        for drawing in (self._boxes, self._rails):
            drawing.load(self._nesting, folded, marks, select)
        self.post_message(StepsWidget.Selected(self.chosen))

    def toggle_fit(self) -> None:
        """See the whole graph at once, or boxes large enough to read; of rails all, or as many as leave room."""
        if self._graph is not None:
            (self._boxes if self._drawn_as_boxes else self._rails).toggle_fit()

    def set_drawing(self, boxes: bool) -> None:
        """Draw boxes, or rails."""
        if boxes != self._drawn_as_boxes:
            chosen = self.chosen
            self._drawn_as_boxes = boxes
            self._drawn.select(chosen)
            self._switch()

    @property
    def filter(self) -> str:
        """What holds some steps back, as it was written."""
        return self._filter if self._graph is not None else ""

    def set_filter(self, needle: str) -> None:
        """Show only some steps; the frame says so."""
        self._filter = needle
        self._boxes.set_filter(needle)
        self._rails.set_filter(needle)
        self._say()

    def _say(self) -> None:
        """What the frame says: how many steps, the filter, what is going on."""
        title, remark = self._said
        told = "  ".join(part for part in (f"/{self._filter}" if self._filter else "", remark) if part)
        for drawing in (self._boxes, self._rails):
            drawing.set_title(title, (one_line(told), "frame--remark"))

    def rows_wanted(self) -> int:
        """Rows that show the whole graph, frame included."""
        if self._graph is None:
            return 0
        return (self._boxes.drawn_height if self._drawn_as_boxes else len(self._rails.shown.rows)) + 2

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
        if self._graph is None:
            return {}
        now = time.time()
        unknown = StepState()
        states = {name: self._states.get(name, unknown) for name in self._graph.steps}
        known = self._known_marks
        marks = {
            name: known[name][1] if name in known and known[name][0] is state else mark_of(state, now)
            for name, state in states.items()
        }
        self._known_marks = {name: (state, marks[name]) for name, state in states.items() if not state.status.is_live}
        for group in self._nesting.groups:
            marks[group] = group_mark([states[name] for name in self._nesting.members(group)], now)
        return marks
