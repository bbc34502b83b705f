"""What lies on a host, in the browser of files: said, fetched when a person opens it, and left when they leave."""

from collections.abc import Sequence
from dataclasses import replace

from textual import work

from tui.keys.moves import move_key
from tui.panes.files import FilesPane, PreviewPane
from tui.reading.folders import FileEntry, entry_of
from tui.reading.transfers import transfer
from tui.screens.base import WorkbenchScreen
from tui.views import SessionError
from tui.widgets.file_tree import Leaf
from tui.wording import units
from tui.wording.safe import first_line, one_line

#: Between two words about how a transfer goes.
_LOOK_SECONDS = 0.25


class FarFiles(WorkbenchScreen):
    """Fetches entries that lie elsewhere; at most one at a time."""

    files: FilesPane
    preview: PreviewPane
    _known: dict[str, FileEntry]
    _fetched = ""

    def show_fetched(self, key: str) -> None:
        """Something that was opened is here now."""
        raise NotImplementedError

    def say_where(self, entry: FileEntry, words: str = "") -> None:
        """In the preview: where it lies, what fetches it, how that goes."""
        known = f", {units.size(entry.size)}" if entry.size >= 0 else ""
        more = (
            (f"{words}; {_leave()} stops it",) if words else (f"{move_key('list.enter')} brings it here and shows it",)
        )
        self.preview.set_title(one_line(entry.name), (f"on {one_line(entry.host)}", "frame--remark"))
        self.preview.set_rows(_rows(f"this lies on {one_line(entry.host)}{known}, where its step ran", *more))

    def start_fetching(self, key: str) -> None:
        """Bring here what a person opened."""
        if self._fetched == key:
            return
        if self._fetched:
            self.files.close(key)
            self.notify(f"something else is being fetched; {_leave()} stops that", severity="warning", markup=False)
            return
        self._fetched = key
        self._fetch(key)

    def stop_fetching(self) -> bool:
        """Leave what is being fetched; whether anything was."""
        return bool(self._fetched) and bool(self.workers.cancel_group(self, "fetch"))

    @work(group="fetch")
    async def _fetch(self, key: str) -> None:
        entry = self._known[key]
        if entry.twin:
            self.host.log_words("mlpw", "fetch", *entry.twin)
        bringing = None
        try:
            bringing = await self.bridge.read(transfer(entry.digest))
            bringing.start()
            while not await bringing.wait(_LOOK_SECONDS):
                self._tell(key, entry, bringing.words)
            path = bringing.path()
            here = entry_of(path, entry.name)
            self._known[key] = here if here.size >= 0 else replace(here, size=entry.size)
            self.files.replace_root(leaf_of(key, self._known[key]))
            self._fetched = ""
            self.show_fetched(key)
        except SessionError as error:
            self._fail(key, entry, error)
        finally:
            if bringing is not None:
                bringing.leave()
            if self._fetched == key:
                self._fetched = ""
                if self.is_mounted:
                    self._put_back(key, entry)

    def _tell(self, key: str, entry: FileEntry, words: str) -> None:
        self.files.replace_root(Leaf(key, entry.name, entry.is_folder, words))
        if self.files.selected == key:
            self.say_where(entry, words)

    def _fail(self, key: str, entry: FileEntry, error: SessionError) -> None:
        trouble = error.trouble
        self.notify(first_line(trouble.message), title="Not fetched", severity="error", markup=False)
        self._fetched = ""
        self._put_back(key, entry)
        if self.files.selected == key:
            said = [trouble.message, *([trouble.hint] if trouble.hint else [])]
            self.preview.set_rows(_rows(*(one_line(text) for text in said)))

    def _put_back(self, key: str, entry: FileEntry) -> None:
        self.files.close(key)
        self.files.replace_root(leaf_of(key, entry))
        if self.files.selected == key:
            self.say_where(entry)


def leaf_of(key: str, entry: FileEntry) -> Leaf:
    """A row of the tree."""
    known = units.size(entry.size) if entry.size >= 0 else ""
    if entry.host:
        return Leaf(key, entry.name, entry.is_folder, " ".join(filter(None, (known, f"on {entry.host}"))))
    return Leaf(key, entry.name, entry.is_folder, entry.note or known)


def _leave() -> str:
    return move_key("files.back", "escape")


def _rows(*texts: str) -> Sequence[Sequence[tuple[str, str]]]:
    return [((text, "paint--muted"),) for text in texts]
