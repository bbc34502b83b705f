"""How each status looks: a glyph of one cell, a word, and the style class that colours it."""

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from rich.style import Style
from textual.widget import Widget


class Status(StrEnum):
    """What a pane can say about a step or a run."""

    OK = "ok"
    FAILED = "failed"
    RUNNING = "running"
    PREPARING = "preparing"
    WAITING = "waiting"
    REUSED = "reused"
    NOT_RUN = "not_run"
    STALE = "stale"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_live(self) -> bool:
        """Whether its time still grows."""
        return self in (Status.RUNNING, Status.PREPARING)


@dataclass(frozen=True, slots=True)
class Look:
    """Glyph, its ASCII twin, and the word beside it."""

    glyph: str
    ascii: str
    word: str


LOOKS: dict[Status, Look] = {
    Status.OK: Look("✓", "+", "ok"),
    Status.FAILED: Look("✗", "x", "failed"),
    Status.RUNNING: Look("▶", ">", "running"),
    Status.PREPARING: Look("▷", "~", "preparing"),
    Status.WAITING: Look("◌", ".", "waiting"),
    Status.REUSED: Look("≡", "=", "reused"),
    Status.NOT_RUN: Look("⊘", "-", "not run"),
    Status.STALE: Look("●", "*", "stale"),
    Status.CANCELLED: Look("■", "#", "cancelled"),
    Status.UNKNOWN: Look("·", "?", ""),
}


def wants_ascii() -> bool:
    """Whether the terminal's text must stay ASCII: asked for by MLPW_ASCII, or by a locale that has no UTF-8."""
    asked = os.environ.get("MLPW_ASCII", "")
    if asked:
        return asked not in ("0", "no", "false")
    encoding = (getattr(sys.__stdout__, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding not in ("utf8", "utf16", "utf32", "gb18030")


def glyph(status: Status, ascii_only: bool = False) -> str:
    """One cell that stands for `status`."""
    look = LOOKS[status]
    return look.ascii if ascii_only else look.glyph


def word(status: Status) -> str:
    """The word for `status`."""
    return LOOKS[status].word


class StatusWidget(Widget):
    """A plain widget that paints statuses in the theme's colours through `render_line`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"status--{status.value}" for status in Status),
        "paint--text",
        "paint--muted",
        "paint--line",
        "paint--active-line",
        "paint--selected",
        "paint--selected-blurred",
        "paint--title",
        "paint--match",
    }

    DEFAULT_CSS = """
    StatusWidget .status--ok { color: $status-ok; }
    StatusWidget .status--failed { color: $status-failed; text-style: bold; }
    StatusWidget .status--running { color: $status-running; text-style: bold; }
    StatusWidget .status--preparing { color: $status-running; }
    StatusWidget .status--waiting { color: $status-waiting; }
    StatusWidget .status--reused { color: $status-reused; }
    StatusWidget .status--not_run { color: $status-not-run; }
    StatusWidget .status--stale { color: $status-stale; }
    StatusWidget .status--cancelled { color: $status-not-run; }
    StatusWidget .status--unknown { color: $status-not-run; }
    StatusWidget .paint--text { color: $foreground; }
    StatusWidget .paint--muted { color: $muted; }
    StatusWidget .paint--line { color: $graph-line; }
    StatusWidget .paint--active-line { color: $graph-active; text-style: bold; }
    StatusWidget .paint--selected { background: $selection; }
    StatusWidget .paint--selected-blurred { background: $selection-blurred; }
    StatusWidget:nocolor .paint--selected { text-style: reverse; }
    StatusWidget:nocolor .paint--selected-blurred { text-style: underline; }
    StatusWidget:nocolor .paint--match { text-style: reverse; }
    StatusWidget .paint--title { color: $foreground; text-style: bold; }
    StatusWidget .paint--match { background: $match; color: $match-text; }
    """

    ascii_only = False

    def paint(self, name: str) -> Style:
        """The foreground of a component class, to be laid over the widget's own background."""
        return self.get_component_rich_style(name, partial=True)

    def status_style(self, status: Status) -> Style:
        """The colour of a status."""
        return self.paint(f"status--{status.value}")
