"""Edits of definition files: checked as the loader checks, written whole or not at all, undone and done again."""

import difflib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.pipeline_loader import load_pipeline
from core.editing.document import Document
from core.editing.history import History
from core.errors import DefinitionError, Location, Notice, UsageError, WorkspaceError
from core.planning.resolve import resolve
from core.workspace.catalog import WorkspaceCatalog
from core.workspace.replacing import replace_if
from core.workspace.users import broken_users

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: Lines around a change that a diff shows.
_AROUND = 2


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file: `path` absolute, `shown` as people name it; `notices` are those that were not there before.

    `before` is "" for a file that is new.
    """

    path: Path
    shown: str
    title: str
    before: str
    after: str
    notices: tuple[Notice, ...] = ()

    @property
    def diff(self) -> tuple[str, ...]:
        """The change as lines of a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.shown, self.shown, lineterm="", n=_AROUND
        )
        return tuple(lines)


class Edits:
    """The edits of one workspace; what was done is remembered per file, so that any later mlpw can undo it."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace

    def plan(self, path: Path, title: str, change: Callable[[Document], str]) -> Edit:
        """What an edit would make of a pipeline's file; nothing is written.

        A file that was wrong before may be mended in several edits: what is still wrong is a notice then. So is what
        the edit of a component makes wrong in pipelines that use it, as they are other files.
        Raises UsageError for what cannot be done, and DefinitionError, as the loader words it, for what would be wrong.
        """
        path = path.resolve()
        before, shown = self._read(path), self._shown(path)
        after = change(Document(before, shown))
        if after == before:
            return Edit(path, shown, title, before, after)
        known = self._known(path, before)
        try:
            notices = self.check(path, after)
        except DefinitionError as error:
            if known is not None:
                raise
            notices = (Notice(f"it still cannot run: {error.message}", error.location),)
        said = {notice.message for notice in known or ()}
        new = tuple(notice for notice in notices if notice.message not in said)
        if known is not None:
            new += tuple(broken_users(self._workspace, path, after))
        return Edit(path, shown, title, before, after, new)

    def check(self, path: Path, text: str) -> tuple[Notice, ...]:
        """What the loader says about a pipeline's text.

        Raises DefinitionError when it could not be run.
        """
        catalog = WorkspaceCatalog(self._workspace.records, self._workspace.store)
        root = self._workspace.root
        definition = load_pipeline(path, root=root, catalog=catalog, texts={str(path): text.encode()})
        return resolve(definition).notices

    def write(self, edit: Edit) -> None:
        """Write an edit, unless the file is another than it was planned from.

        Raises WorkspaceError when it is, or cannot be written.
        """
        if edit.after == edit.before:
            return
        _write(edit)
        self._workspace.keep()
        self._keep(edit.path, self.history(edit.path).with_edit(edit.title, edit.before, edit.after))

    def undo(self, path: Path) -> Edit:
        """Take back the last edit of a file.

        Raises UsageError when there is none, WorkspaceError when the file was changed since.
        """
        path = path.resolve()
        history = self.history(path)
        revision = history.last
        if revision is None:
            raise UsageError(f"there is no edit of {self._shown(path)} to undo")
        edit = Edit(path, self._shown(path), f"undo: {revision.title}", revision.after, revision.before)
        _write(edit)
        self._keep(path, history.undone())
        return edit

    def redo(self, path: Path) -> Edit:
        """Do again what was undone last.

        Raises UsageError when there is nothing, WorkspaceError when the file was changed since.
        """
        path = path.resolve()
        history = self.history(path)
        revision = history.next
        if revision is None:
            raise UsageError(f"there is no edit of {self._shown(path)} to do again")
        edit = Edit(path, self._shown(path), f"redo: {revision.title}", revision.before, revision.after)
        _write(edit)
        self._keep(path, history.redone())
        return edit

    def history(self, path: Path) -> History:
        """What was done to a file; nothing where it cannot be read."""
        try:
            return History.from_json(self._history_file(path).read_text("utf-8"))
        except (OSError, ValueError):
            return History()

    def _keep(self, path: Path, history: History) -> None:
        file = self._history_file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        half.write_text(json.dumps(history.as_json()), "utf-8")
        half.replace(file)

    def _history_file(self, path: Path) -> Path:
        name = hashlib.sha256(self._shown(path).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self._workspace.layout.cache / "edits" / f"{name}.json"

    def _known(self, path: Path, text: str) -> tuple[Notice, ...] | None:
        """The notices of a text as it stands, None when it is wrong already."""
        try:
            return self.check(path, text)
        except DefinitionError:
            return None

    def _read(self, path: Path) -> str:
        shown = self._shown(path)
        try:
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise DefinitionError("the file is no UTF-8", location=Location(shown), hint="save it as UTF-8") from None
        except OSError as error:
            raise DefinitionError(
                f"the file cannot be read: {(error.strerror or str(error)).lower()}", location=Location(shown)
            ) from None

    def _shown(self, path: Path) -> str:
        root = self._workspace.root
        return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _write(edit: Edit) -> None:
    """Put a file's new text in place at once, if it still holds the old one.

    Raises WorkspaceError.
    """
    try:
        if not replace_if(edit.path, edit.before.encode(), edit.after.encode()):
            raise WorkspaceError(
                f"{edit.shown} was changed on disk meanwhile, and nothing was written", hint="look at it first"
            )
    except OSError as error:
        raise WorkspaceError(f"{edit.shown} cannot be written: {error.strerror}") from None
