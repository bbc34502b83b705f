"""What the two drawings of a pipeline share: marks, folded groups, the selection, and painting only what changed.

Whoever builds on a drawing needs `load`, `update_marks`, `select`, `selected`, `selected_group` and the messages.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain

from textual import events
from textual.message import Message

from tui.widgets.frame import FramedWidget
from tui.widgets.graph_moves import Trail
from tui.widgets.nesting import Nesting, Shown, nest, show
from tui.widgets.status import Status
from tui.wording.safe import one_line


@dataclass(frozen=True, slots=True)
class Mark:
    """What is written at a step: status, a word for it ("exit 1"), a time, and a note (why, or what it said last).

    At a group `count` says how many of its steps are done, as "2/3". `done` is how much of the time that was expected
    has passed, 0 to 1, where that is known.
    """

    status: Status = Status.UNKNOWN
    word: str = ""
    time: str = ""
    note: str = ""
    count: str = ""
    done: float = 0.0


class StepsWidget(FramedWidget):
    """Steps and groups that can be selected; marks recolour without a new layout, folding lays out anew."""

    class Selected(Message):
        """The selection moved to a step or a group."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Entered(Message):
        """A person went into the selected step."""

    class Left(Message):
        """A person went left of the first column."""

    class Folded(Message):
        """A person folded or unfolded groups; these are folded now."""

        def __init__(self, folded: frozenset[str], selected: str) -> None:
            super().__init__()
            self.folded = folded
            self.selected = selected

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.nesting: Nesting = nest({})
        self.shown: Shown = show(self.nesting, ())
        self.consumers: Mapping[str, Collection[str]] = {}
        self.marks: Mapping[str, Mark] = {}
        self.selected = ""
        self.needle = ""
        self.trail = Trail()
        self.enters_groups = False

    @property
    def selected_group(self) -> str:
        """The selected group, folded or open; an empty string when a step is selected."""
        return self.selected if self.shown.is_group(self.selected) else ""

    def load(self, nesting: Nesting, folded: Collection[str], marks: Mapping[str, Mark], selected: str) -> None:
        """Show another graph with these groups folded; what is shown already is only recoloured."""
        if nesting == self.nesting and frozenset(folded) == self.shown.folded:
            self.update_marks(marks)
            self.select(selected)
            return
        self.nesting, self.marks = nesting, marks
        self.shown = show(nesting, folded)
        self.consumers = self.shown.consumers()
        self.trail = Trail()
        wanted = selected if selected in nesting.parents else next(iter(nesting.producers), "")
        self.selected = self.stand_in(wanted)
        self.place_steps()
        self.refresh()

    def update_marks(self, marks: Mapping[str, Mark]) -> None:
        """Paint the steps whose marks differ from before, nothing else."""
        changed = [name for name, mark in marks.items() if self.marks.get(name) != mark]
        self.marks = marks
        for name in changed:
            self.repaint(name)

    def select(self, name: str) -> None:
        """Move the selection, which starts nothing and takes no focus; a folded group stands for what is in it."""
        wanted = self.stand_in(name)
        if wanted == self.selected or wanted not in self.nesting.parents:
            return
        self.selected = wanted
        self.moved()

    def choose(self, name: str) -> None:
        """Select as a person does: whoever listens is told."""
        if name and name != self.selected:
            self.select(name)
            self.post_message(self.Selected(name))

    def stand_in(self, name: str) -> str:
        """What is drawn for a step or group."""
        return self.shown.stand_in(name)

    def set_filter(self, needle: str) -> None:
        """Show, or stress, the steps whose name contains `needle`; a leading ! those that do not."""
        self.needle = needle.lower()
        self.place_hits()
        hits = [name for name in self.nesting.producers if self.matches(name)]
        kept = self.stand_in(self.selected)
        if needle and hits and kept not in {self.stand_in(name) for name in hits}:
            self.choose(self.stand_in(hits[0]))
        elif kept != self.selected:
            self.choose(kept)
        self.refresh()

    def matches(self, name: str) -> bool:
        """Whether the filter lets a step, or one of a group's steps, through."""
        if self.shown.is_group(name):
            return any(self.matches(member) for member in self.nesting.members(name))
        needle = self.needle
        return needle[1:] not in name.lower() if needle.startswith("!") else needle in name.lower()

    def mark(self, name: str) -> Mark:
        """The step's mark, with its texts made safe."""
        found = self.marks.get(name, Mark())
        return Mark(
            found.status, one_line(found.word), one_line(found.time), one_line(found.note), found.count, found.done
        )

    def place_steps(self) -> None:
        """Note that things stand elsewhere, after another graph or fold."""
        raise NotImplementedError

    def place_hits(self) -> None:
        """Note that the filter lets something else through."""

    def repaint(self, name: str) -> None:
        """Paint one step or group again."""
        raise NotImplementedError

    def moved(self) -> None:
        """Paint a moved selection and keep it in sight."""
        raise NotImplementedError

    def step_at(self, x: int, y: int) -> str:
        """The step or group drawn at a cell inside the frame, or an empty string."""
        raise NotImplementedError

    def on_click(self, event: events.Click) -> None:
        """Select what is under the mouse; a second click goes in, or folds."""
        name = self.step_at(event.x - 1, event.y - 1)
        if name and name == self.selected and event.chain > 1:
            self.action_enter()
        self.choose(name)

    def action_enter(self) -> None:
        """Go into the step; fold or unfold a group, unless one goes into groups here."""
        if self.selected_group and not self.enters_groups:
            self.toggle_fold()
        elif self.selected:
            self.post_message(self.Entered())

    def toggle_fold(self) -> bool:
        """Unfold the selected group, or fold it, or the group around the selected step; False when there is none."""
        group = self.selected_group or next(iter(self.nesting.around(self.selected)), "")
        if group:
            self.post_message(self.Folded(self.shown.folded ^ {group}, group))
        return bool(group)

    def neighbours(self, ahead: bool) -> list[str]:
        """The boxes that the selected one feeds, or takes from; for an open group those outside that its steps do."""
        members = self.selected_boxes()
        edges = self.consumers if ahead else self.shown.boxes
        found = dict.fromkeys(chain.from_iterable(edges.get(name, ()) for name in members))
        return [name for name in found if name not in members]

    def selected_boxes(self) -> list[str]:
        """The selected box; those in the selected group when it is open."""
        inside = [name for name in self.shown.boxes if self.selected in self.nesting.around(name)]
        return inside or [self.selected]
