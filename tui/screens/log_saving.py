"""Writing a log, as it is shown, into a file: on a thread, whole or not at all."""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from tui.widgets.log_pattern import Pattern
from tui.widgets.log_stream import LogReader, LogSource, before, copy_raw, kept, merged
from tui.widgets.log_tail import tail_files


def spare_name(folder: Path, wanted: str) -> str:
    """A file name that is not taken: train-12.log, train-12-2.log."""
    stem, dot, ending = wanted.replace("/", "-").rpartition(".")
    names = (wanted.replace("/", "-"), *(f"{stem}-{number}{dot}{ending}" for number in range(2, 1000)))
    return next(name for name in names if not (folder / name).exists())


class Saving:
    """One log, or several merged, on the way into a file."""

    def __init__(self, sources: Sequence[LogSource], path: Path, pattern: Pattern | None, *, with_times: bool) -> None:
        self._sources, self._path = list(sources), path
        self._pattern, self._with_times = pattern, with_times
        self._size = max(
            1, sum(_size(path) for source in sources for path in (source.path, *tail_files(source.path).values()))
        )
        self._done = 0
        self.is_stopped = False

    @property
    def progress(self) -> float:
        """How much is written, 0 to 1."""
        return min(1.0, self._done / self._size)

    def stop(self) -> None:
        """Do not write on."""
        self.is_stopped = True

    def write(self) -> None:
        """Write all of it under another name, then give it its own.

        Raises OSError.
        """
        half = self._path.with_name(f".{self._path.name}.{time.time_ns()}.tmp")
        try:
            with half.open("wb") as file:
                if len(self._sources) == 1 and self._pattern is None and not self._with_times:
                    copy_raw(self._sources[0].path, file, self._told)
                else:
                    self._write_lines(file)
            if not self.is_stopped:
                half.replace(self._path)
        finally:
            with suppress(FileNotFoundError):
                half.unlink()

    def _told(self, count: int) -> bool:
        self._done += count
        return not self.is_stopped

    def _write_lines(self, file: BinaryIO) -> None:
        readers = [LogReader(source, number) for number, source in enumerate(self._sources)]
        for line in kept(merged(readers), self._pattern):
            written = before(line, self._sources, with_times=self._with_times) + line.data
            file.write(written if written.endswith(b"\n") or len(readers) == 1 else written + b"\n")
            if not self._told(len(line.data)):
                break
        for reader in readers:
            reader.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
