"""Panes as large as a person wants them: by keys, by dragging their borders, one alone; remembered by the workspace."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import events
from textual.widget import Widget

from tui.screens.base import WorkbenchScreen

if TYPE_CHECKING:
    from tui.panes.detail import DetailPane
    from tui.panes.log import LogPane
    from tui.panes.steps import StepsPane
    from tui.panes.tree import TreePane

#: Cells that each key press gives or takes.
_STEP = {"tree": 2, "detail": 2, "steps": 1}
#: No pane is made smaller than this, nor what it leaves to the others.
_LEAST = {"tree": 14, "detail": 20, "steps": 4}
_LEFT_OVER = {"tree": 40, "detail": 24, "steps": 5}
#: Below this many columns the tree and the rest take turns, each on the whole screen.
_TURNS = 70


class PaneSizes(WorkbenchScreen):
    """Sizes of tree (columns), detail (columns) and steps (rows); the log takes what is left."""

    tree_pane: "TreePane"
    steps: "StepsPane"
    detail: "DetailPane"
    log_pane: "LogPane"
    _zoomed: Widget | None = None

    def __init__(self) -> None:
        super().__init__()
        self._sizes: dict[str, int] = {}
        self._dragged = ""

    @property
    def pane_sizes(self) -> Mapping[str, int]:
        """What a person chose, by pane; the others have their usual sizes."""
        return self._sizes

    @property
    def zoomed_pane(self) -> str:
        """The id of the pane that is shown alone, or an empty string."""
        return str(self._zoomed.id) if self._zoomed is not None else ""

    def take_sizes(self, sizes: Mapping[str, int], zoomed: str = "") -> None:
        """Show panes as they were left."""
        self._sizes = {name: size for name, size in sizes.items() if name in _LEAST and size > 0}
        self.apply_sizes()
        pane = self._panes().get(zoomed)
        if pane is not None:
            self._zoom(pane)

    def apply_sizes(self) -> None:
        """Give every pane that was resized its size, within what the window has; the usual rules hold for the rest."""
        if not self.is_mounted:
            return
        alone = self._zoomed is not None
        for name in ("tree", "detail"):
            styles = self._panes()[name].styles
            if name in self._sizes and not alone and self.app.size.width >= _TURNS:
                styles.width = self._within(name, self._sizes[name])
            else:
                styles.clear_rule("width")
        if self._zoomed is self.steps:
            self.steps.styles.height = "1fr"
        elif "steps" in self._sizes and not alone and self.query_one("#lower").display:
            self.steps.styles.height = self._within("steps", self._sizes["steps"])

    def _panes(self) -> dict[str, Widget]:
        return {"tree": self.tree_pane, "steps": self.steps, "detail": self.detail, "log": self.log_pane}

    def _within(self, name: str, size: int) -> int:
        """A size that leaves something to the others."""
        room = self.app.size.width if name == "tree" else self.query_one("#main").size.width
        room = self.app.size.height - 2 if name == "steps" else room or self.app.size.width
        return max(_LEAST[name], min(size, room - _LEFT_OVER[name]))

    # Keys

    def action_narrower(self) -> None:
        """The pane that has the keys gives a little room to its neighbour."""
        self._resize(-1)

    def action_wider(self) -> None:
        """The pane that has the keys takes a little room from its neighbour."""
        self._resize(1)

    def _resize(self, direction: int) -> None:
        name = next((name for name, pane in self._panes().items() if pane.has_focus or pane.has_focus_within), "")
        if name == "log":
            name, direction = ("detail" if self._is_shown(self.detail) else "steps"), -direction
        if not name or self._zoomed is not None:
            return
        pane = self._panes()[name]
        now = pane.size.height if name == "steps" else pane.outer_size.width
        self._set(name, now + direction * _STEP[name])

    def _set(self, name: str, size: int) -> None:
        wanted = self._within(name, size)
        if wanted != self._sizes.get(name):
            self._sizes[name] = wanted
            self.apply_sizes()

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """On a border between two panes: drag it."""
        self._dragged = self._border_at(int(event.screen_x), int(event.screen_y)) if event.button == 1 else ""
        if self._dragged:
            self.header.capture_mouse()  # whatever the mouse passes, its movements come here

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The border follows."""
        if self._dragged:
            self._drag(int(event.screen_x), int(event.screen_y))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The border stays; a terminal that tells no movement tells this."""
        if self._dragged:
            self._drag(int(event.screen_x), int(event.screen_y))
            self._dragged = ""
            self.header.release_mouse()

    def _drag(self, x: int, y: int) -> None:
        pane = self._panes()[self._dragged]
        self._set(self._dragged, y - pane.region.y if self._dragged == "steps" else x - pane.region.x + 1)

    def _border_at(self, x: int, y: int) -> str:
        """The pane whose right or lower border, or whose neighbour's, lies at a cell."""
        if self._zoomed is not None:
            return ""
        for name in ("tree", "detail"):
            pane = self._panes()[name]
            at = pane.region.right
            if (
                self._is_shown(pane)
                and x in (at - 1, at)
                and pane.region.y <= y < pane.region.bottom
                and at < self.size.width
            ):
                return name
        steps, lower = self.steps.region, self.query_one("#lower")
        if self._is_shown(lower) and y in (steps.bottom - 1, steps.bottom) and steps.x <= x < steps.right:
            return "steps"
        return ""

    def _is_shown(self, pane: Widget) -> bool:
        return pane.display and pane.region.area > 0

    # One pane alone

    def action_zoom_in(self) -> None:
        """The pane that has the keys, alone."""
        pane = next((pane for pane in self._panes().values() if pane.has_focus or pane.has_focus_within), None)
        if pane is not None:
            self._zoom(pane)

    def _zoom(self, pane: Widget) -> None:
        self._zoomed = pane
        self.set_class(True, "-zoomed")
        for widget in self._panes().values():
            widget.set_class(widget is pane, "-zoomed")
        self.query_one("#main").set_class(pane is not self.tree_pane, "-zoomed")
        self.query_one("#lower").set_class(pane in (self.detail, self.log_pane), "-zoomed")
        self.apply_sizes()

    def action_zoom_out(self) -> None:
        """All panes."""
        self._zoomed = None
        for widget in self.query(".-zoomed"):
            widget.remove_class("-zoomed")
        self.remove_class("-zoomed")
        self.apply_sizes()
