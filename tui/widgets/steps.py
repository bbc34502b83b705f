"""What the two drawings of a pipeline share: the steps' marks, the selection, and painting only what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from tui.widgets.frame import FramedWidget
from tui.widgets.status import Status
from tui.wording.safe import one_line


@dataclass(frozen=True, slots=True)
class Mark:
    """What is written at a step: status, a word for it ("exit 1"), a time, and a note (why, or what it said last)."""

    status: Status = Status.UNKNOWN
    word: str = ""
    time: str = ""
    note: str = ""


class StepsWidget(FramedWidget):
    """Steps that can be selected; `load` sets the graph, `update_marks` recolours without a new layout."""

    class Selected(Message):
        """The selection moved to a step."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Entered(Message):
        """A person went into the selected step."""

    class Left(Message):
        """A person went left of the first column."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.producers: Mapping[str, Sequence[str]] = {}
        self.marks: Mapping[str, Mark] = {}
        self.selected = ""
        self.needle = ""

    def load(self, producers: Mapping[str, Sequence[str]], marks: Mapping[str, Mark], selected: str) -> None:
        """Show another graph, given as step -> the steps it takes from, producers first."""
        wanted = selected if selected in producers else next(iter(producers), "")
        if dict(producers) == dict(self.producers):
            self.update_marks(marks)
            self.select(wanted)
            return
        self.producers, self.selected = producers, wanted
        self.marks = marks
        self.place_steps()
        self.reveal()
        self.refresh()

    def update_marks(self, marks: Mapping[str, Mark]) -> None:
        """Paint the steps whose marks differ from before, nothing else."""
        changed = [name for name, mark in marks.items() if self.marks.get(name) != mark]
        self.marks = marks
        for name in changed:
            self.repaint(name)

    def select(self, name: str) -> None:
        """Move the selection, which starts nothing and takes no focus."""
        if name == self.selected or name not in self.producers:
            return
        before, self.selected = self.selected, name
        self.moved(before, name)

    def choose(self, name: str) -> None:
        """Select as a person does: whoever listens is told."""
        if name and name != self.selected:
            self.select(name)
            self.post_message(self.Selected(name))

    def set_filter(self, needle: str) -> None:
        """Show, or stress, the steps whose name contains `needle`; a leading ! those that do not."""
        self.needle = needle.lower()
        self.place_steps()
        hits = [name for name in self.producers if self.matches(name)]
        if needle and hits and self.selected not in hits:
            self.choose(hits[0])
        self.reveal()
        self.refresh()

    def matches(self, name: str) -> bool:
        """Whether the filter lets the step through."""
        needle = self.needle
        return needle[1:] not in name.lower() if needle.startswith("!") else needle in name.lower()

    def mark(self, name: str) -> Mark:
        """The step's mark, with its texts made safe."""
        found = self.marks.get(name, Mark())
        return Mark(found.status, one_line(found.word), one_line(found.time), one_line(found.note))

    def place_steps(self) -> None:
        """Work out where things stand, after another graph or filter."""
        raise NotImplementedError

    def repaint(self, name: str) -> None:
        """Paint one step again."""
        raise NotImplementedError

    def reveal(self) -> None:
        """Scroll until the selection is in sight, without painting."""
        raise NotImplementedError

    def moved(self, before: str, now: str) -> None:
        """Paint a moved selection."""
        raise NotImplementedError

    def on_click(self, event: events.Click) -> None:
        """Select what is under the mouse; a second click goes in."""
        name = self.step_at(event.x - 1, event.y - 1)
        if name and name == self.selected and event.chain > 1:
            self.post_message(self.Entered())
        self.choose(name)

    def step_at(self, x: int, y: int) -> str:
        """The step drawn at a cell inside the frame, or an empty string."""
        raise NotImplementedError

    def action_enter(self) -> None:
        """Go into the step."""
        if self.selected:
            self.post_message(self.Entered())
