"""A step's log on disk: bounded in size, timed, and never a reason for the step to wait.

The head of a log that outgrows its limit stays in log.txt; of the rest only the tail is kept, in at most two files
(log.tail0.txt, log.tail1.txt and so on, each with its times) that viewers read meanwhile, and joined to log.txt when
the step ends.
"""

import contextlib
import errno
import os
import struct
import time
from collections import deque
from collections.abc import Iterator

TAIL_BYTES = 16 << 20  # what is kept of the end of a log that outgrew its limit
TIMES_A_SECOND = 20
FULL = (errno.ENOSPC, errno.EDQUOT)
RETRY_SECONDS = 0.5
COPY_BYTES = 256 << 10
TIME = struct.Struct("<QQ")  # a place in the log, and nanoseconds since the epoch
_NEWLINE = 10
_APPENDING = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Log:
    """Takes bytes in order; `lost` counts what a full disk refused, `left_out` what the limit left out."""

    def __init__(self, path: str, times: str, limit: int) -> None:
        self._path = path
        self._file = os.open(path, _APPENDING, 0o600)
        self._times, self._times_path = -1, times
        self.tail_limit = min(TAIL_BYTES, limit // 2)
        self.head = limit - self.tail_limit
        self.size = os.fstat(self._file).st_size
        self._is_in_line = self.size > 0 and os.pread(self._file, 1, self.size - 1) != b"\n"
        self.lost = self.left_out = self._gap = 0
        self.disk_full = False
        self._retry_at = self._last_time = 0.0
        self._tail: Tail | None = None

    @property
    def has_tail(self) -> bool:
        """Whether the head is full, so that what comes goes round in the tail."""
        return self._tail is not None

    def write(self, data: bytes) -> None:
        """Append what the step said."""
        if not data:
            return
        if self._tail is None:
            room = self.head - self.size
            if len(data) <= room:
                self._append(data)
                return
            self._append(data[:room])
            data = data[room:]
            self._tail = self._begin_tail()
        self._refused(self._tail.write(data), 0)

    def note(self, text: str) -> None:
        """Append a line of mlpw's own, on a line of its own."""
        before = "\n" if self._is_in_line else ""
        self._append(f"{before}[mlpw: {text}]\n".encode())

    def end(self) -> None:
        """Join the tail to the head, and say what is missing."""
        self._retry_at = 0.0
        if self._tail is not None:
            self.left_out = self._tail.left_out
            if self.left_out:
                self._mark(f"{self.left_out} bytes left out here")
            for chunk, moment in self._tail.take():
                self._append(chunk, moment)
        if self._gap:
            self._append(b"")
        os.close(self._file)
        if self._times >= 0:
            os.close(self._times)

    def _begin_tail(self) -> "Tail":
        kept = self.tail_limit
        self._mark(
            f"the log reached {self.size} bytes; from here on only its last {kept} bytes are kept, shown at the end"
        )
        return Tail(self._path, kept)

    def _mark(self, text: str) -> None:
        """Append what readers of a log over its limit look for; see `tui.widgets.log_tail`."""
        self._append((("\n" if self.size else "") + f"[mlpw: {text}]\n").encode())

    def _append(self, data: bytes, moment: int = 0) -> None:
        now = time.monotonic()
        if self._gap:
            if now < self._retry_at:
                self._refused(len(data), 0)
                return
            line = f"\n[mlpw: {self._gap} bytes of the log are missing here: no space left on the device]\n".encode()
            if not self._put(line):
                self._refused(len(data), 0)
                return
            self._gap = 0
        offset = self.size
        self._put(data)
        if moment or now - self._last_time >= 1 / TIMES_A_SECOND:
            self._last_time = now
            self._stamp(offset, moment or time.time_ns())

    def _put(self, data: bytes) -> bool:
        """Write all of `data`; what the disk refuses is counted, never waited for."""
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._file, view)
            except OSError as error:
                self._refused(len(view), error.errno or 0)
                return False
            self.size += written
            self._is_in_line = view[written - 1] != _NEWLINE
            view = view[written:]
        return True

    def _refused(self, count: int, number: int) -> None:
        if count:
            self.lost += count
            self._gap += count
        if number:
            self.disk_full = self.disk_full or number in FULL
            self._retry_at = time.monotonic() + RETRY_SECONDS

    def _stamp(self, offset: int, moment: int) -> None:
        try:
            if self._times < 0:  # a step that says nothing needs none
                self._times = os.open(self._times_path, _APPENDING, 0o600)
            os.write(self._times, TIME.pack(offset, moment))
        except OSError as error:
            self.disk_full = self.disk_full or error.errno in FULL


def cut_back(path: str, times: str, place: int) -> None:
    """Take off what a log got after a place, and its tail: it will come again."""
    for tail in (f"{path}.tail0", f"{path}.tail1"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(tail)
    with contextlib.suppress(FileNotFoundError):
        if os.stat(path).st_size > place:
            os.truncate(path, place)
    with contextlib.suppress(FileNotFoundError), open(times, "rb+") as file:
        kept = 0
        while (pair := file.read(TIME.size)) and len(pair) == TIME.size and TIME.unpack(pair)[0] < place:
            kept += TIME.size
        file.truncate(kept)


class Tail:
    """The last bytes of an endless stream: a full file and one that grows; another is begun when that is full too."""

    __slots__ = ("_began", "_files", "_limit", "_moments", "_root", "_sizes", "_times", "_total", "left_out")

    def __init__(self, path: str, limit: int) -> None:
        self._limit = max(limit, 1)
        self._root = path.removesuffix(".txt")
        self._files: list[int] = []
        self._sizes: list[int] = []
        self._began = 0
        self._times = -1
        self._moments: deque[tuple[int, int]] = deque(maxlen=4096)
        self._total = self.left_out = 0

    def write(self, data: bytes) -> int:
        """Keep `data`, forgetting what is too old; returns how many bytes the disk refused."""
        now = time.time_ns()
        if not self._moments or now - self._moments[-1][1] > 1_000_000_000 // TIMES_A_SECOND:
            self._moments.append((self._total, now))
        view = memoryview(data)
        try:
            while view:
                written = self._write_some(view, now)
                self._total += written
                view = view[written:]
        except OSError:
            return len(view)
        finally:
            self.left_out = max(0, self._total - self._limit)
        return 0

    def take(self) -> Iterator[tuple[bytes, int]]:
        """The kept bytes in order, each piece with its moment in nanoseconds; the files are gone afterwards."""
        skip = max(0, sum(self._sizes) - self._limit)
        at = self.left_out
        for file, size in zip(self._files, self._sizes, strict=True):
            place = skip
            while place < size:
                piece = os.pread(file, min(COPY_BYTES, size - place), place)
                yield piece, self._moment(at)
                place += len(piece)
                at += len(piece)
            skip = max(0, skip - size)
        if self._times >= 0:
            os.close(self._times)
        while self._files:
            self._drop_oldest()

    def _write_some(self, view: memoryview, now: int) -> int:
        if not self._files or self._sizes[-1] >= self._limit:
            self._turn()
        if not self._sizes[-1] or self._moments[-1][1] == now:
            os.write(self._times, struct.pack("<QQ", self._sizes[-1], now))
        written = os.write(self._files[-1], view[: self._limit - self._sizes[-1]])
        self._sizes[-1] += written
        return written

    def _turn(self) -> None:
        """Begin another file; the oldest of two is now too old."""
        if len(self._files) > 1:
            self._drop_oldest()
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        times = os.open(self._name(self._began, "times"), flags, 0o600)
        if self._times >= 0:
            os.close(self._times)
        self._times = times
        self._files.append(os.open(self._name(self._began, "txt"), flags, 0o600))
        self._sizes.append(0)
        self._began += 1

    def _drop_oldest(self) -> None:
        number = self._began - len(self._files)
        os.close(self._files.pop(0))
        self._sizes.pop(0)
        for kind in ("txt", "times"):
            os.unlink(self._name(number, kind))

    def _name(self, number: int, kind: str) -> str:
        return f"{self._root}.tail{number}.{kind}"

    def _moment(self, at: int) -> int:
        """When the byte at this place of the stream came."""
        return max((moment for place, moment in self._moments if place <= at), default=time.time_ns())
