"""The ports of a step: what each input is given, and who takes each output."""

from collections.abc import Sequence

from tui.keys.moves import LIST_KEYS
from tui.reading.designing import OutputView, PortView, StepPorts
from tui.widgets.table import Column, Row, Table
from tui.wording.safe import one_line

_COLUMNS = (Column("", 4), Column("port", 18), Column("type", 13), Column("given, taken by", 40))


class PortsPane(Table):
    """Inputs, then outputs; a row's key is "in:NAME" or "out:NAME"."""

    BINDINGS = [*LIST_KEYS]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(_COLUMNS, id=id)
        self._step = StepPorts("")

    def show(self, step: StepPorts) -> None:
        """Show another step, or the same after an edit."""
        self._step = step
        what = f"{step.name}  {step.component}" if step.component else step.name
        self.set_title(one_line(what) or "Ports")
        self.set_rows(port_rows(step), "it takes nothing and makes nothing")

    @property
    def input(self) -> PortView | None:
        """The selected input."""
        side, _, name = self.selected.partition(":")
        return next((port for port in self._step.inputs if side == "in" and port.name == name), None)

    @property
    def output(self) -> OutputView | None:
        """The selected output."""
        side, _, name = self.selected.partition(":")
        return next((port for port in self._step.outputs if side == "out" and port.name == name), None)


def port_rows(step: StepPorts) -> Sequence[Row]:
    """The ports as rows."""
    rows = [_row("in", port.name, port.type, _given(port)) for port in step.inputs]
    return rows + [_row("out", port.name, port.type, _taken(port)) for port in step.outputs]


def _row(side: str, name: str, kind: str, told: tuple[str, str]) -> Row:
    cells = ((side, "paint--muted"), (name, "paint--title"), (kind or "any", "paint--muted"), told)
    return Row(f"{side}:{name}", cells)


def _given(port: PortView) -> tuple[str, str]:
    if port.source:
        return port.source, "paint--text"
    if port.value:
        return port.value, "status--succeeded"
    if port.default:
        return f"default {port.default}", "paint--muted"
    return ("needs a value", "status--failed") if port.is_required else ("optional", "paint--muted")


def _taken(port: OutputView) -> tuple[str, str]:
    return (", ".join(port.takers), "paint--text") if port.takers else ("nobody", "paint--muted")
