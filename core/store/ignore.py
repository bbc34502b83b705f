"""Which files of a code folder are left out of its snapshot.

The rules are Azure ML's: `.amlignore`, else `.gitignore`, at the root of the code folder only, in gitignore's pattern
language; the last pattern that fits a file or a folder above it decides, so that `!` brings a file back even out of
an excluded folder (azure-ai-ml, `_utils/_asset_utils.py`; git itself would not). `__pycache__` is always left out
(`entities/_component/code.py`), and so are `.git`, `.mlpw` and what editors keep beside a file that is open, which no
step of a snapshot can mean: to open a file is not to change it.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.errors import InputError

IGNORE_FILES = (".amlignore", ".gitignore")
ALWAYS_LEFT_OUT = frozenset({"__pycache__", ".git", ".mlpw"})
_UNDECIDED = -1
#: Kate's swap files, vim's and nano's.
_SWAP_ENDS = (".kate-swp", *(f".sw{letter}" for letter in "abcdefghijklmnop"))


@dataclass(frozen=True, slots=True)
class _Table:
    """Patterns by how they are looked up; the values are positions in the file, the highest wins."""

    names: dict[str, int] = field(default_factory=dict)
    paths: dict[str, int] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    globs: list[tuple[int, bool, Callable[[str], object]]] = field(default_factory=list)

    def last_match(self, path: str, name: str) -> int:
        best = max(self.names.get(name, _UNDECIDED), self.paths.get(path, _UNDECIDED))
        if self.extensions and "." in name:
            best = max(best, self.extensions.get(name[name.rindex(".") :], _UNDECIDED))
        for position, whole_path, fits in reversed(self.globs):
            if position <= best:
                break
            if fits(path if whole_path else name):
                return position
        return best


@dataclass(frozen=True, slots=True)
class Rules:
    """Patterns ready to be asked, from the root of a folder downwards.

    A position (an int) carries what was decided for the folders above; start with `Rules.START`.
    """

    negated: tuple[bool, ...] = ()
    left_out: frozenset[str] = frozenset()
    #: Whether what editors keep beside a file is left out too.
    is_code: bool = False
    _files: _Table = field(default_factory=_Table)
    _folders: _Table = field(default_factory=_Table)

    START = _UNDECIDED

    def leaves_out(self, name: str) -> bool:
        """Whether what is called so counts nowhere."""
        return name in self.left_out or (self.is_code and is_of_editors(name))

    def decide(self, path: str, name: str, *, is_folder: bool, above: int) -> int:
        """Position of the pattern that decides for `path`, whose folder was decided by `above`."""
        if not self.negated:
            return above
        return max(above, (self._folders if is_folder else self._files).last_match(path, name))

    def excludes(self, position: int) -> bool:
        """Whether the pattern at `position` leaves things out."""
        return position >= 0 and not self.negated[position]

    def prunes(self, position: int) -> bool:
        """Whether nothing below a folder decided by `position` can come back."""
        return self.excludes(position) and not any(self.negated[position + 1 :])


#: Everything counts, as in a step's output.
KEEP_ALL = Rules()
#: Data that lies in the workspace: only mlpw's own folder is not part of it.
DATA_RULES = Rules(left_out=frozenset({".mlpw"}))


def code_rules(folder: str) -> Rules:
    """The rules of the code folder `folder`.

    Raises:
        InputError: its ignore file cannot be read.
    """
    for name in IGNORE_FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            try:
                with open(path, "rb") as file:
                    text = file.read().decode("utf-8-sig", "surrogateescape")
            except OSError as error:
                raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
            return parse_rules(text.split("\n"))
    return Rules(left_out=ALWAYS_LEFT_OUT, is_code=True)


def is_of_editors(name: str) -> bool:
    """Whether it is called as swap files, locks (Emacs: `.#x`), unsaved text (`#x#`) and backups (`x~`) are."""
    first, last = name[:1], name[-1:]
    if first == ".":
        return name.endswith(_SWAP_ENDS) or name.startswith(".#") or last == "~"
    return last == "~" or (first == last == "#" and len(name) > 1)


def parse_rules(lines: Iterable[str]) -> Rules:
    """The rules written as gitignore lines."""
    negated: list[bool] = []
    files, folders = _Table(), _Table()
    for line in lines:
        pattern = _strip(line)
        if not pattern or pattern.startswith("#"):
            continue
        is_negated = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        only_folders = pattern.endswith("/") and not pattern.endswith("\\/")
        body = pattern[:-1] if only_folders else pattern
        if not body:
            continue
        for table in (folders,) if only_folders else (folders, files):
            _add(table, body, len(negated))
        negated.append(is_negated)
    return Rules(tuple(negated), ALWAYS_LEFT_OUT, True, files, folders)


def _strip(line: str) -> str:
    text = line.rstrip()
    return text + " " if text.endswith("\\") and len(line) > len(text) and line[len(text)] == " " else text


def _add(table: _Table, body: str, position: int) -> None:
    whole_path = "/" in body
    if body.startswith("**/") and "/" not in body[3:]:
        body, whole_path = body[3:], False
    body = body.removeprefix("/")
    if not _is_glob(body):
        (table.paths if whole_path else table.names)[body] = position
    elif not whole_path and body.startswith("*.") and not _is_glob(body[1:]) and "." not in body[2:]:
        table.extensions[body[1:]] = position
    else:
        import re  # only patterns that no look-up can answer need it

        table.globs.append((position, whole_path, re.compile(_expression(body), re.DOTALL).fullmatch))


def _is_glob(text: str) -> bool:
    return any(c in text for c in "*?[\\")


def _expression(pattern: str) -> str:
    """A glob as a regular expression: `*` and `?` stop at slashes, `**` as a whole segment does not."""
    parts: list[str] = []
    i = 0
    while i < len(pattern):
        text, i = _stars(pattern, i) if pattern[i] == "*" else _one(pattern, i)
        parts.append(text)
    return "".join(parts)


def _stars(pattern: str, i: int) -> tuple[str, int]:
    """The expression for the stars at `i`, and where the next thing stands."""
    end = i
    while pattern[end : end + 1] == "*":
        end += 1
    is_segment = (i == 0 or pattern[i - 1] == "/") and pattern[end : end + 1] in ("", "/")
    if end - i < 2 or not is_segment:
        return "[^/]*", end
    return ("(?:.*/)?", end + 1) if end < len(pattern) else (".*", end)


def _one(pattern: str, i: int) -> tuple[str, int]:
    """The expression for what stands at `i`, and where the next thing stands."""
    character = pattern[i]
    if character == "?":
        return "[^/]", i + 1
    if character == "[":
        return _class(pattern, i)
    if character == "\\":
        return (_quote(pattern[i + 1]), i + 2) if i + 1 < len(pattern) else ("(?!)", i + 1)
    return _quote(character), i + 1


def _class(pattern: str, i: int) -> tuple[str, int]:
    """A bracket expression; one that is never closed fits nothing, as in git."""
    i += 1
    negated = pattern[i : i + 1] in ("!", "^")
    i += negated
    members: list[str] = []
    first = True
    while i < len(pattern) and (pattern[i] != "]" or first):
        first = False
        name_end = pattern.find(":]", i) if pattern.startswith("[:", i) else -1
        if name_end > 0:
            members.append(_POSIX_CLASSES.get(pattern[i + 2 : name_end], ""))
            i = name_end + 2
            continue
        low, i = _member(pattern, i)
        if pattern[i : i + 1] == "-" and pattern[i + 1 : i + 2] not in ("", "]"):
            high, i = _member(pattern, i + 1)
            if low <= high:
                members.append(f"{_quote(low)}-{_quote(high)}")
        else:
            members.append(_quote(low))
    if i >= len(pattern):
        return "(?!)", i
    inside = "".join(members)
    if not inside:
        return ("[^/]" if negated else "(?!)"), i + 1
    return f"(?!/)[{'^' if negated else ''}{inside}]", i + 1


def _member(pattern: str, i: int) -> tuple[str, int]:
    if pattern[i] == "\\" and i + 1 < len(pattern):
        return pattern[i + 1], i + 2
    return pattern[i], i + 1


def _quote(character: str) -> str:
    return character if character.isalnum() or character in "_/" else "\\" + character


_POSIX_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~",
    "cntrl": r"\x00-\x1f\x7f",
    "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
}
