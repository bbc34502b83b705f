"""What of its code a step used: the content of the files it opened, and of all others no more than their names.

A step can also learn of a file by looking for it in vain or by listing its folder, so that every name of the snapshot
counts, with its kind, whether it holds anything, and where a link leads. Of a file that is never opened nothing else
shows but its size and the bits of its mode.
"""

import json
from _blake2 import blake2b  # hashlib would load OpenSSL, 5 ms of start-up
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.planning.trace import Parts, Trace

#: Changing what enters an identity or a content must change this.
_SCHEME = "1"
#: How the content of an empty file reads in a listing of files (blake3 of nothing).
_OF_NOTHING = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
#: Folders of the working folder that are kept as the step's artifacts, so that what they hold is part of the result.
_KEPT_FOLDERS = ("outputs/", "logs/")

#: Made once: `json.dumps` would make one for each step.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode

#: Path in the working folder -> kind ("f", "x", "l" or "d") and digest as one text.
Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CodeUse:
    """What a finished step used of its code. `identity` is that of everything else, with all names of the code.

    `content` is the digest of what the files `opened` hold. A `note` says why the whole folder counts; then there is
    nothing else.
    """

    identity: str = ""
    opened: tuple[str, ...] = ()
    content: str = ""
    note: str = ""


class NewestUse(NamedTuple):
    """A step's newest result, the code that it was made from (digests by place), and what it used of that.

    No other result of its identity opened other files, or is newer with the same content.
    """

    trace: Trace
    code: Mapping[str, str]
    use: CodeUse


def files_of(code: Mapping[str, str], manifest_of: Callable[[str], Files | None]) -> Files | None:
    """The working folder as a step finds it: the snapshot and what joins it (digests by place); None when unknown."""
    found: dict[str, str] = {}
    for place, digest in sorted(code.items()):
        manifest = manifest_of(digest)
        if manifest is None:
            return None
        found.update({under(place, path): entry for path, entry in manifest.items()})
    return found


def under(place: str, path: str) -> str:
    """A path in the working folder; what joins it alone is a folder that holds just that file."""
    return path if not place or place == path else f"{place}/{path}"


def code_use(parts: Parts, files: Files, opened: Collection[str]) -> CodeUse:
    """The use of a step that opened these paths of its working folder; those that are none of its code don't count."""
    seen = set(opened)
    counted = tuple(path for path in sorted(files) if path in seen or path.startswith(_KEPT_FOLDERS))
    return CodeUse(identity_of(parts, shape_of(files)), counted, content_of(counted, files))


def shape_of(files: Files) -> str:
    """The digest of what a step can learn of its code without opening a file."""
    return _digest([[path, outside_of(entry)] for path, entry in sorted(files.items())])


def outside_of(entry: str | None) -> str | None:
    """What shows of a file that is not opened: its kind, whether it is empty; all of a link."""
    if entry is None or entry[:1] == "l":
        return entry
    return entry[:1] + ("" if entry[1:] == _OF_NOTHING else "+")


def identity_of(parts: Parts, shape: str) -> str:
    """The digest of everything that defines a step, its code by its shape alone."""
    return _digest([_SCHEME, {name: values for name, values in parts.items() if name != "code"}, shape])


def content_of(opened: Collection[str], files: Files) -> str:
    """The digest of what these files hold."""
    return _digest([_SCHEME, [[path, files.get(path)] for path in opened]])


def _digest(value: object) -> str:
    return blake2b(_encode(value).encode(), digest_size=20).hexdigest()
