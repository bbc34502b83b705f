"""Where the arrow keys lead in a graph: along edges, and among what stands above and below; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something that can be selected stands: the row of its text, and its first and last column."""

    left: int
    right: int
    row: int


@dataclass(slots=True)
class Trail:
    """The way a person went along edges, so that the opposite arrow leads back."""

    _came_from: dict[tuple[str, bool], str] = field(default_factory=dict)

    def went(self, before: str, now: str, ahead: bool) -> None:
        """Remember that an arrow led from one step to another."""
        self._came_from[now, not ahead] = before

    def along(self, here: str, near: Iterable[str], ahead: bool, spots: Mapping[str, Spot]) -> str:
        """Of the steps that edges lead to: the one a person came from, else the nearest by row, then by column."""
        found = [name for name in near if name in spots]
        back = self._came_from.get((here, ahead), "")
        if back in found:
            return back
        at = spots[here]
        return min(found, key=lambda name: (abs(spots[name].row - at.row), abs(spots[name].left - at.left)), default="")


def above_or_below(here: str, direction: int, spots: Mapping[str, Spot]) -> str:
    """The nearest in that direction that stands over or under `here`; else the nearest of all in that direction."""
    at = spots[here]
    ahead = [name for name, spot in spots.items() if (spot.row - at.row) * direction > 0]

    def distance(name: str) -> tuple[bool, int, int]:
        spot = spots[name]
        aside = max(0, spot.left - at.right, at.left - spot.right)
        return (aside > 0, 2 * abs(spot.row - at.row) + aside, abs(spot.left - at.left))

    return min(ahead, key=distance, default="")
