"""How large the boxes of a graph are drawn, from roomy to a glyph each."""

from dataclasses import dataclass
from enum import StrEnum

from tui.widgets.graph_layout import BOX_HEIGHT


class TimeAt(StrEnum):
    """Where a box says its time."""

    BESIDE = "beside"
    BORDER = "border"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class BoxSize:
    """How large boxes are drawn: the most cells of a name, where the time stands, rows of a box, columns per line."""

    longest: int
    time: TimeAt
    height: int = BOX_HEIGHT
    stride: int = 2


#: For reading: the first whose drawing is no wider than the pane is taken.
READABLE = (
    BoxSize(32, TimeAt.BESIDE),
    BoxSize(22, TimeAt.BESIDE),
    BoxSize(16, TimeAt.BESIDE),
    BoxSize(16, TimeAt.BORDER),
    BoxSize(12, TimeAt.BORDER),
)
#: For reading, where a person has to look around anyway.
ROOMY = READABLE[1]
#: For seeing the whole: the first whose drawing fits the pane is taken, else the last.
OVERVIEW = (
    *READABLE,
    BoxSize(8, TimeAt.BORDER, stride=1),
    BoxSize(20, TimeAt.NOWHERE, 1, 1),
    BoxSize(12, TimeAt.NOWHERE, 1, 1),
    BoxSize(6, TimeAt.NOWHERE, 1, 1),
    BoxSize(0, TimeAt.NOWHERE, 1, 1),
)
