"""Content that a step left on its host, brought here when somebody needs it here."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.definitions.compute_target import ComputeTarget
from core.errors import StoreError
from core.layout import Layout
from core.store.locks import Lock
from core.store.objects import Store

#: So many lock files share all digests; two that meet in one only wait for each other.
_LOCK_DIGITS = 2
_PATIENCE_SECONDS = 3600.0


def bring(store: Store, digests: Iterable[str], heard: Callable[[str], None] = lambda words: None) -> None:
    """Have content here that is noted to lie on a host; what is here or nowhere is left alone.

    Raises StoreError when the host has it no more: the step that makes it runs again in the next run then.
    Raises HostError, HostUnreachableError.
    """
    for digest in digests:
        if not store.has(digest) and store.elsewhere.has(digest):
            lock = Lock(store.layout.locks / "fetching" / digest[:_LOCK_DIGITS])
            lock.acquire(_PATIENCE_SECONDS)
            try:
                _fetch(store, digest, heard)
            finally:
                lock.release()


@dataclass(frozen=True, slots=True)
class Fetching:
    """Bringing content here, for any thread: it keeps nobody else from the store."""

    layout: Layout
    digest: str

    @property
    def path(self) -> Path:
        """Where it lies when it is here."""
        with closing(Store(self.layout)) as store:
            return store.path(self.digest)

    def run(self, heard: Callable[[str], None]) -> None:
        """See `bring`; what `heard` raises ends it, and the next one goes on where it was."""
        with closing(Store(self.layout)) as store:
            bring(store, [self.digest], heard)


def _fetch(store: Store, digest: str, heard: Callable[[str], None]) -> None:
    from core.hosts.cache import HostCache  # only runs with hosts need the docker library
    from core.hosts.connection import connect
    from core.hosts.errors import NotThereError

    machine = store.elsewhere.machine(digest)
    if machine is None or store.has(digest):  # somebody fetched it meanwhile
        return
    target = ComputeTarget(**machine)
    try:
        with closing(connect(target)) as engine:
            HostCache(engine, heard).fetch(digest, store)
    except NotThereError as error:
        store.elsewhere.forget(digest)
        told = f"{digest[:12]} is not on {target.name} any more"
        raise StoreError(told, hint="run again: the step that makes it is stale now") from error
    store.elsewhere.forget(digest)
