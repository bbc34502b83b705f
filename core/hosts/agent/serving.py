"""Answers the requests of a session."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

from core.errors import MlpwError
from core.hosts.agent.arriving import lacking, take_in
from core.hosts.agent.tidying import trim, usage
from core.hosts.agent.volume import Plain, Volume, drop_old
from core.hosts.agent.working import collect, forget, lay_out
from core.layout import Layout
from core.store.copying import remove_tree
from core.store.filesystem import sync_filesystem
from core.store.objects import Store

#: Whoever asks is gone when nothing has come for so long.
_IDLE_SECONDS = 120.0
_STALE_SECONDS, _LOOK_SECONDS, _SYNC_SECONDS = 3600.0, 0.005, 0.25


def main() -> None:
    """`agent FOLDER SESSION`: answer what comes to the volume FOLDER in a session, until nothing comes any more.

    Requests are numbered; each is whole when the file beside it is there that says so.
    """
    folder = Path(sys.argv[1])
    requests = folder / "requests" / sys.argv[2]
    store = Store(Layout(folder))
    drop_old(requests.parent, _STALE_SECONDS)  # whoever asked last takes the container away, and leaves its folder
    try:
        for number in count(1):
            request = requests / f"{number}.json"
            if not _comes(request.with_suffix(".go")):
                return
            _answer(Volume(folder, store), request)
    finally:
        store.close()
        remove_tree(str(requests))


def _comes(path: Path) -> bool:
    """Wait for a file; False when it did not come in a while.

    What arrives meanwhile is brought to disk, which it must be before it counts.
    """
    now = time.monotonic()
    until, sync_at = now + _IDLE_SECONDS, now + _SYNC_SECONDS
    while not path.exists():
        if (now := time.monotonic()) > until:
            return False
        if now > sync_at:
            sync_filesystem(str(path.parents[2]))
            sync_at = time.monotonic() + _SYNC_SECONDS
        time.sleep(_LOOK_SECONDS)
    return True


def _answer(volume: Volume, request: Path) -> None:
    """Do what a file asks; the answer lies beside it, whole or not at all."""
    asked: Plain = json.loads(request.read_bytes())
    try:
        answer = _OPERATIONS[asked["do"]](volume, asked)
    except MlpwError as error:
        answer = {"error": error.message}
    except OSError as error:
        answer = {"error": f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)}
    half = request.with_suffix(".half")
    half.write_text(json.dumps(answer))
    half.replace(request.with_suffix(".answer"))


_OPERATIONS: Mapping[str, Callable[[Volume, Plain], Plain]] = {
    "lay_out": lay_out,
    "lacking": lacking,
    "take_in": take_in,
    "collect": collect,
    "forget": forget,
    "usage": usage,
    "trim": trim,
}
