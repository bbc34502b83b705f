"""Files and folders as a tree: only opened folders are known, and only rows in sight are painted."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events

from tui.widgets.frame import FramedWidget
from tui.widgets.keyed import Keyed
from tui.widgets.text import fit
from tui.wording.safe import one_line


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file or folder: `key` tells it from all others, `remark` stands at the right."""

    key: str
    name: str
    is_folder: bool = False
    remark: str = ""


class FileTree(FramedWidget):
    """Whoever uses it fills a folder when it is `Wanted`."""

    DEFAULT_CSS = """
    FileTree { height: 1fr; }
    """

    class Highlighted(Keyed):
        """The cursor stands on another row."""

    class Wanted(Keyed):
        """A folder was opened: its content is to be looked up, again if it was known."""

    class Entered(Keyed):
        """A person went into a file."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._roots: tuple[Leaf, ...] = ()
        self._inside: dict[str, tuple[Leaf, ...]] = {}
        self._open: set[str] = set()
        self._rows: list[tuple[int, Leaf]] = []
        self._needle = ""
        self._first = self._at = 0

    def set_roots(self, roots: Sequence[Leaf]) -> None:
        """Show these, closed."""
        self._roots, self._inside, self._open = tuple(roots), {}, set()
        self._at = self._first = 0
        self._lay_out()
        self._tell()

    def replace_root(self, leaf: Leaf) -> None:
        """Show the root of this key otherwise."""
        self._roots = tuple(leaf if each.key == leaf.key else each for each in self._roots)
        self._lay_out()

    def close(self, key: str) -> None:
        """Show no more what a folder holds."""
        self._open.discard(key)
        self._lay_out()

    def fill(self, key: str, leaves: Sequence[Leaf]) -> None:
        """What a folder holds."""
        self._inside[key] = tuple(leaves)
        self._lay_out()

    def open(self, key: str) -> None:
        """Show what a folder holds."""
        self._open.add(key)
        self.post_message(self.Wanted(key))
        self._lay_out()

    def set_filter(self, needle: str) -> None:
        """Only files whose name contains `needle`, and open folders; a leading ! inverts."""
        self._needle = needle.lower()
        self._at = 0
        self._lay_out()
        self._tell()

    @property
    def selected(self) -> str:
        """The key of the row under the cursor, or an empty string."""
        return self._rows[self._at][1].key if self._at < len(self._rows) else ""

    def _lay_out(self) -> None:
        key = self.selected
        self._rows = []
        self._add(self._roots, 0)
        found = next((index for index, (_, leaf) in enumerate(self._rows) if leaf.key == key), self._at)
        self._at = max(0, min(found, len(self._rows) - 1))
        self._reveal()
        self.refresh()

    def _add(self, leaves: Sequence[Leaf], depth: int) -> None:
        for leaf in leaves:
            is_open = leaf.key in self._open
            if depth == 0 or (leaf.is_folder and is_open) or self._matches(leaf.name):
                self._rows.append((depth, leaf))
            if is_open:
                self._add(self._inside.get(leaf.key, ()), depth + 1)

    def _matches(self, name: str) -> bool:
        wanted = self._needle.lstrip("!")
        return not wanted or (wanted in name.lower()) != self._needle.startswith("!")

    def _reveal(self) -> None:
        height = max(1, self.inner_height)
        self._first = max(0, min(self._first, self._at, len(self._rows) - height))
        self._first = max(self._first, self._at - height + 1)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()
        self.refresh()

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height), len(self._rows)

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """One file or folder."""
        index = self._first + y
        if index >= len(self._rows):
            return [Segment(" nothing here", self.paint("paint--muted"))] if not self._rows and y == 0 else []
        depth, leaf = self._rows[index]
        segments = self._leaf(depth, leaf, width)
        if index != self._at:
            return segments
        chosen = self.paint("paint--selected" if self.has_focus else "paint--selected-blurred")
        return [Segment(text, (style or Style()) + chosen) for text, style, _ in segments]

    def _leaf(self, depth: int, leaf: Leaf, width: int) -> list[Segment]:
        marks = ("v ", "> ") if self.ascii_only else ("▾ ", "▸ ")
        mark = (marks[0] if leaf.key in self._open else marks[1]) if leaf.is_folder else "  "
        head = f" {'  ' * depth}{mark}"
        remark = one_line(leaf.remark)
        room = width - cell_len(head) - 1
        remark = remark if cell_len(remark) + 6 <= room else ""
        name = fit(one_line(leaf.name), max(1, room - cell_len(remark) - (1 if remark else 0)))
        style = "paint--title" if leaf.is_folder and not depth else "paint--text"
        return [
            Segment(head, self.paint("paint--muted")),
            Segment(f"{name} " if remark else name, self.paint(style)),
            Segment(f"{remark} " if remark else " ", self.paint("paint--muted")),
        ]

    def _tell(self) -> None:
        self.post_message(self.Highlighted(self.selected))

    def _go(self, at: int) -> None:
        at = max(0, min(at, len(self._rows) - 1))
        if at == self._at:
            return
        first, before, self._at = self._first, self._at, at
        self._reveal()
        if self._first != first:
            self.refresh()
        else:
            self.refresh_row(before - first)
            self.refresh_row(at - first)
        self._tell()

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self._go(self._at + rows)

    def action_page(self, direction: int) -> None:
        """Half a page further."""
        self._go(self._at + direction * max(1, self.inner_height // 2))

    def action_ends(self, direction: int) -> None:
        """The first or the last row."""
        self._go(0 if direction < 0 else len(self._rows) - 1)

    def action_sideways(self, direction: int) -> None:
        """Open a folder; close it, or go to the one around."""
        if self._at >= len(self._rows):
            return
        depth, leaf = self._rows[self._at]
        if direction > 0:
            if leaf.is_folder and leaf.key not in self._open:
                self.open(leaf.key)
        elif leaf.key in self._open:
            self._open.discard(leaf.key)
            self._lay_out()
        else:
            outer = next((at for at in range(self._at - 1, -1, -1) if self._rows[at][0] < depth), self._at)
            self._go(outer)

    def action_enter(self) -> None:
        """Open or close a folder; go into a file."""
        if self._at >= len(self._rows):
            return
        leaf = self._rows[self._at][1]
        if not leaf.is_folder:
            self.post_message(self.Entered(leaf.key))
        elif leaf.key in self._open:
            self.action_sideways(-1)
        else:
            self.open(leaf.key)

    def on_click(self, event: events.Click) -> None:
        """Choose; a second click goes in."""
        index = self._first + event.y - 1
        if event.y >= 1 and index < len(self._rows):
            self._go(index)
            if event.chain > 1:
                self.action_enter()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self._go(self._at + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self._go(self._at - 3)
