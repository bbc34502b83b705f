"""Files over HTTP, for what cannot be a file:// address."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .values import Refusal, file_info, inside, missing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .book import Book
    from .values import Json


def folder(book: Book, source: str) -> Path:
    """The folder a model version was made from, whatever kind of address names it."""
    scheme, _, rest = source.partition(":")
    rest = rest.lstrip("/")
    if scheme == "mlflow-artifacts":
        return place(book, rest)
    if scheme == "runs":
        return place(book, f"runs/{rest}")
    if scheme == "models":
        name, _, version = rest.partition("/")
        return place(book, f"versions/{name}/{version}" if version else f"models/{name}")
    return Path(unquote(urlsplit(source).path)) if scheme == "file" else Path(source).absolute()


def place(book: Book, path: str) -> Path:
    """The file or folder at `runs/ID/...`, `models/ID/...` or `versions/NAME/NUMBER/...`."""
    kind, _, rest = path.strip("/").partition("/")
    name, _, rest = rest.partition("/")
    if kind == "runs":
        return inside(book.run_of({"run_id": name}).folder, rest)
    if kind == "models":
        return inside(book.model_of({"model_id": name}).folder, rest)
    if kind == "versions":
        number_, _, rest = rest.partition("/")
        book.registered_of({"name": name}).version(number_)
        return inside(book.base / book.registry[name].versions[number_]["folder"], rest)
    raise missing(f"Artifact '{path}'")


def list_place(book: Book, path: str) -> Json:
    """The entries of a folder, as MLflow's artifact service lists them."""
    folder = place(book, path)
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return {"files": [file_info(entry, entry.name) for entry in entries]}


def list_artifacts(book: Book, ask: Json) -> Json:
    run, path = book.run_of(ask), str(ask.get("path") or "")
    folder = inside(run.folder, path)
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    return {
        "root_uri": run.folder.as_uri(),
        "files": [file_info(e, f"{path}/{e.name}".lstrip("/")) for e in entries],
    }


def upload(book: Book, path: str, chunks: Iterable[bytes]) -> Json:
    """Store a file whole or not at all."""
    kind, _, rest = path.strip("/").partition("/")
    target = place(book, path)
    if kind == "versions" or "/" not in rest:
        raise Refusal(403, "PERMISSION_DENIED", f"'{path}' cannot be written")
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            size = file.tell()
        part.replace(target)
    except OSError as error:
        raise Refusal(413, "RESOURCE_LIMIT_EXCEEDED", f"mlpw could not write {target}: {error.strerror}") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    owner, _, below = rest.partition("/")
    run = owner if kind == "runs" else book.models[owner].run
    book.record("artifact", run=run, path=below if kind == "runs" else book.told(target), size=size)
    return {}
