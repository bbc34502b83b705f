"""One value of a few: left and right change it, and so does a letter that one of them begins with."""

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip

from tui.widgets.status import StatusWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line


class Choice(StatusWidget, can_focus=True):
    """A line that shows the value that is chosen."""

    BINDINGS = [
        Binding("left", "turn(-1)", "the value before", show=False, id="choice.before"),
        Binding("right,space", "turn(1)", "the next value", show=False, id="choice.next"),
    ]

    DEFAULT_CSS = """
    Choice { height: 1; background: $bar; }
    """

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: "Choice", value: str) -> None:
            super().__init__()
            self.choice, self.value = choice, value

    def __init__(self, values: Sequence[str], value: str) -> None:
        super().__init__()
        self._values = tuple(values) if value in values else (value, *values)
        self._at = self._values.index(value)

    @property
    def value(self) -> str:
        """What is chosen."""
        return self._values[self._at]

    @value.setter
    def value(self, value: str) -> None:
        if value in self._values and value != self.value:
            self._at = self._values.index(value)
            self.refresh()
            self.post_message(self.Changed(self, value))

    def action_turn(self, direction: int) -> None:
        """The next value, after the last the first."""
        self.value = self._values[(self._at + direction) % len(self._values)]

    def on_key(self, event: events.Key) -> None:
        """A letter goes to the next value that begins with it."""
        letter = event.character or ""
        order = [*self._values[self._at + 1 :], *self._values[: self._at]]
        found = next((value for value in order if letter.strip() and value.lower().startswith(letter.lower())), None)
        if found is not None:
            event.stop()
            self.value = found

    def on_click(self) -> None:
        """The next value."""
        self.action_turn(1)

    def on_focus(self) -> None:
        """Show where the keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """Show where the keys go."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The value between marks that say that there are more, and how many."""
        del y
        width = self.size.width
        left, right = ("< ", " >") if self.ascii_only else ("◂ ", " ▸")
        style = self.paint("paint--selected" if self.has_focus else "paint--text")
        count = f"  {self._at + 1} of {len(self._values)}"
        shown = one_line(self.value) or "not given"
        text = f" {left}{shown}{right}"
        segments = [Segment(fit(text, min(width, len(text))), style)]
        if len(text) + len(count) <= width:
            segments.append(Segment(count, self.paint("paint--muted")))
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)
