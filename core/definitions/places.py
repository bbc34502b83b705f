"""Paths in definitions: what they mean on this machine, and what lies there."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.definitions.ports import Form, Place
from core.definitions.references import is_uri, local_text, parse_datastore_path
from core.definitions.workspace_file import WorkspaceFile, match
from core.errors import DefinitionError, Location, Notice, did_you_mean

DEFAULT_DATASTORE = "workspaceblobstore"
#: What lies at a path, and where that really is, links followed; "" for what nobody looked at.
Whereabouts = tuple[Form, str]

_SPECIAL = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


class Places:
    """Looks up paths for one load; every path is looked at once."""

    def __init__(self, root: Path, workspace: WorkspaceFile, notices: list[Notice]) -> None:
        self.root = os.path.abspath(root)  # noqa: PTH100 - Path.resolve would follow links
        self.workspace = workspace
        self._notices = notices
        self._forms: dict[str, Form] = {}
        self._real: dict[str, str] = {}
        self._roots = self._allowed_roots()
        self._told: set[str] = set()

    def local(self, text: str, folder: str, what: str, location: Location | None) -> tuple[str, Form]:
        """The absolute path of a local file or folder that must exist, and which of both it is.

        Raises DefinitionError when it is missing, special, or outside the workspace without being listed.
        """
        path = self.absolute(text, folder, what, location)
        form = self._forms.get(path)
        if form is None:
            form = self._forms[path] = self._look(path, text, what, location)
        return path, form

    def absolute(self, text: str, folder: str, what: str, location: Location | None) -> str:
        """The absolute path that `text` means in `folder`, allowed but not looked at."""
        written = local_text(text)
        if "\0" in written:
            raise DefinitionError(f"{what} holds a NUL character", location=location)
        path = os.path.normpath(os.path.join(folder, os.path.expanduser(written)))  # noqa: PTH111, PTH118
        if path not in self._forms:
            self._require_allowed(path, text, what, location)
        return path

    def own(self, text: str, folder: str, what: str, location: Location | None) -> str:
        """The absolute path of a place to write to.

        Raises DefinitionError when that is the workspace itself, or lies where mlpw keeps its own files.
        """
        path = self.absolute(text, folder, what, location)
        private = os.path.join(self.root, ".mlpw")  # noqa: PTH118
        if (private + "/").startswith(path.rstrip("/") + "/") or (path + "/").startswith(private + "/"):
            raise DefinitionError(
                f"{what} cannot be written to '{text}'", location=location, hint="name a folder of its own"
            )
        return path

    def data(self, text: str, folder: str, what: str, location: Location | None) -> Place:
        """Where data lies: a local path, a datastore's folder, or a URI that mlpw.yml may map to a path."""
        mapped = match(self.workspace.data, text)
        if mapped is not None:
            path = self.mapped(mapped)
            return Place(text, path, self._seen(path, mapped, f"{what}, mapped by mlpw.yml,", location))
        datastore = self.datastore(text, location)
        if datastore:
            return Place(text, datastore, late=True)
        if is_uri(text):
            return Place(text)
        path, form = self.local(text, folder, what, location)
        return Place(text, path, form)

    def datastore(self, text: str, location: Location | None, *, writing: bool = False) -> str:
        """The local path of a datastore URI, "" when `text` is none.

        A datastore that mlpw.yml does not map is a folder below .mlpw when it is the default one, when the path is
        for `writing`, or when something was written there before.
        Raises DefinitionError for any other.
        """
        parsed = parse_datastore_path(text)
        if parsed is None:
            return ""
        folder = self.workspace.datastores.get(parsed.datastore)
        if folder is not None:
            base = self.mapped(folder)
        elif self._stands_in(parsed.datastore, writing=writing):
            base = self._own_folder(parsed.datastore)
            self._say(f"datastore '{parsed.datastore}' is the folder .mlpw/datastores/{parsed.datastore}", location)
        else:
            raise DefinitionError(
                f"datastore '{parsed.datastore}' has no folder on this machine",
                location=location,
                hint=did_you_mean(parsed.datastore, self.workspace.datastores)
                or f"add 'datastores: {{{parsed.datastore}: ./folder}}' to mlpw.yml",
            )
        path = os.path.normpath(os.path.join(base, parsed.path))  # noqa: PTH118
        if path != base and not path.startswith(base.rstrip("/") + "/"):
            raise DefinitionError(f"'{text}' leaves the datastore", location=location)
        return path

    def _stands_in(self, datastore: str, *, writing: bool) -> bool:
        return datastore == DEFAULT_DATASTORE or writing or os.path.isdir(self._own_folder(datastore))  # noqa: PTH112

    def _own_folder(self, datastore: str) -> str:
        return os.path.join(self.root, ".mlpw", "datastores", datastore)  # noqa: PTH118

    def mapped(self, text: str) -> str:
        """A path written in mlpw.yml: relative to the workspace, free to lie outside."""
        return os.path.normpath(os.path.join(self.root, os.path.expanduser(local_text(text))))  # noqa: PTH111, PTH118

    def _say(self, message: str, location: Location | None) -> None:
        if message not in self._told:
            self._told.add(message)
            self._notices.append(Notice(message, location))

    def _allowed_roots(self) -> tuple[str, ...]:
        listed = [self.mapped(text) for text in self.workspace.data_outside]
        mapped = [self.mapped(text) for text in self.workspace.datastores.values()]
        return tuple(os.path.realpath(path).rstrip("/") + "/" for path in (self.root, *listed, *mapped))

    def _require_allowed(self, path: str, text: str, what: str, location: Location | None) -> None:
        real = self._real[path] = os.path.realpath(path)
        if not any((real + "/").startswith(root) for root in self._roots):
            through = "" if path + "/" == real + "/" or not self._is_inside(path) else f", through a link to {real}"
            raise DefinitionError(
                f"{what} '{text}' leaves the workspace {self.root}{through}",
                location=location,
                hint=f"list {_listing(real)} under 'data_outside' in mlpw.yml to allow it",
            )

    def seen(self) -> dict[str, Whereabouts]:
        """What was found at every path of the definitions; of what mlpw.yml maps, it does not matter where it is."""
        paths = self._forms.keys() | self._real.keys()
        return {path: (self._forms.get(path, Form.UNSEEN), self._real.get(path, "")) for path in paths}

    def _is_inside(self, path: str) -> bool:
        return (path + "/").startswith(self.root.rstrip("/") + "/")

    def _seen(self, path: str, text: str, what: str, location: Location | None) -> Form:
        form = self._forms.get(path)
        if form is None:
            form = self._forms[path] = self._look(path, text, what, location)
        return form

    def _look(self, path: str, text: str, what: str, location: Location | None) -> Form:
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116
        except OSError as problem:
            raise DefinitionError(
                f"{what} '{text}' {_why_missing(path, problem)}", location=location, hint=_nearest(path)
            ) from None
        if form := _form(mode):
            return form
        kind = next((word for test, word in _SPECIAL if test(mode)), "special")
        raise DefinitionError(
            f"{what} '{text}' is {kind}, not a file or folder",
            location=location,
            hint="only files and folders are data",
        )


def whereabouts(paths: Iterable[str]) -> dict[str, Whereabouts]:
    """What lies at absolute paths now, and where that really is."""
    folders: dict[str, str] = {}
    return {path: (form_at(path), _real(path, folders)) for path in paths}


def are_there_still(seen: Mapping[str, Sequence[str]]) -> bool:
    """Whether a reader would find what it found then."""
    now = whereabouts(seen)
    return all(was in ("", found) for path in seen for was, found in zip(seen[path], now[path], strict=True))


def form_at(path: str) -> Form:
    """What lies at a path now; UNSEEN is also what is neither file nor folder."""
    try:
        return _form(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return Form.UNSEEN


def _form(mode: int) -> Form:
    return Form.FOLDER if stat.S_ISDIR(mode) else Form.FILE if stat.S_ISREG(mode) else Form.UNSEEN


def _real(path: str, folders: dict[str, str]) -> str:
    """As `os.path.realpath`; most paths lie in few folders, whose real ones are kept."""
    folder, name = os.path.split(path)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    found = os.path.join(folders[folder], name)  # noqa: PTH118
    return os.path.realpath(found) if os.path.islink(found) else found  # noqa: PTH114


def _why_missing(path: str, problem: OSError) -> str:
    if isinstance(problem, FileNotFoundError | NotADirectoryError):
        return "is a link that leads nowhere" if os.path.islink(path) else "does not exist"  # noqa: PTH114
    return f"cannot be read: {problem.strerror}"


def _nearest(path: str) -> str:
    """The name in the deepest folder that exists which is most like the missing one."""
    folder, name = os.path.split(path.rstrip("/"))
    while folder and not os.path.isdir(folder):  # noqa: PTH112
        folder, name = os.path.split(folder)
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return ""
    near = did_you_mean(name, names)
    return near or f"looked in {folder}"


def _listing(path: str) -> str:
    return path if os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112, PTH120
