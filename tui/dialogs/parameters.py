"""A pipeline's inputs as a form: types, choices and bounds are checked while one types, by the loader itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input

from tui.keys.hints import hint
from tui.reading.parameters import Form, FormField, completed
from tui.views import SessionError
from tui.widgets.bar import FooterBar
from tui.widgets.choice import Choice
from tui.widgets.document import Document, Line
from tui.widgets.status import Status
from tui.widgets.tag import Tag

_SETTLE = 0.15
Check = Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
Changes = tuple[tuple[str, str], ...]


class _Paths(Suggester):
    """Goes on with what a person began to write for a data input."""

    def __init__(self, form: Form) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._form = form

    async def get_suggestion(self, value: str) -> str | None:
        """What it could be."""
        return await asyncio.to_thread(completed, self._form, value) or None


class _Row(Horizontal):
    """An input's name, and where its value is written or chosen."""

    def __init__(self, field: FormField, form: Form, width: int) -> None:
        super().__init__()
        self.field = field
        self.tag = Tag(field.name, width)
        self.editor: Input | Choice = (
            Choice(field.choices, field.value)
            if field.choices
            else Input(
                field.value,
                placeholder=field.default or ("needed" if field.is_required else "not given"),
                suggester=_Paths(form) if field.is_data else None,
                select_on_focus=False,
            )
        )

    def compose(self) -> ComposeResult:
        """Name and value."""
        yield self.tag
        yield self.editor


class ParametersDialog(ModalScreen[Changes | None]):
    """Answers the pairs of `--set` that a person wants, or None; `check` says what is wrong with values."""

    DEFAULT_CSS = """
    ParametersDialog { align: center middle; background: $background 60%; }
    ParametersDialog > #form { width: 90%; max-width: 96; height: auto; max-height: 90%; background: $background; }
    ParametersDialog VerticalScroll { height: auto; max-height: 50vh; background: $background; scrollbar-size: 1 1; }
    ParametersDialog _Row { height: 1; }
    ParametersDialog _Row Input { height: 1; border: none; padding: 0 1; width: 1fr; background: $bar; }
    ParametersDialog _Row Input:focus { border: none; background: $selection; }
    ParametersDialog _Row Choice { width: 1fr; }
    ParametersDialog Document { height: 7; }
    ParametersDialog FooterBar { dock: none; }
    """
    BINDINGS = [
        Binding("escape", "no", "leave it", show=False, id="form.no"),
        Binding("enter", "yes", "plan", show=False, id="form.yes"),
        Binding("up,shift+tab", "step(-1)", "up", show=False, priority=True, id="form.up"),
        Binding("down,tab", "step(1)", "down", show=False, priority=True, id="form.down"),
        Binding("ctrl+r", "reset", "as written", show=False, id="form.reset"),
        Binding("ctrl+l", "take_last", "as last time", show=False, id="form.last"),
    ]

    def __init__(self, form: Form, name: str, check: Check) -> None:
        super().__init__()
        self._form, self._check, self._heading = form, check, f"Parameters of {name}"
        width = min(28, max((len(item.name) for item in form.fields), default=0))
        self._lines = [_Row(item, form, width) for item in form.fields]
        self._help = Document(label_width=9)
        self._help.can_focus = False
        self._wrong: Mapping[str, str] = {}
        self._is_checked = False
        self._wants_answer = False

    def compose(self) -> ComposeResult:
        """What the input under the cursor is, the inputs, the keys."""
        with Container(id="form"):
            yield self._help
            with VerticalScroll(can_focus=False):
                yield from self._lines
            hints = [hint(self.BINDINGS, "form.yes", "plan"), hint(self.BINDINGS, "form.reset", "as written")]
            hints += [hint(self.BINDINGS, "form.last", "as last time")] if self._has_last else []
            yield FooterBar([*hints, hint(self.BINDINGS, "form.no", "leave it")], kept=1)

    @property
    def _has_last(self) -> bool:
        return any(item.last not in ("", item.default) for item in self._form.fields)

    def on_mount(self) -> None:
        """Begin at the first input."""
        ascii_only = getattr(self.app, "ascii_only", False)
        self._help.ascii_only = ascii_only
        for row in self._lines:
            row.tag.ascii_only = ascii_only
            if isinstance(row.editor, Choice):
                row.editor.ascii_only = ascii_only
        self._help.set_title(self._heading)
        if self._lines:
            self.set_focus(self._lines[0].editor)
        self._look()

    def values(self) -> dict[str, str]:
        """What is written now, by input."""
        return {row.field.name: row.editor.value.strip() for row in self._lines}

    @on(Input.Changed)
    @on(Choice.Changed)
    def _changed(self, event: Input.Changed | Choice.Changed) -> None:
        event.stop()
        self._look()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Tell about the input that has the keys."""
        del event
        self._tell()

    @work(exclusive=True)
    async def _look(self) -> None:
        """Have the values checked once a person pauses."""
        self._is_checked = False
        self._mark()
        await asyncio.sleep(_SETTLE)
        given = dict(self._form.changes(self.values()))
        values = {name.removeprefix("inputs."): value for name, value in given.items()}
        try:
            self._wrong = await self._check(values)
        except SessionError as error:
            self._wrong = {"": error.trouble.message}
        self._is_checked = True
        self._mark()
        self._tell()
        if self._wants_answer:
            self.action_yes()

    def _mark(self) -> None:
        """Say beside every name whether its value is wrong, is lacking, or is not the YAML's."""
        values = self.values()
        for row in self._lines:
            value = values[row.field.name]
            lacks = row.field.is_required and not value
            differs = value not in ("", row.field.default)
            wrong = row.field.name in self._wrong or lacks
            row.tag.say(Status.FAILED if wrong else Status.STALE if differs else None)

    def _at(self) -> _Row | None:
        return next((row for row in self._lines if row.editor is self.focused), None)

    def _tell(self) -> None:
        row = self._at()
        lines: list[Line] = []
        if row is not None:
            item = row.field
            lines.append(Line(item.description or item.about or "text", label=item.name))
            lines += [Line(item.about, label="type")] if item.description and item.about else []
            lines += [Line(", ".join(item.choices), label="one of")] if item.choices else []
            lines += [Line(item.default, label="written")] if item.default else []
            lines += [Line(item.last, label="last time")] if item.last not in ("", item.default) else []
            if item.is_required and not row.editor.value:
                lines.append(Line("it needs a value", style="status--failed", status=Status.FAILED))
            if item.name in self._wrong:
                lines.append(Line(self._wrong[item.name], style="status--failed", status=Status.FAILED))
        if self._wrong.get(""):
            lines.append(Line(self._wrong[""], style="status--failed", status=Status.FAILED))
        self._help.set_lines(lines)

    def action_step(self, direction: int) -> None:
        """The input above or below."""
        row = self._at()
        at = self._lines.index(row) if row is not None else 0
        self.set_focus(self._lines[(at + direction) % len(self._lines)].editor)  # at once: keys may come quickly

    def action_reset(self) -> None:
        """The value that the YAML gives."""
        row = self._at()
        if row is not None:
            row.editor.value = row.field.default

    def action_take_last(self) -> None:
        """All values as they were given last."""
        for row in self._lines:
            if row.field.last:
                row.editor.value = row.field.last

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a line."""
        event.stop()
        self.action_yes()

    def action_yes(self) -> None:
        """Answer, unless something is wrong: then go there."""
        if not self._is_checked:
            self._wants_answer = True
            return
        self._wants_answer = False
        values = self.values()
        bad = next(
            (
                r
                for r in self._lines
                if r.field.name in self._wrong or (r.field.is_required and not values[r.field.name])
            ),
            None,
        )
        if bad is not None:
            self.set_focus(bad.editor)
        elif not self._wrong:
            self.dismiss(self._form.changes(values))

    def action_no(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)
