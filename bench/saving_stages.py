"""What the time from a save to what was waited for is made of."""

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

_STAGES = ("seen", "quiet", "planned", "submitted", "owned", "driven", "captured", "prepared", "asked")


@dataclass
class Stages:
    """Milliseconds from one stage of each save to the next, by what `saving_probe` noted in `file`."""

    file: Path
    found: list[list[float]] = field(default_factory=list)

    def add(self, saved: int, reached: int) -> None:
        """A save at one time and what was waited for at another, in nanoseconds since the epoch."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        times = [(word, int(at)) for word, at in map(str.split, lines) if saved <= int(at) <= reached]
        row, before = [], saved
        for stage in _STAGES:
            at = next((at for word, at in times if word == stage and at >= before), before)
            row.append((at - before) / 1e6)
            before = at
        self.found.append([*row, (reached - before) / 1e6])

    def take(self) -> str:
        """The medians in words; begins anew."""
        rows, self.found = self.found, []
        self.file.unlink(missing_ok=True)
        medians = [median(row[stage] for row in rows) for stage in range(len(_STAGES) + 1)] if rows else []
        told = zip((*_STAGES, "there"), medians, strict=False)
        return ", ".join(f"{word} {milliseconds:.0f}" for word, milliseconds in told if milliseconds) + " ms"
