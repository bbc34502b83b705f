"""Content on its way in: which files are not here, the files as they come, and objects made of them."""

import os
import time
from collections.abc import Iterable

from blake3 import blake3

from core.hosts.agent.coming import BIG, Half, half_file, how_far
from core.hosts.agent.landing import Landing
from core.hosts.agent.passing import Reader, received
from core.hosts.agent.volume import Plain, Volume
from core.hosts.agent.wire import Line
from core.store.manifest import Entry, Manifest, decode_manifest
from core.store.publish import Prepared

#: So many big files are asked for at a time, as each is open meanwhile.
_MOST_OPEN = 64
_BLOCK = 1 << 20
_WAIT_SECONDS, _LOOK_SECONDS = 1.0, 0.05


class Arrivals:
    """What comes to one agent."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._landing = Landing(volume)
        self._halves: dict[str, Half] = {}

    def lacking(self, asked: Plain) -> Plain:
        """Which of `files` ([kind, digest, size]) are to be sent now, and from which byte on; `wait` for the rest.

        To be waited for are files ([digest, bytes that came]) that come to another agent; with `more`, ask again.
        """
        self._leave()
        send: list[list[object]] = []
        wait: list[list[object]] = []
        more = False
        for kind, digest, size in asked["files"]:
            if self._has(kind, digest):
                continue
            if size < BIG:
                send.append([kind, digest, 0])
            elif len(self._halves) >= _MOST_OPEN or digest in self._halves:
                more = True
            elif isinstance(found := half_file(self._volume, digest, size), int):
                wait.append([digest, found])
            elif self._has(kind, digest):  # finished by another between the two looks
                _drop(found)
            else:
                self._halves[digest] = found
                send.append([kind, digest, found.size])
        return {"send": send, "wait": wait, "more": more}

    def wait(self, asked: Plain) -> Plain:
        """How much of files that come to others is there, after a while or when one of them has come or come to rest.

        `files` are [kind, digest].
        """
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until and not any(self._has(kind, digest) for kind, digest in asked["files"]):
            time.sleep(_LOOK_SECONDS)
        return {"came": how_far(self._volume, [digest for _, digest in asked["files"]])}

    def take(self, asked: Plain, line: Line) -> Plain:
        """Keep what comes: `files` ([kind, digest, first byte, size]), one after the other.

        What is not what its digest says is dropped and told as `bad`.
        """
        pieces = Reader(received(line, sum(size - start for _, _, start, size in asked["files"])))
        bad = []
        self._landing.begin()
        try:
            for kind, digest, start, size in asked["files"]:
                half = self._halves.pop(digest, None) if size >= BIG else None
                came = pieces.take(size - start)
                is_good = self._take_big(kind, digest, half, came) if half else self._take_small(kind, digest, came)
                if not is_good:
                    bad.append(digest)
            pieces.end()
        finally:
            self._landing.end()
        return {"bad": bad}

    def make(self, asked: Plain) -> Plain:
        """Make `objects` (manifests by digest, "" for a single file) of what is here; `gone` when some of it is not.

        Files that are in no object yet go when somebody tidies up meanwhile.
        """
        try:
            made = [self._made(digest, text) for digest, text in asked["objects"].items()]
        except FileNotFoundError:
            return {"gone": True}
        self._volume.store.publish(made)
        self._landing.keep_rest()
        return {"gone": False}

    # How it is done

    def _has(self, kind: str, digest: str) -> bool:
        return (kind, digest) in self._landing or self._volume.blob(kind, digest).exists()

    def _take_small(self, kind: str, digest: str, came: Iterable[memoryview]) -> bool:
        hasher = blake3()
        path = str(self._volume.store.new_temporary_path("file"))
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o555 if kind == "x" else 0o444)
        try:
            for piece in came:
                hasher.update(piece)
                _write(fd, piece)
        finally:
            os.close(fd)
        if hasher.hexdigest() != digest:
            os.unlink(path)
            return False
        self._landing.add((kind, digest), path)
        return True

    def _take_big(self, kind: str, digest: str, half: Half, came: Iterable[memoryview]) -> bool:
        """It goes to the end of what came before."""
        try:
            hasher = blake3()
            os.lseek(half.fd, 0, os.SEEK_SET)
            while block := os.read(half.fd, _BLOCK):
                hasher.update(block)
            for piece in came:
                hasher.update(piece)
                _write(half.fd, piece)
            if hasher.hexdigest() != digest or not half.is_there():
                _drop(half)
                return False
            os.fchmod(half.fd, 0o555 if kind == "x" else 0o444)
            os.fsync(half.fd)
            self._landing.keep((kind, digest), half.path)
            return True
        finally:
            half.close()

    def _leave(self) -> None:
        """Files that were to come and did not."""
        for half in self._halves.values():
            half.close()
        self._halves.clear()

    def _made(self, digest: str, text: str) -> Prepared:
        target = str(self._volume.store.new_temporary_path("object"))
        if text:
            return self._assemble(decode_manifest(text.encode("utf-8", "surrogateescape"), digest), target)
        os.link(self._landing.path(("f", digest)), target)
        return Prepared(target, digest, os.stat(target).st_size, None, {})

    def _assemble(self, manifest: Manifest, target: str) -> Prepared:
        """A folder of other names of what is here."""
        os.mkdir(target)
        made = {""}
        for name, entry in manifest.entries.items():
            folder = name if entry.kind == "d" else os.path.dirname(name)
            if folder not in made:
                os.makedirs(f"{target}/{folder}", exist_ok=True)
                made.add(folder)
            self._place(entry, f"{target}/{name}")
        return Prepared(target, manifest.digest, manifest.size, manifest, {})

    def _place(self, entry: Entry, path: str) -> None:
        if entry.kind == "l":
            with open(self._landing.path(("f", entry.digest)), "rb") as file:  # a link's text is kept as a file
                os.symlink(file.read(), os.fsencode(path))
        elif entry.kind != "d":
            os.link(self._landing.path((entry.kind, entry.digest)), path)


def _drop(half: Half) -> None:
    if half.is_there():
        os.unlink(half.path)


def _write(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
