"""Looking about in a drawing of steps with the mouse: the wheel, and dragging."""

from textual import events

from tui.widgets.steps import StepsWidget


class DraggedSteps(StepsWidget):
    """A drawing that may be larger than its pane in both directions."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._dragged_from: tuple[int, int] | None = None
        self._was_dragged = False

    def scroll_drawing(self, columns: int, rows: int) -> None:
        """Look so many cells further."""
        raise NotImplementedError

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down, or right with shift."""
        event.stop()
        self.scroll_drawing(*((6, 0) if event.shift else (0, 3)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up, or left with shift."""
        event.stop()
        self.scroll_drawing(*((-6, 0) if event.shift else (0, -3)))

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Scroll right."""
        event.stop()
        self.scroll_drawing(6, 0)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Scroll left."""
        event.stop()
        self.scroll_drawing(-6, 0)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A drag begins, unless the button comes up where it went down."""
        self._was_dragged = False
        if 0 < event.x <= self.inner_width and 0 < event.y <= self.inner_height:
            self._dragged_from = (event.screen_x, event.screen_y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The drawing follows the mouse."""
        if self._dragged_from is None:
            return
        x, y = self._dragged_from
        if (event.screen_x, event.screen_y) != (x, y):
            self._dragged_from, self._was_dragged = (event.screen_x, event.screen_y), True
            self.scroll_drawing(x - event.screen_x, y - event.screen_y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The drag ends."""
        del event
        if self._dragged_from is not None:
            self._dragged_from = None
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """A click at the end of a drag selects nothing."""
        if self._was_dragged:
            event.prevent_default()
