"""One vocabulary of statuses for commands and panes."""

from rich.cells import cell_len

from core.records.model import RunStatus, StepStatus
from tui.widgets.status import Status
from tui.wording.status import LOOKS


def test_every_status_of_records_and_panes_has_a_look_of_one_cell() -> None:
    for status in (*RunStatus, *StepStatus, *Status):
        assert str(status) in LOOKS
    for look in LOOKS.values():
        assert cell_len(look.glyph) == len(look.ascii) == 1
        assert look.ascii.isascii()
