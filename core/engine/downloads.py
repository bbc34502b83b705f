"""Data at a public address: fetched once into the store, found again by its address."""

from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from core.errors import InputError
from core.planning.graph import DataInput
from core.store.objects import Store
from core.store.remembered import recall, remember

_SCHEMES = ("http", "https")
#: Between two pieces that arrive.
_TIMEOUT_SECONDS = 30.0
_BLOCK = 1 << 20


def can_download(data: DataInput) -> bool:
    """Whether the data is one file at an address that needs no account."""
    return urlsplit(data.uri).scheme in _SCHEMES and data.type in ("uri_file", "")


def name_at(uri: str) -> str:
    """What the file at an address is called, "" when the address does not say."""
    return PurePosixPath(unquote(urlsplit(uri).path)).name


def downloaded(store: Store, uri: str) -> str:
    """The digest of what was fetched from an address, "" when it has not been, or is no longer kept."""
    found = recall(store.layout, _name(uri))
    digest = found[1] if found else ""
    return digest if digest and store.has(digest) else ""


def download(store: Store, data: DataInput) -> str:
    """Fetch the data unless it is kept already; its digest.

    Raises InputError when it cannot be had.
    """
    known = downloaded(store, data.uri)
    if known:
        return known
    folder = store.new_temporary_path("download")
    folder.mkdir()
    target = folder / (name_at(data.uri) or "download")
    _fetch(data, target)
    digest = store.capture(target)
    remember(store.layout, _name(data.uri), {}, digest)
    return digest


def _fetch(data: DataInput, target: Path) -> None:
    import urllib.request  # 60 ms, and few pipelines name an address
    from http.client import HTTPException

    try:
        request = urllib.request.Request(data.uri, headers={"User-Agent": "mlpw"})
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer, target.open("wb") as file:
            _copy(answer, file, answer.headers.get("Content-Length"))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(
            f"{data.uri} cannot be fetched: {reason}",
            location=data.location,
            hint=f"or say in mlpw.yml where it lies, under data: '{data.uri}: ./data/...'",
        ) from error


def _copy(answer: IO[bytes], file: IO[bytes], announced: str | None) -> None:
    """All of it; reading by blocks does not notice by itself that a connection was cut."""
    count = 0
    while block := answer.read(_BLOCK):
        count += file.write(block)
    if announced and count != int(announced):
        raise OSError(f"only {count} of {announced} bytes came")


def _name(uri: str) -> str:
    return f"download {uri}"
