"""What was measured, as values: a measurement holds one figure a tool."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.measuring import Figure

MLPW = "mlpw"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One workload at one size; `ran` is how many steps really ran, `left_out` why a tool has no
    figure, `notes` what else is to be told of one.
    """

    workload: str
    size: int
    figures: Mapping[str, Figure]
    ran: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def ratio(self, tool: str) -> float | None:
        """How many times as long as mlpw a tool took; None without both figures."""
        if MLPW not in self.figures or tool not in self.figures:
            return None
        return self.figures[tool].wall / self.figures[MLPW].wall

    def wall(self, tool: str = MLPW) -> float | None:
        """A tool's median seconds."""
        return self.figures[tool].wall if tool in self.figures else None

    def fastest(self) -> float | None:
        """mlpw's fastest seconds: what others do on the machine only ever adds to a time."""
        return self.figures[MLPW].fastest if MLPW in self.figures else None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything of one run of bench."""

    machine: str
    command: str
    versions: Mapping[str, str]
    counts_everything: bool
    measurements: tuple[Measurement, ...]

    def find(self, workload: str, size: int = 0) -> Measurement | None:
        """A measurement, None when it was not made."""
        return next((m for m in self.measurements if (m.workload, m.size) == (workload, size)), None)
