"""Content from a host: every file from where it was cut, kept here half until all of it is there."""

import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import StoreError
from core.hosts.agent.passing import Reader
from core.hosts.agent_link import AgentLink
from core.hosts.errors import NotThereError
from core.hosts.telling import Telling
from core.store.copying import remove_tree
from core.store.manifest import Manifest, decode_manifest, shown
from core.store.objects import Store
from core.store.scan import stays_inside


class Receiving:
    """One object on its way from a host into the store here; one process at a time."""

    def __init__(self, link: AgentLink, host: str, store: Store, digest: str, heard: Callable[[str], None]) -> None:
        self._link, self._host, self._store, self._digest = link, host, store, digest
        self._telling = Telling(heard)
        self._half = store.layout.half_fetched / digest
        self.came = 0

    def fetch(self) -> None:
        """Have it here. Raises NotThereError, HostError, StoreError when it is damaged there."""
        goes_on = self._half.exists()
        found = self._link.ask({"do": "show", "digest": self._digest})
        if not found["there"]:
            remove_tree(str(self._half))
            raise NotThereError(f"{self._host} has no {self._digest[:12]}")
        if self._fetch(found):
            return
        if goes_on and self._fetch(found):  # what came the first time was damaged here
            return
        raise StoreError(f"{self._digest[:12]} is damaged on {self._host}", hint="run the step that makes it again")

    def _fetch(self, found: Mapping[str, Any]) -> bool:
        """Whether what came is what was asked for; else nothing of it is left."""
        text = str(found["manifest"])
        manifest = decode_manifest(text.encode("utf-8", "surrogateescape"), self._digest) if text else None
        self._half.parent.mkdir(parents=True, exist_ok=True)
        if manifest is None:
            self._receive({"": found["size"]})
            self._half.chmod(0o755 if found["is_executable"] else 0o644)
        else:
            _check(manifest)
            self._half.mkdir(exist_ok=True)
            self._receive({name: each.size for name, each in manifest.entries.items() if each.kind in ("f", "x")})
            self._receive_links(manifest)
            _finish(self._half, manifest)
        copy = self._store.new_temporary_path("fetch")
        self._half.rename(copy)
        item = self._store.prepare_copy(copy)
        if item.digest == self._digest:
            self._store.publish([item])
            return True
        remove_tree(str(copy))
        return False

    def _receive(self, sizes: Mapping[str, int]) -> None:
        """What is not here yet of files, by name ("" for content that is a file)."""
        wanted = [(name, start, size) for name, size in sizes.items() if (start := self._start(name, size)) < size]
        for name, size in sizes.items():
            if not size:
                _make_room(self._place(name)).touch()
        left, total = sum(size - start for _, start, size in wanted), sum(sizes.values())
        if not left:
            return
        asked = {"do": "give", "digest": self._digest, "files": wanted}
        with_progress = self._told(self._link.receive(asked, left), total - left, total)
        pieces = Reader(with_progress)
        for name, start, size in wanted:
            with _make_room(self._place(name)).open("ab", buffering=0) as file:
                for piece in pieces.take(size - start):
                    file.write(piece)
        pieces.end()

    def _told(self, pieces: Iterable[Any], had: int, total: int) -> Any:
        for piece in pieces:
            self._telling.tell(f"fetching {{}} from {self._host}", had, total)
            had += len(piece)
            self.came += len(piece)
            yield piece

    def _receive_links(self, manifest: Manifest) -> None:
        """The texts of links, and the links."""
        names = [name for name, entry in manifest.entries.items() if entry.kind == "l"]
        if not names:
            return
        texts = self._link.ask({"do": "read_links", "digest": self._digest, "names": names})["texts"]
        for name, text in zip(names, texts, strict=True):
            place = _make_room(self._place(name))
            if not stays_inside(str(place.parent), text, str(self._half)):
                raise StoreError(f"{self._digest[:12]} on {self._host} holds a link out of itself: '{shown(name)}'")
            place.unlink(missing_ok=True)
            place.symlink_to(text)

    def _start(self, name: str, size: int) -> int:
        """How much of a file is here; one that is longer than it should be is begun anew."""
        place = self._place(name)
        try:
            status = place.lstat()
        except FileNotFoundError:
            return 0
        if stat.S_ISREG(status.st_mode) and status.st_size <= size:
            return status.st_size
        remove_tree(str(place))
        return 0

    def _place(self, name: str) -> Path:
        return self._half / name if name else self._half


def _check(manifest: Manifest) -> None:
    """A host must not say where else to write."""
    for name in manifest.entries:
        if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
            raise StoreError(f"the manifest of {manifest.digest[:12]} names '{shown(name)}'")


def _finish(top: Path, manifest: Manifest) -> None:
    for name, entry in manifest.entries.items():
        if entry.kind == "d":
            (top / name).mkdir(parents=True, exist_ok=True)
        elif entry.kind != "l":
            (top / name).chmod(0o755 if entry.kind == "x" else 0o644)


def _make_room(place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
