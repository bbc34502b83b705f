"""A pipeline or component again under another name, in a file beside the first, so that its paths stay right."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.discovery import classify
from core.definitions.yaml_reader import parse_yaml
from core.editing.document import Document
from core.editing.splicing import put
from core.errors import UsageError, WorkspaceError

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\Z")
_CLONED = ("pipeline", "component")


def clone(workspace: "Workspace", path: Path, name: str) -> Path:
    """Write a file named `name` beside `path` with the same content but for the fields that name it; the file.

    A component becomes version 1 of the new name. Raises UsageError for what is no pipeline or component, or a name
    that cannot be one; WorkspaceError when the file is there already or cannot be written.
    """
    if not _NAME.match(name):
        raise UsageError(
            f"'{name}' cannot name a file here",
            hint="use letters, digits, '_', '-' and '.'; it is put beside the first",
        )
    path = path.resolve()
    shown = str(path.relative_to(workspace.root)) if path.is_relative_to(workspace.root) else str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {(error.strerror or str(error)).lower()}") from None
    kind = classify(parse_yaml(data, shown))
    if kind not in _CLONED:
        raise UsageError(f"{shown} defines no pipeline and no component", hint="those are what can be cloned")
    stem, suffix = (name[: -len(path.suffix)], path.suffix) if name.endswith(path.suffix) else (name, path.suffix)
    text = renamed(Document(data.decode("utf-8"), shown), stem, is_component=kind == "component")
    target = path.with_name(stem + suffix)
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise WorkspaceError(f"{target.name} is there already", hint="choose another name") from None
    except OSError as error:
        raise WorkspaceError(f"{target.name} cannot be written: {error.strerror}") from None
    return target


def renamed(document: Document, name: str, *, is_component: bool) -> str:
    """The text with another name, another display name if it has one, and version 1 of a component."""
    if is_component or document.find(("name",)) is not None:
        document = Document(put(document, ("name",), name), document.shown)
    if document.find(("display_name",)) is not None:
        document = Document(put(document, ("display_name",), name), document.shown)
    if is_component and document.find(("version",)) is not None:
        document = Document(put(document, ("version",), "1"), document.shown)
    return document.mark + document.text
