"""The end of a step's log, cheap however long it is."""

import os

from core.layout import AttemptFolder

TAIL_BYTES = 128 << 10
LINE_CHARACTERS = 2000


def last_lines(attempt: AttemptFolder, count: int) -> list[str]:
    """The last `count` lines as a person should see them; empty when there is no log.

    Reads at most 128 KiB. Of a progress bar that rewrites its line the last state is kept; escape sequences and
    control characters are taken out; bytes that are not UTF-8 become replacement characters; lines end at 2,000
    characters. The file keeps everything.
    """
    data, whole = _end_of(attempt.log)
    lines = data.rstrip(b"\r\n").split(b"\n")
    if not whole and len(lines) > 1:
        del lines[0]  # its beginning is not there
    return [shown(line) for line in lines[-count:]] if data else []


def shown(line: bytes) -> str:
    """One line of a log without what could play with a terminal."""
    import re  # slow to load, and only people's eyes need it

    last = line.rstrip(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
    clean = re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", "", last)
    clean = "".join(character for character in clean if character == "\t" or character.isprintable())
    return clean if len(clean) <= LINE_CHARACTERS else f"{clean[: LINE_CHARACTERS - 1]}…"


def _end_of(path: os.PathLike[str]) -> tuple[bytes, bool]:
    """The last bytes of a file, and whether that is all of it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b"", True
    try:
        start = max(0, os.fstat(file).st_size - TAIL_BYTES)
        return os.pread(file, TAIL_BYTES, start), start == 0
    finally:
        os.close(file)
