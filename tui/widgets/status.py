"""The statuses of panes and the style class that colours each; glyphs and words are in tui.wording.status."""

from enum import StrEnum
from typing import ClassVar

from rich.style import Style
from textual.widget import Widget


class Status(StrEnum):
    """What a pane can say about a step or a run; the values are keys of tui.wording.status.LOOKS."""

    SUCCEEDED = "succeeded"
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
    StatusWidget .status--succeeded { color: $status-ok; }
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
    StatusWidget:ansi .paint--selected { color: ansi_default; background: ansi_default; text-style: reverse; }
    StatusWidget:ansi .paint--selected-blurred { background: ansi_default; text-style: underline; }
    StatusWidget:nocolor .paint--selected { text-style: reverse; }
    StatusWidget:nocolor .paint--selected-blurred { text-style: underline; }
    StatusWidget:nocolor .paint--match { text-style: reverse; }
    StatusWidget .paint--title { color: $foreground; text-style: bold; }
    StatusWidget .paint--match { background: $match; color: $match-text; }
    """

    ascii_only = False

    def paint(self, name: str) -> Style:
        """The foreground of a component class, to be laid over the widget's own background."""
        if self.parent is None:  # it left the screen before what it was to show came
            return Style.null()
        return self.get_component_rich_style(name, partial=True)

    def status_style(self, status: Status) -> Style:
        """The colour of a status."""
        return self.paint(f"status--{status.value}")
