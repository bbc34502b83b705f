"""A person's editor, told which line to open at."""

import shlex
from collections.abc import Mapping
from pathlib import Path

#: Editors that take "+line file"; the others get "file:line" when they are known to read it.
_PLUS_LINE = ("vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne", "mg", "jed")
_COLON_LINE = ("hx", "helix", "subl", "zed")


def editor_command(environment: Mapping[str, str], path: Path, line: int) -> list[str]:
    """What opens `path` at `line` in the person's editor: $VISUAL, $EDITOR, else vi."""
    command = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "vi")
    name = Path(command[0]).name if command else "vi"
    if line and name in _PLUS_LINE:
        return [*command, f"+{line}", str(path)]
    if line and name in _COLON_LINE:
        return [*command, f"{path}:{line}"]
    if line and name in ("code", "codium", "cursor"):
        return [*command, "--goto", f"{path}:{line}"]
    return [*command, str(path)]


#: What makes an editor leave a file as it is.
_READ_ONLY = {"vi": "-R", "vim": "-R", "nvim": "-R", "view": "", "nano": "-v", "micro": "-readonly=true", "kak": "-ro"}


def viewer_command(environment: Mapping[str, str], path: Path) -> list[str]:
    """What shows a file page by page: $PAGER, else less; less runs nothing that the file may ask for."""
    command = shlex.split(environment.get("PAGER") or "less") or ["less"]
    return [*(["env", "LESSSECURE=1"] if Path(command[0]).name == "less" else []), *command, str(path)]


def reading_command(environment: Mapping[str, str], path: Path) -> list[str]:
    """A person's editor, told not to write; where nobody knows how to tell it that, the pager."""
    command = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "vi") or ["vi"]
    flag = _READ_ONLY.get(Path(command[0]).name)
    if flag is None:
        return viewer_command(environment, path)
    return [*command, *([flag] if flag else []), str(path)]
