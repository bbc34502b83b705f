"""A step's inputs and outputs on the whole screen: files on the left, a look into the chosen one on the right."""

import asyncio
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from tui.dialogs.ask import AskDialog
from tui.keys.action import shown_key
from tui.keys.actions import action, bindings, footer
from tui.keys.chosen import keys_of
from tui.keys.moves import move_key
from tui.panes.files import FilesPane, PreviewPane
from tui.reading.detail import Port, StepMore, step_more
from tui.reading.folders import FileEntry, Listing, copy_out, entry_of, list_folder
from tui.reading.previews import Room, preview
from tui.screens.editor import reading_command, viewer_command
from tui.screens.far_files import FarFiles, leaf_of
from tui.views import SessionError, StepState, Subject
from tui.widgets.bar import Hint
from tui.widgets.document import Line
from tui.widgets.file_tree import FileTree, Leaf
from tui.wording.safe import first_line, one_line

_SETTLE = 0.08
#: The hints at the end of every footer: palette, help, quit.
_KEPT = 3


class FilesScreen(FarFiles):
    """Everything that goes into a step and comes out of it; Esc goes back."""

    WHERE = "files"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("files.", "view."), "files"),
        Binding("escape", "back", "back", show=False, id="files.back"),
    ]

    DEFAULT_CSS = """
    FilesScreen #files { width: 2fr; }
    FilesScreen #preview { width: 3fr; }
    FilesScreen.-tiny #files { width: 1fr; }
    FilesScreen.-tiny #preview { width: 1fr; display: none; }
    FilesScreen.-tiny.-in #files { display: none; }
    FilesScreen.-tiny.-in #preview { display: block; }
    """

    def __init__(self, subject: Subject, step: str, state: StepState, crumbs: tuple[str, ...]) -> None:
        super().__init__()
        self.files = FilesPane(id="files")
        self.preview = PreviewPane(id="preview")
        self._subject, self._step, self._state, self._crumbs = subject, step, state, crumbs
        self._known: dict[str, FileEntry] = {}
        self._shows_picture = False

    def body(self) -> ComposeResult:
        """Tree and preview."""
        with Horizontal():
            yield self.files
            yield self.preview

    def on_mount(self) -> None:
        """Look up what there is."""
        self.spread_ascii()
        self.header.set_crumbs(*self._crumbs, "files")
        self.files.set_title(f"Files of {self._step}")
        self.preview.set_title("Preview")
        self.set_focus(self.files)
        self._look_up()

    @work(exclusive=True, group="roots")
    async def _look_up(self) -> None:
        try:
            entries = await self.roots()
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        keys = [f"{number}:{entry.path}" for number, entry in enumerate(entries)]
        self._known = dict(zip(keys, entries, strict=True))
        self.files.set_roots([leaf_of(key, entry) for key, entry in self._known.items()])
        if not entries:
            self.preview.set_rows([(("this step has no inputs and outputs here yet", "paint--muted"),)])

    async def roots(self) -> list[FileEntry]:
        """What stands at the top. Raises SessionError."""
        more = await self.bridge.read(step_more(self._subject, self._step, self._state))
        return await asyncio.to_thread(_roots, more, self._step, self._state.made_by_run or self._subject.run)

    def hints(self, left_out: Collection[str] = ()) -> list[Hint]:
        """Looking in first; not the ways to other screens, for which there is no room."""
        ways = [found.id for found in footer(self.WHERE) if found.id.startswith("app.screen_")]
        enter = shown_key(keys_of("list.enter", "enter").partition(",")[0])
        copy, narrow = action("app.copy"), action("view.filter")
        offered = super().hints((*ways, narrow.id, *left_out))
        general = [Hint(copy.key, "copy path", "app.copy"), Hint(narrow.key, narrow.label, "filter")]
        return [Hint(enter, "open", "open"), *offered[:-_KEPT], *general, *offered[-_KEPT:]]

    def on_file_tree_wanted(self, event: FileTree.Wanted) -> None:
        """A folder was opened."""
        event.stop()
        if self._known[event.key].host:
            self.start_fetching(event.key)
        else:
            self._list(event.key)

    def show_fetched(self, key: str) -> None:
        """What is in it, or a look into it."""
        if self._known[key].is_folder:
            self._list(key)
        if self.files.selected == key:
            self._look_into(key)

    @work(group="list")
    async def _list(self, key: str) -> None:
        listing = await asyncio.to_thread(list_folder, self._known[key].path)
        number = key.partition(":")[0]
        found = {f"{number}:{entry.path}": entry for entry in listing.entries}
        self._known.update(found)
        self.files.fill(key, [*(leaf_of(inside, entry) for inside, entry in found.items()), *_rest(key, listing)])

    def on_file_tree_highlighted(self, event: FileTree.Highlighted) -> None:
        """Look into what the cursor stands on, after it has come to rest."""
        event.stop()
        self._look_into(event.key)

    @work(exclusive=True, group="preview")
    async def _look_into(self, key: str) -> None:
        await asyncio.sleep(_SETTLE)
        entry = self._known.get(key)
        if entry is None:
            self.preview.set_rows([])
            self.preview.set_title("Preview")
            return
        if entry.host:
            self.say_where(entry)
            return
        has_colour = not self.host.ascii_only and "NO_COLOR" not in os.environ
        room = Room(self.preview.inner_width or 76, self.preview.inner_height or 18, has_colour)
        found = await asyncio.to_thread(preview, entry, room)
        self._shows_picture = found.is_picture
        self.preview.set_title(one_line(entry.name), (found.remark, "frame--remark"))
        self.preview.set_rows(found.rows, found.header)

    def on_resize(self) -> None:
        """A picture is drawn for the room that there is."""
        if self._shows_picture:
            self._look_into(self.files.selected)

    def on_file_tree_entered(self, event: FileTree.Entered) -> None:
        """Into the preview, once it is here."""
        event.stop()
        entry = self._known.get(event.key)
        if entry is not None and entry.host:
            self.start_fetching(event.key)
            return
        self.set_class(True, "-in")
        self.call_after_refresh(self.preview.focus)

    def action_open(self) -> None:
        """Open or close a folder, look into a file."""
        self.files.action_enter()

    def action_back(self) -> None:
        """From the preview to the tree, from there back; what is being fetched is left first."""
        if self.stop_fetching():
            return
        if self.preview.has_focus:
            self.set_class(False, "-in")
            self.call_after_refresh(self.files.focus)
        else:
            self.app.pop_screen()

    def on_descendant_focus(self) -> None:
        """Where there is room for one pane only, the one with the keys is shown."""
        if self.focused in (self.files, self.preview):
            self.set_class(self.focused is self.preview, "-in")

    def filter_prompt(self) -> str:
        """What is filtered."""
        return "filter by name, ! inverts"

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Only files of this name."""
        del target
        self.files.set_filter(text)

    def _chosen(self) -> FileEntry | None:
        entry = self._known.get(self.files.selected)
        if entry is None:
            self.notify("select a file first", severity="warning", markup=False)
        elif entry.host:
            self.notify(
                f"it lies on {one_line(entry.host)}: {move_key('list.enter')} fetches it",
                severity="warning",
                markup=False,
            )
            return None
        return entry

    def text_to_copy(self) -> str:
        """The path of the file; in the preview, its text, if it is one."""
        if self.preview.has_focus and not self._shows_picture:
            return self.preview.plain_text
        entry = self._known.get(self.files.selected)
        return "" if entry is None else entry.digest if entry.host else str(entry.path)

    def action_page(self) -> None:
        """The file in the pager."""
        entry = self._chosen()
        if entry is not None:
            self.host.log_command("files.page", path=entry.path)
            self.host.run_outside(viewer_command(os.environ, entry.path))

    def action_edit(self) -> None:
        """The file in the editor, read-only."""
        entry = self._chosen()
        if entry is not None:
            self.host.log_command("files.edit", path=entry.path)
            self.host.run_outside(reading_command(os.environ, entry.path))

    def action_save(self) -> None:
        """Ask where to, then copy."""
        entry = self._chosen()
        if entry is None:
            return
        lines = [Line(str(entry.path), label="copy"), Line("to a path of your own:", style="paint--muted")]
        dialog = AskDialog("Save a copy", lines, str(Path.cwd() / entry.path.name), "save", _taken)
        self.app.push_screen(dialog, lambda answer: self._save(entry, answer))

    def _save(self, entry: FileEntry, answer: str | None) -> None:
        if answer:
            self._copy(entry.path, _target(answer))

    @work(group="copy")
    async def _copy(self, source: Path, target: Path) -> None:
        self.host.log_command("files.save", path=source, target=target)
        try:
            await asyncio.to_thread(copy_out, source, target)
        except OSError as error:
            self.notify(
                first_line(f"{error.strerror or error}: {target}"), title="Not saved", severity="error", markup=False
            )
            return
        self.notify(f"saved as {one_line(str(target))}", markup=False)


def _roots(more: StepMore, step: str, run: int) -> list[FileEntry]:
    """What a step takes, makes and works in, as far as it is here or on a host."""
    ports = [(f"input {port.name}", port, _source(port, run)) for port in more.inputs]
    ports += [
        (port.name if port.name == "artifacts" else f"output {port.name}", port, (f"{run}/{step}", port.name))
        for port in more.outputs
    ]
    found = [
        _root(name, port.path, port.size) if port.path else _far(name, port, twin)
        for name, port, twin in ports
        if port.path or port.host
    ]
    return [*found, *([_root("working folder", more.folder, -1)] if more.folder else [])]


def _root(name: str, path: str, size: int) -> FileEntry:
    entry = entry_of(Path(path), name)
    return entry if entry.size >= 0 or size < 0 else FileEntry(entry.path, name, entry.is_folder, size, entry.note)


def _far(name: str, port: Port, twin: tuple[str, ...]) -> FileEntry:
    return FileEntry(Path(), name, not port.is_file, port.size, host=port.host, digest=port.digest, twin=twin)


def _source(port: Port, run: int) -> tuple[str, ...]:
    """What fetches an input by itself: a registered version, or what another step made."""
    if port.text.startswith("azureml:"):
        return (port.text.removeprefix("azureml:"),)
    step, _, output = port.text.rpartition(".")
    return (f"{run}/{step}", output)


def _rest(key: str, listing: Listing) -> Sequence[Leaf]:
    """What stands under a folder that could not be listed, or not as a whole."""
    if listing.trouble:
        return [Leaf(f"{key}\0", listing.trouble)]
    return [Leaf(f"{key}\0", f"and more than {len(listing.entries):,}")] if listing.left_out else []


def _target(answer: str) -> Path:
    return Path.cwd() / Path(answer).expanduser()


def _taken(answer: str) -> str:
    """Why nothing can be saved there."""
    if not answer.strip() or "\0" in answer:
        return "where to?"
    try:
        return "there is something already" if os.path.lexists(_target(answer.strip())) else ""
    except (OSError, RuntimeError, ValueError) as error:
        return str(error)
