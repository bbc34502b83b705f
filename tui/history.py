"""Where a person has been in the workbench: back and forward, as in a browser; pure."""

from dataclasses import dataclass, field

from tui.views import Subject


@dataclass(frozen=True, slots=True)
class Spot:
    """A view that one can come back to: the screen, what it is about, the selected row, the filter.

    `subject` and `row` (a step) belong to the Run screen; `about` is an asset's name or the numbers of compared runs.
    """

    screen: str = "run"
    subject: Subject = Subject()  # noqa: RUF009 - a frozen value
    about: str = ""
    row: str = ""
    filter: str = ""

    def is_like(self, other: "Spot") -> bool:
        """Whether both are the same view, wherever the selection stands."""
        return (self.screen, self.subject, self.about) == (other.screen, other.subject, other.about)


_MOST = 50


@dataclass(slots=True)
class History:
    """Spots behind and ahead of where one is."""

    behind: list[Spot] = field(default_factory=list)
    ahead: list[Spot] = field(default_factory=list)

    def leave(self, spot: Spot) -> None:
        """Remember the spot that is left for a new one."""
        self.behind = [*self.behind, spot][-_MOST:]
        self.ahead = []

    def back(self, now: Spot) -> Spot | None:
        """Where one was before; None when there was nothing."""
        if not self.behind:
            return None
        self.ahead.append(now)
        return self.behind.pop()

    def forward(self, now: Spot) -> Spot | None:
        """Where one was before going back; None when there is nothing."""
        if not self.ahead:
            return None
        self.behind.append(now)
        return self.ahead.pop()
