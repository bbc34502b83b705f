"""The Compare screen: two to six runs in columns, and below them how their code differs."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from tui.dialogs.box import TextDialog
from tui.history import Spot
from tui.keys.actions import bindings, key_of
from tui.keys.moves import LIST_KEYS
from tui.panes.facts import FactsPane
from tui.reading.runs import ComparedLine, ComparedRuns, compared
from tui.screens.compare_words import code_lines, columns, line_row, whole_lines
from tui.screens.table_screen import TableScreen
from tui.views import SessionError
from tui.widgets.table import Table
from tui.wording.units import count


class _Lines(Table):
    BINDINGS = [*LIST_KEYS]


class CompareScreen(TableScreen):
    """Only what differs, until everything is asked for."""

    WHERE = "compare"
    EXAMPLE = "about:parameters"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("compare.", "view."), "compare"),
        Binding("escape", "out", "out", show=False, id="compare.back"),
    ]

    def __init__(self, runs: Sequence[int], filter_text: str = "") -> None:
        super().__init__()
        self.numbers = tuple(runs)
        self.table = _Lines((), id="compare")
        self.code = FactsPane(id="compare-code", label_width=0)
        self.found: ComparedRuns | None = None
        self._shows_everything = False
        self.table.set_filter(filter_text)

    def body(self) -> ComposeResult:
        """The lines, and the code beside or below them."""
        with Container(id="compare-body"):
            yield self.table
            yield self.code

    def on_mount(self) -> None:
        """Compare."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, "runs", "compare " + ", ".join(map(str, self.numbers)))
        self.table.set_title("Comparing ...")
        self.code.display = False
        self.set_focus(self.table)
        self._load()

    @property
    def spot(self) -> Spot:
        """Where this is."""
        return Spot("compare", about=",".join(map(str, self.numbers)), filter=self.table.filter)

    @work(exclusive=True, group="compare")
    async def _load(self) -> None:
        try:
            found = await self.bridge.work(compared(self.numbers))
        except SessionError as error:
            if not self.was_left():
                self.table.set_title("Compare")
                self.table.set_rows([], error.trouble.message)
            return
        if not self.was_left():
            self.found = found
            self._show()

    def records_changed(self) -> None:
        """A run that goes on is compared again."""
        if self.is_mounted and self.found is not None and any(run.is_live for run in self.found.runs):
            self._load()

    def on_resize(self) -> None:
        """As wide as there is room for."""
        self._show()

    def _lines_now(self) -> list[ComparedLine]:
        lines = self.found.lines if self.found else ()
        return [line for line in lines if line.differs or self._shows_everything]

    def _show(self) -> None:
        found = self.found
        if found is None:
            return
        lines = self._lines_now()
        wide = self.app.size.width >= 150 and bool(found.code)
        self.table.set_columns(columns([run.number for run in found.runs], self.app.size.width // (2 if wide else 1)))
        self.table.set_rows(
            [line_row(index, line, self.host.ascii_only) for index, line in enumerate(lines)],
            f"no difference: {key_of('compare.everything')} shows everything",
        )
        all_of_it = key_of("compare.everything")
        told = "everything" if self._shows_everything else f"only what differs, {len(found.lines)} in all: {all_of_it}"
        self.table.set_title(f"{count(len(lines), 'line')}", (told, "frame--remark"))
        self.code.display = bool(found.code)
        most = (self.app.size.height - 2) * 55 // 100
        self.table.styles.height = "1fr" if wide or not found.code else max(6, min(len(lines) + 3, most))
        against = f"against run {self.numbers[0]}"
        self.code.set_title(f"Code {count(len(found.code), 'file')}", (against, "frame--remark"))
        self.code.set_lines(code_lines(found.code, self.host.ascii_only))

    def action_everything(self) -> None:
        """Everything, or only what differs."""
        self._shows_everything = not self._shows_everything
        if self._shows_everything:
            self.host.log_words("mlpw", "compare", *map(str, self.numbers), "--all")
        self._show()

    def on_table_entered(self, event: Table.Entered) -> None:
        """The whole values; of code, its difference."""
        event.stop()
        line = self._lines_now()[int(event.key)]
        if line.topic == "code" and self.found is not None and self.found.code:
            self._to_code(line.step)
        else:
            self.app.push_screen(TextDialog(line.name, whole_lines(self.numbers, line)))

    def _to_code(self, step: str) -> None:
        """The step's files first."""
        assert self.found is not None
        mine = sorted(self.found.code, key=lambda each: each.step != step)
        self.code.set_lines(code_lines(mine, self.host.ascii_only))
        self.code.action_ends(-1)
        self.code.focus()

    def action_open(self) -> None:
        """The whole values."""
        self.table.action_enter()

    def action_next_topic(self) -> None:
        """To the next group of lines."""
        self._jump(1)

    def action_previous_topic(self) -> None:
        """To the group before."""
        self._jump(-1)

    def _jump(self, direction: int) -> None:
        lines, shown = self._lines_now(), [int(key) for key in self.table.shown_keys]
        firsts = [at for at, key in enumerate(shown) if at == 0 or lines[key].topic != lines[shown[at - 1]].topic]
        now = shown.index(int(self.table.selected)) if self.table.selected else 0
        ahead = [at for at in firsts if at > now] if direction > 0 else [at for at in firsts[::-1] if at < now]
        if ahead:
            self.table.action_move(ahead[0] - now)

    def step_back(self) -> bool:
        """From the code to the lines."""
        if self.focused is not self.code:
            return False
        self.table.focus()
        return True

    def text_to_copy(self) -> str:
        """The line's values, or the code."""
        if self.focused is self.code:
            return self.code.plain_text
        if not self.table.selected:
            return ""
        line = self._lines_now()[int(self.table.selected)]
        return "\t".join((line.name, *line.whole))
