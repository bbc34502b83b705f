"""Things worked out once and kept in the cache folder; whatever is torn, foreign or missing is worked out again."""

import json
import os
from _blake2 import blake2b  # hashlib would load OpenSSL, 5 ms of start-up
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.layout import Layout

_FORMAT = 1


def remember(layout: Layout, name: str, about: dict[str, Any], text: str) -> None:
    """Keep a text under a name, with what must still hold for it to be used."""
    path = _path(layout, name)
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError):  # a full disk only means to work it out again
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(temporary, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(f"{json.dumps({'format': _FORMAT, 'name': name, **about})}\n{text}")
        os.replace(temporary, path)


def recall(layout: Layout, name: str) -> tuple[dict[str, Any], str] | None:
    """What was kept under a name."""
    try:
        with open(_path(layout, name), encoding="utf-8", errors="surrogatepass") as file:
            about = json.loads(file.readline())
            text = file.read()
    except (OSError, ValueError):
        return None
    if not isinstance(about, dict) or about.get("format") != _FORMAT or about.get("name") != name:
        return None
    return about, text


def forget(layout: Layout, name: str) -> None:
    """Drop what was kept under a name."""
    with suppress(OSError):
        _path(layout, name).unlink()


def _path(layout: Layout, name: str) -> Path:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return layout.cache / "remembered" / digest
