"""A small form: fields to write in; what is wrong with them is said in it, and it stays until all is right."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.keys.hints import hint
from tui.views import SessionError
from tui.widgets.bar import FooterBar
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.wording.safe import one_line


@dataclass(frozen=True, slots=True)
class Field:
    """A value to write: its key, what stands before it, what it is now, and what is said while it is empty."""

    key: str
    label: str
    value: str = ""
    placeholder: str = ""
    about: str = ""


class _Said(Document):
    can_focus = False


class FormDialog(ModalScreen[bool]):
    """Fields one under the other; Enter gives the changed ones to `apply`, which raises SessionError for what is wrong.

    Answers whether they were taken.
    """

    BINDINGS = [
        Binding("escape", "leave", "leave", show=False, id="form.leave"),
        Binding("enter", "apply", "apply", show=False, id="form.apply"),
        Binding("down", "app.focus_next", "next", show=False, id="form.next"),
        Binding("up", "app.focus_previous", "before", show=False, id="form.previous"),
    ]
    DEFAULT_CSS = """
    FormDialog { align: center middle; background: $background 60%; }
    FormDialog > #dialog { width: 90%; max-width: 96; height: auto; background: $background;
        border: round $frame-focused; border-title-color: $foreground; border-title-style: bold; }
    FormDialog #fields { height: auto; max-height: 60vh; }
    FormDialog Container.field { layout: horizontal; height: 1; }
    FormDialog Input { height: 1; border: none; padding: 0 1; width: 1fr; background: $bar; }
    FormDialog Input:focus { border: none; background: $selection; }
    FormDialog .label { width: 22; height: 1; color: $muted; padding: 0 1; }
    FormDialog _Said { height: 5; display: none; }
    FormDialog FooterBar { dock: none; }
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        apply: Callable[[Mapping[str, str]], Awaitable[None]],
        take: str,
        *,
        at: str = "",
    ) -> None:
        super().__init__()
        self._heading, self._fields, self._apply, self._at = title, fields, apply, at
        self._inputs = {
            field.key: Input(
                value=one_line(field.value), placeholder=one_line(field.placeholder), select_on_focus=False
            )
            for field in fields
        }
        self._said = _Said()
        hints = [
            hint(self.BINDINGS, "form.apply", take),
            hint(self.BINDINGS, "form.next", "next field"),
            hint(self.BINDINGS, "form.leave", "leave it"),
        ]
        self._footer = FooterBar(hints)

    def compose(self) -> ComposeResult:
        """Labels and lines, what is wrong, the keys."""
        with Container(id="dialog"):
            with VerticalScroll(id="fields", can_focus=False):
                for field in self._fields:
                    with Container(classes="field"):
                        yield Static(one_line(field.label), classes="label", markup=False)
                        yield self._inputs[field.key]
            yield self._said
            yield self._footer

    def on_mount(self) -> None:
        """Take the keys."""
        for widget in (self._said, self._footer):
            widget.ascii_only = getattr(self.app, "ascii_only", False)
        box = self.query_one("#dialog")
        box.border_title = one_line(self._heading).replace("[", "\\[")
        self.set_focus(self._inputs.get(self._at, next(iter(self._inputs.values()))))
        self._tell()

    def on_descendant_focus(self) -> None:
        """Say what the field is about."""
        self._tell()

    def _tell(self) -> None:
        found = next((field for field in self._fields if self._inputs[field.key].has_focus), None)
        self._say([Line(found.about, style="paint--muted")] if found is not None and found.about else [], "about")

    def _say(self, lines: Sequence[Line], title: str) -> None:
        self._said.display = bool(lines)
        self._said.set_title(title)
        self._said.set_lines(lines)
        self._said.styles.height = min(7, self._said.rows_at(max(20, min(94, self.app.size.width * 9 // 10 - 4))) + 2)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_apply()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was wrong may be right now."""
        event.stop()
        self._tell()

    def action_apply(self) -> None:
        """Try what is written."""
        changed = {
            field.key: self._inputs[field.key].value
            for field in self._fields
            if self._inputs[field.key].value != one_line(field.value)
        }
        if changed:
            self._try(changed)
        else:
            self.dismiss(False)

    @work(exclusive=True)
    async def _try(self, changed: Mapping[str, str]) -> None:
        try:
            await self._apply(changed)
        except SessionError as error:
            trouble = error.trouble
            hint = [Line(trouble.hint, style="paint--muted")] if trouble.hint else []
            self._say([Line(trouble.message, status=Status.FAILED), *hint], "not changed")
            return
        self.dismiss(True)

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)
