"""YAML files as located values: the one door through which mlpw reads what people write."""

import errno
import os
import stat
from pathlib import Path
from typing import NoReturn

from core.definitions.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, plain
from core.errors import DefinitionError, Location, did_you_mean

__all__ = ["MAX_BYTES", "Entry", "Mapping", "Node", "Scalar", "Sequence", "parse_yaml", "plain", "read_yaml"]

MAX_BYTES = 10 * 1024 * 1024

_UNPRINTABLE = frozenset(
    map(chr, (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)))
) | {
    "\ufffe",
    "\uffff",
}
#: Which of a file's first four bytes are not NUL, when each ASCII character takes two or four bytes.
_WIDE_STARTS = ([True, False] * 2, [False, True] * 2, [True, False, False, False], [False, False, False, True])
_FILE_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_yaml(path: Path, *, shown: str | None = None) -> Node:
    """The one document in the file at `path`; `shown` is how locations name it, `path` itself by default.

    Raises DefinitionError for whatever keeps it from being read or from being one YAML document.
    """
    name = str(path) if shown is None else shown
    return parse_yaml(_content(path, name), name)


def parse_yaml(data: bytes, shown: str) -> Node:
    """The one document in `data`, UTF-8 with or without a byte order mark; `shown` names the file in locations.

    Raises DefinitionError as `read_yaml` does.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(shown)
    text = _decoded(data, shown)
    from core.definitions.yaml_composer import compose  # imports yaml: an up-to-date run reads none

    return compose(text, shown)


def _content(path: Path, shown: str) -> bytes:
    """The file's bytes; a named pipe or a device is never opened, nor waited for."""
    try:
        _require_file(path.stat().st_mode, shown)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _require_file(os.fstat(descriptor).st_mode, shown)
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        _unreadable(path, shown, problem)


def _require_file(mode: int, shown: str) -> None:
    if not stat.S_ISREG(mode):
        kind = next((kind for test, kind in _FILE_KINDS if test(mode)), "something else")
        hint = "name a file in it" if stat.S_ISDIR(mode) else ""
        raise DefinitionError(f"a YAML file is needed, and this is {kind}", location=Location(shown), hint=hint)


def _unreadable(path: Path, shown: str, problem: OSError | ValueError) -> NoReturn:
    where = Location(shown)
    if isinstance(problem, ValueError):
        raise DefinitionError("a file name cannot hold a NUL character", location=where) from None
    if problem.errno == errno.ENOENT:
        if path.is_symlink():
            raise DefinitionError(f"a link to {path.readlink()}, which is not there", location=where) from None
        raise DefinitionError("there is no such file", location=where, hint=_nearest(path)) from None
    hint = "check its permissions" if problem.errno in {errno.EACCES, errno.EPERM} else ""
    reason = (problem.strerror or str(problem)).lower()
    raise DefinitionError(f"the file cannot be read: {reason}", location=where, hint=hint) from None


def _nearest(path: Path) -> str:
    try:
        names = os.listdir(path.parent)  # noqa: PTH208 - names are all that is needed
    except FileNotFoundError:
        return f"there is no folder {path.parent}"
    except OSError:
        return ""
    return did_you_mean(path.name, names)


def _decoded(data: bytes, shown: str) -> str:
    if _is_wide(data[:4]):
        raise DefinitionError("the file is UTF-16 or UTF-32", location=Location(shown, 1, 1), hint="save it as UTF-8")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        before = data[: problem.start].decode("utf-8")
        raise DefinitionError(
            f"the byte 0x{data[problem.start]:02x} is no UTF-8", location=_place(before, shown), hint="save it as UTF-8"
        ) from None
    _require_printable(text, shown)
    return text


def _is_wide(start: bytes) -> bool:
    """Whether a file that starts so is UTF-16 or UTF-32, with or without a byte order mark."""
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} or start == b"\x00\x00\xfe\xff":
        return True
    return [bool(byte) for byte in start] in _WIDE_STARTS


def _require_printable(text: str, shown: str) -> None:
    """YAML allows tab and line ends of all control characters: https://yaml.org/spec/1.1/#c-printable."""
    bad = _UNPRINTABLE.intersection(text)
    if bad:
        at = min(map(text.index, bad))
        name = "a NUL character" if text[at] == "\0" else f"the control character U+{ord(text[at]):04X}"
        raise DefinitionError(
            f"{name} stands in the file", location=_place(text[:at], shown), hint="remove it; YAML allows none"
        )


def _place(before: str, shown: str) -> Location:
    """The place that follows the text `before`."""
    line_start = before.rfind("\n") + 1
    return Location(shown, before.count("\n") + 1, len(before) - line_start + 1)


def _too_large(shown: str) -> DefinitionError:
    return DefinitionError(
        f"the file is over {MAX_BYTES // 1024 // 1024} MB, the most mlpw reads",
        location=Location(shown),
        hint="definitions are small: keep data in files of their own",
    )
