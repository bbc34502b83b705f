"""The tree of what a workspace holds: pipelines, components, data, environments, models and runs."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from tui.views import Entry, Kind, RunView
from tui.widgets.status import Status
from tui.wording.safe import one_line
from tui.wording.status import glyph

Leaf = Entry | RunView

_BRANCHES = {
    Kind.PIPELINE: "Pipelines",
    Kind.COMPONENT: "Components",
    Kind.DATA: "Data",
    Kind.ENVIRONMENT: "Environments",
    Kind.MODEL: "Models",
    Kind.RUN: "Runs",
}
_OPEN_AT_FIRST = (Kind.PIPELINE, Kind.RUN)


class TreePane(Tree[Leaf]):
    """Branches by kind, each with its count; a leaf is an entry or a run."""

    BINDINGS = [
        Binding("up,k", "cursor_up", "up", show=False, id="list.up"),
        Binding("down,j", "cursor_down", "down", show=False, id="list.down"),
        Binding("g,home", "scroll_home", "first", show=False, id="list.first"),
        Binding("G,end", "scroll_end", "last", show=False, id="list.last"),
        Binding("ctrl+d,pagedown", "page_down", "page down", show=False, id="list.page_down"),
        Binding("ctrl+u,pageup", "page_up", "page up", show=False, id="list.page_up"),
        Binding("left,h", "fold", "left", show=False, id="list.left"),
        Binding("right,l", "unfold", "right", show=False, id="tree.unfold"),
    ]

    DEFAULT_CSS = """
    TreePane {
        border: round $frame; border-title-color: $foreground; border-title-style: bold;
        background: $background; padding: 0; scrollbar-size: 1 1;
        &:focus { border: round $frame-focused; background-tint: $background 0%; }
        & > .tree--guides { color: $graph-line; }
        & > .tree--guides-selected { color: $graph-line; }
        & > .tree--cursor { background: $selection-blurred; color: $foreground; text-style: none; }
        &:focus > .tree--cursor { background: $selection; color: $foreground; text-style: none; }
        &:ansi > .tree--cursor { text-style: underline; }
        &:ansi:focus > .tree--cursor, &:nocolor > .tree--cursor { text-style: reverse; }
        & > .tree--highlight-line { background: $background; }
        & > .tree--label { color: $foreground; }
    }
    """

    class Highlighted(Message):
        """The selection moved to a leaf."""

        def __init__(self, leaf: Leaf) -> None:
            super().__init__()
            self.leaf = leaf

    class Entered(Highlighted):
        """A person went into a leaf."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("workspace", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.border_title = "Workspace"
        self.ascii_only = False
        self._entries: list[Entry] = []
        self._runs: list[RunView] = []
        self._colours: dict[Status, str] = {}
        self._needle = ""
        self._gone = ""
        self._stand_in: TreeNode[Leaf] | None = None

    def set_status_colours(self, colours: dict[Status, str]) -> None:
        """Colours for the glyphs of runs, as text that Rich understands."""
        if colours != self._colours:
            self._colours = colours
            self._fill()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Fill the branches of definitions and assets."""
        if list(entries) != self._entries:
            self._entries = list(entries)
            self._fill()

    def show_runs(self, runs: Sequence[RunView]) -> None:
        """Fill the branch of runs."""
        if list(runs) != self._runs:
            self._runs = list(runs)
            self._fill()

    @property
    def filter(self) -> str:
        """What holds some leaves back."""
        return self._needle

    def set_filter(self, needle: str) -> None:
        """Keep only leaves whose name contains `needle`; the frame says so."""
        self._needle = needle.lower()
        title = f"Workspace  /{one_line(needle)}" if needle else "Workspace"
        self.border_title = Text(title)  # a text: no markup is read in it
        self._fill()

    def leaf_for(self, *, pipeline: str = "", run: int = 0) -> Leaf | None:
        """The leaf of a pipeline's path or a run's number."""
        for entry in self._entries:
            if pipeline and entry.kind is Kind.PIPELINE and str(entry.path) == pipeline:
                return entry
        return next((found for found in self._runs if run and found.number == run), None)

    def reveal(self, leaf: Leaf) -> None:
        """Move the cursor to a leaf, without telling anyone."""
        wanted = _key(leaf)
        for branch in self.root.children:
            for node in branch.children:
                if node.data is not None and _key(node.data) == wanted:
                    branch.expand()
                    self._put_cursor(node)
                    return

    def _put_cursor(self, node: TreeNode[Leaf] | None) -> None:
        """Without telling anyone; at once, or Textual finds later that another node stands where the cursor was."""
        self._gone = ""
        with self.prevent(Tree.NodeHighlighted):
            _ = self.last_line  # the lines are laid out by it
            self.move_cursor(node)

    def _fill(self) -> None:
        """Build the branches again, keeping what was folded and where the cursor was.

        A leaf that is gone, as when a file is saved or a branch switched, has the cursor again when it comes back.
        """
        cursor = self.cursor_node
        at = self._gone if self._gone and cursor is self._stand_in else _place(cursor)
        was_open = {branch.id_name: branch.is_expanded for branch in self._branches()}
        chosen: TreeNode[Leaf] | None = None
        self.root.remove_children()
        for kind, title in _BRANCHES.items():
            leaves = self._leaves(kind)
            if not leaves:
                continue
            opened = was_open.get(title, kind in _OPEN_AT_FIRST) or bool(self._needle)
            label = Text.assemble((title, Style(bold=True)), (f" {len(leaves)}", Style(dim=True)))
            branch = self.root.add(label, expand=opened)
            for node in (branch, *(branch.add_leaf(self._label(leaf), data=leaf) for leaf in leaves)):
                if _place(node) == at:
                    chosen = node
        self._put_cursor(chosen or next(iter(self.root.children), None))
        if chosen is None:
            self._gone, self._stand_in = at, self.cursor_node

    def _branches(self) -> list["_Branch"]:
        return [_Branch(_title(node), node.is_expanded) for node in self.root.children]

    def _leaves(self, kind: Kind) -> list[Leaf]:
        if kind is Kind.RUN:
            return [run for run in self._runs if self._needle in f"{run.number} {run.pipeline}".lower()]
        return [entry for entry in self._entries if entry.kind is kind and self._needle in entry.name.lower()]

    def _label(self, leaf: Leaf) -> Text:
        if isinstance(leaf, RunView):
            name = leaf.pipeline.rsplit("/", 1)[-1].removesuffix(".yml").removesuffix(".yaml")
            return Text.assemble(self._glyph(leaf.status), " ", f"{leaf.number} ", (one_line(name), Style(dim=True)))
        if leaf.trouble is not None:
            return Text.assemble(self._glyph(Status.FAILED), " ", one_line(leaf.name))
        text = Text(one_line(leaf.name))
        newest = leaf.versions[0].name if leaf.versions else leaf.version
        if newest:
            text.append(f" {one_line(newest)}", Style(dim=True))
        return text

    def _glyph(self, status: Status) -> Text:
        return Text(glyph(status, self.ascii_only), self._colours.get(status, ""))

    def render_label(self, node: TreeNode[Leaf], base_style: Style, style: Style) -> Text:
        """The label with its own colours over the tree's, and a mark whether a branch is open."""
        label = node.label.copy() if isinstance(node.label, Text) else Text(str(node.label))
        label.stylize_before(style)
        if not node.allow_expand:
            return label
        return Text.assemble((self.ICON_NODE_EXPANDED if node.is_expanded else self.ICON_NODE, base_style), label)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Leaf]) -> None:
        """Tell which leaf the cursor stands on."""
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Highlighted(event.node.data))

    def on_tree_node_selected(self, event: Tree.NodeSelected[Leaf]) -> None:
        """Go into a leaf."""
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Entered(event.node.data))

    def action_fold(self) -> None:
        """Close the branch, from a leaf too."""
        node = self.cursor_node
        if node is not None and node.data is not None and node.parent is not None:
            self.move_cursor(node.parent)
        elif node is not None:
            node.collapse()

    def action_unfold(self) -> None:
        """Open the branch, or go into the leaf."""
        node = self.cursor_node
        if node is None:
            return
        if node.data is None:
            node.expand()
        else:
            self.post_message(self.Entered(node.data))


class _Branch:
    """A branch's name and whether it is open."""

    def __init__(self, id_name: str, is_expanded: bool) -> None:
        self.id_name = id_name
        self.is_expanded = is_expanded


def _title(branch: TreeNode[Leaf]) -> str:
    """Without the count."""
    return str(branch.label).rsplit(" ", 1)[0]


def _place(node: TreeNode[Leaf] | None) -> str:
    """What a node stands for, whenever it was made."""
    if node is None:
        return ""
    return _title(node) if node.data is None else _key(node.data)


def _key(leaf: Leaf) -> str:
    if isinstance(leaf, RunView):
        return f"run {leaf.number}"
    return f"{leaf.kind} {leaf.path or leaf.name}"
