"""What a person asked of a run, as it is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.planning.selection import EVERYTHING, Selection


@dataclass(frozen=True, slots=True)
class Request:
    """The selection of steps and the values that were set (`--set` pairs)."""

    selection: Selection = EVERYTHING
    changes: tuple[tuple[str, str], ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON values; what was not asked for is left out."""
        named = {
            "only": list(self.selection.only),
            "from": list(self.selection.start),
            "to": list(self.selection.end),
            "force": self.selection.force,
            "force_steps": list(self.selection.force_steps),
            "spares_failed": self.selection.spares_failed,
            "set": [list(pair) for pair in self.changes],
        }
        return {key: value for key, value in named.items() if value}

    @classmethod
    def from_plain(cls, named: Mapping[str, Any]) -> "Request":
        """What `plain` gave."""
        return cls(
            Selection(
                only=tuple(named.get("only", ())),
                start=tuple(named.get("from", ())),
                end=tuple(named.get("to", ())),
                force=bool(named.get("force", False)),
                force_steps=tuple(named.get("force_steps", ())),
                spares_failed=bool(named.get("spares_failed", False)),
            ),
            tuple((key, value) for key, value in named.get("set", ())),
        )
