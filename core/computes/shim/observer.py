"""Which files of a folder somebody opens while a step runs, in whatever process and by whatever path.

Every file has a watch of its own (inotify(7)), on the file and not on its name: it sees hard links, moved files, bind
mounts in containers and programs in any language, and goes after the first event, so that a step that reads much pays
nothing. What could hand on a file's content without an open counts as one: a new hard link, a move.
"""

import errno
import json
import os
import struct

from core.computes.shim.system import add_watch, open_watches

#: A file is opened, gets a hard link or another mode, or goes elsewhere.
FILE_EVENTS = 0x00000020 | 0x00000004 | 0x00000800
#: A folder goes elsewhere, with all that is in it.
FOLDER_EVENTS = 0x00000800
ONCE = 0x80000000 | 0x02000000  # IN_ONESHOT, IN_DONT_FOLLOW
OVERFLOW, IGNORED = 0x00004000, 0x00008000
EVENT = struct.Struct("iIII")
READ_BYTES = 64 << 10
MOST_FILES = 20_000
#: Most steps have ended before anybody could be told what they opened so far; long lists are told seldom.
TELL_SECONDS = 0.2
MANY, SELDOM_SECONDS = 1_000, 5.0
SHARE = 8  # no attempt takes more of the user's watches than one part in so many
LIMIT_FILE = "/proc/sys/fs/inotify/max_user_watches"

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from collections.abc import Iterator


class Observer:
    """Looks at a folder from the moment it is made; `note` says why nothing can be known, "" when all goes well."""

    __slots__ = ("_due", "_file", "_folder", "_opened", "_told", "_watches", "note")

    def __init__(self, folder: str) -> None:
        self._folder = os.fsencode(folder)
        self._watches: dict[int, tuple[bytes, bool]] = {}
        self._opened: set[bytes] = set()
        self._told = -1
        self._due = 0.0
        self.note = ""
        self._file = open_watches()
        if self._file < 0:
            self.note = "this system does not tell which files are opened"
            if self._file == -errno.EMFILE:
                self.note = "too many programs watch files: raise fs.inotify.max_user_instances"
            return
        try:
            self._watch_all()
        except OSError as error:
            self._give_up(f"its folder cannot be watched: {error.strerror}")

    def fileno(self) -> int:
        """Readable when something was opened; -1 when nobody looks."""
        return self._file

    def look(self) -> None:
        """Take what happened since the last look."""
        while self._file >= 0:
            try:
                events = os.read(self._file, READ_BYTES)
            except BlockingIOError:
                return
            at = 0
            while at < len(events):
                watch, mask, _, length = EVENT.unpack_from(events, at)
                at += EVENT.size + length
                if mask & OVERFLOW:
                    self._give_up("it opened more files at once than the system's queue takes")
                    return
                if not mask & IGNORED and watch in self._watches:
                    self._note(*self._watches[watch])

    def due(self, now: float) -> float:
        """When to `tell` what was opened since it was told last; for ever when nothing was. Monotonic seconds."""
        if len(self._opened) == self._told or self.note:
            return float("inf")
        self._due = self._due or now + TELL_SECONDS
        return self._due

    def tell(self, path: str, now: float) -> None:
        """Leave what was seen so far, for those who watch the step run."""
        self._told = len(self._opened)
        self._write(path)
        self._due = 0.0 if len(self._opened) < MANY else now + SELDOM_SECONDS

    def write(self, path: str) -> None:
        """Leave what was seen in a new file, as JSON; a torn file is as good as none."""
        self.look()
        self._write(path)

    def _write(self, path: str) -> None:
        opened = sorted(os.fsdecode(name) for name in self._opened)
        text = json.dumps({"note": self.note, "opened": [] if self.note else opened})
        waiting = f"{path}.tmp"
        with open(waiting, "w", encoding="ascii") as file:
            file.write(text)
        os.rename(waiting, path)

    def _watch_all(self) -> None:
        budget = min(MOST_FILES, _limit() // SHARE)
        for name, is_folder in _below(self._folder):
            if len(self._watches) >= budget:
                self._give_up(f"it has more than {budget} files")
                return
            path = self._folder + b"/" + name
            watch = add_watch(self._file, path, ONCE | (FOLDER_EVENTS if is_folder else FILE_EVENTS))
            if watch < 0:
                self._give_up(_refusal(-watch))
                return
            self._watches[watch] = (name, is_folder)

    def _note(self, name: bytes, is_folder: bool) -> None:
        if not is_folder:
            self._opened.add(name)
            return
        inside = name + b"/"
        files = (known for known, folder in self._watches.values() if not folder)
        self._opened.update(known for known in files if known.startswith(inside))

    def _give_up(self, note: str) -> None:
        self.note = note
        self._watches.clear()
        os.close(self._file)
        self._file = -1


def _below(folder: bytes) -> "Iterator[tuple[bytes, bool]]":
    """Files and folders by relative name, and whether it is a folder; links lead to what is here anyway, or out."""
    pending = [b""]
    while pending:
        prefix = pending.pop()
        with os.scandir(folder + b"/" + prefix) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    yield name, True
                    pending.append(name + b"/")
                elif not entry.is_symlink():
                    yield name, False


def _limit() -> int:
    try:
        with open(LIMIT_FILE, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _refusal(number: int) -> str:
    if number == errno.ENOSPC:
        return "no watches are left: raise fs.inotify.max_user_watches"
    return f"its folder cannot be watched: {os.strerror(number)}"
