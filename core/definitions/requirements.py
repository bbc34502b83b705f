"""Lines of pip requirements, with the files they include and the local projects they name."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.definitions.loading import Loading
from core.definitions.ports import Form
from core.definitions.references import local_text
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Location

_INCLUDES = ("-r", "--requirement")
_CONSTRAINTS = ("-c", "--constraint")
_EDITABLE = ("-e", "--editable")
_ARCHIVES = (".whl", ".tar.gz", ".zip")


@dataclass(frozen=True, slots=True)
class LocalRequirement:
    """A requirement that is a path; `path` is absolute, with the extras that are asked for."""

    written: str
    path: str
    editable: bool
    location: Location


@dataclass(frozen=True, slots=True)
class Requirements:
    """Lines that need no file of the workspace, and those that do; `files` are where they stand."""

    lines: tuple[str, ...]
    local: tuple[LocalRequirement, ...]
    files: tuple[str, ...]


def read_requirements(items: Iterable[Scalar], loading: Loading, folder: str, *, include: str = "") -> Requirements:
    """Requirement lines as written in a conda file in `folder`, or those of the requirements file `include`.

    Raises DefinitionError for an included file or local project that is not there, with the line that names it.
    The format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    lines: list[str] = []
    local: list[LocalRequirement] = []
    reader = _Reader(loading, lines, local)
    for item in items:
        reader.take(item.text, folder, item.location)
    if include:
        reader.file(include, Location(loading.shown(include)))
    return Requirements(tuple(lines), tuple(local), tuple(reader.files))


class _Reader:
    def __init__(self, loading: Loading, lines: list[str], local: list[LocalRequirement]) -> None:
        self.loading = loading
        self.lines = lines
        self.local = local
        self.files: dict[str, None] = {}
        self.seen: set[str] = set()

    def take(self, text: str, folder: str, where: Location) -> None:
        line = text.split(" #", 1)[0].strip()
        if not line or line.startswith("#"):
            return
        included = _argument(line, _INCLUDES)
        if included:
            self.file(self._existing(included, folder, "requirements file", where), where)
        elif _argument(line, _CONSTRAINTS):
            self.loading.notice(f"constraints are not applied: '{line}'", where)
        else:
            self._requirement(line, folder, where)

    def file(self, path: str, where: Location) -> None:
        if path in self.seen:
            return
        self.seen.add(path)
        self.loading.sources[path] = None
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as problem:
            raise DefinitionError(f"requirements file '{path}' cannot be read: {problem}", location=where) from None
        shown = self.loading.shown(path)
        for number, line in _logical(text):
            self.take(line, os.path.dirname(path), Location(shown, number))  # noqa: PTH120

    def _requirement(self, line: str, folder: str, where: Location) -> None:
        editable = _argument(line, _EDITABLE)
        target = editable or line
        written, extras = _local(target)
        if not written:
            self.lines.append(line)
            self.files[where.file] = None
            return
        path = self._existing(written, folder, "local package", where, allow_folder=True)
        self.local.append(LocalRequirement(target, path + extras, bool(editable), where))

    def _existing(self, text: str, folder: str, what: str, where: Location, *, allow_folder: bool = False) -> str:
        path, form = self.loading.places.local(text, folder, what, where)
        if form is Form.FOLDER and not allow_folder:
            raise DefinitionError(f"{what} '{text}' is a folder", location=where)
        return path


def _argument(line: str, options: tuple[str, ...]) -> str:
    for option in options:
        if line.startswith(option):
            rest = line.removeprefix(option)
            if rest[:1] in {" ", "=", "\t"} or (option.startswith("-") and not option.startswith("--")):
                return rest.lstrip(" =\t").strip("\"'")
    return ""


def _local(text: str) -> tuple[str, str]:
    """Path and extras: './lib[fast]' and 'lib[fast] @ file:./lib' -> ('./lib', '[fast]'); ('', '') for no path.

    Addresses as in https://packaging.python.org/en/latest/specifications/dependency-specifiers/.
    """
    name, at, address = (part.strip() for part in text.partition("@"))
    if at and address.startswith("file:") and ";" not in address:
        _, bracket, extras = name.partition("[")
        return local_text(address.partition("#")[0]), bracket + extras
    path, bracket, extras = text.partition("[")
    return (path.strip(), bracket + extras) if _is_path(text) else ("", "")


def _is_path(text: str) -> bool:
    if text.startswith(("./", "../", "/", "file:")) or text in {".", ".."} or text.startswith(".["):
        return True
    return (
        "://" not in text
        and " @ " not in text
        and (text.endswith(_ARCHIVES) or (text.split("[", maxsplit=1)[0].endswith("/")))
    )


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with the number of their first, those that end in a backslash joined to the next."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1] + " "
            continue
        yield start, pending + line
        pending, start = "", 0
    if pending:
        yield start, pending
