"""The files that hold the newest lines of a log over its limit, while its step runs; the step's shim writes them."""

import re
from contextlib import suppress
from pathlib import Path

#: How a log ends that outgrew its limit; what comes after stands in the files of its tail.
ENDS_AT_LIMIT = b" bytes are kept, shown at the end]\n"
#: What is written before the tail when that is joined to the log.
_KEPT = re.compile(rb"its last (\d+) bytes are kept")
_LEFT_OUT = re.compile(rb"\n\[mlpw: (\d+) bytes left out here\]\n")


def tail_files(log: Path) -> dict[int, Path]:
    """The files of a log's tail by their numbers, the oldest first; none when it is within its limit, or joined."""
    found = {}
    head, tail = f"{log.stem}.tail", log.suffix
    try:
        names = [path.name for path in log.parent.iterdir()]
    except OSError:
        return {}
    for name in names:
        number = name.removeprefix(head).removesuffix(tail)
        if name.startswith(head) and name.endswith(tail) and number.isdecimal():
            found[int(number)] = log.parent / name
    return dict(sorted(found.items()))


def bytes_kept(note: bytes) -> int:
    """How many bytes each full file of the tail has, by the note at the head's end."""
    found = _KEPT.search(note)
    return int(found[1]) if found else 0


def place_in_joined(log: Path, head: int, read: int) -> int:
    """Where a log goes on whose tail has been joined: behind the head of `head` bytes and the `read` bytes of what came
    after it; right behind the head, where it says how much is left out, when that is more than was read.
    """
    after = b""
    with suppress(OSError), log.open("rb") as file:
        file.seek(head)
        after = file.read(100)
    found = _LEFT_OUT.match(after)
    left_out = int(found[1]) if found else 0
    return head if read < left_out else head + (found.end() if found else 0) + read - left_out
