"""What `.dockerignore` leaves out of a build context: https://docs.docker.com/build/concepts/context/."""

import os
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    brings_back: bool


class DockerIgnore:
    """The rules that a file's text holds."""

    def __init__(self, text: str) -> None:
        self._rules = tuple(_rules(text))
        #: Whether something in a folder that is left out may count all the same.
        self.brings_back = any(rule.brings_back for rule in self._rules)

    def leaves_out(self, name: str) -> bool:
        """Whether a relative path is ignored: the last rule that fits it or a folder above it decides."""
        parts = name.split("/")
        paths = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        ignored = False
        for rule in self._rules:
            if rule.brings_back == ignored and any(rule.pattern.fullmatch(path) for path in paths):
                ignored = not rule.brings_back
        return ignored


def _rules(text: str) -> list[_Rule]:
    found = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        brings_back = pattern.startswith("!")
        cleaned = os.path.normpath(pattern.lstrip("!").strip()).lstrip("/")
        if cleaned != ".":
            found.append(_Rule(re.compile(docker_pattern(cleaned), re.DOTALL), brings_back))
    return found


def docker_pattern(pattern: str) -> str:
    """Go's filepath.Match as a regular expression, with `**` for any number of folders.

    A bracket that begins no class of characters (Docker would not build then) stands for itself, as in a shell.
    """
    found, i = "", 0
    while i < len(pattern):
        character = pattern[i]
        if pattern.startswith("**", i):
            i += 2
            if pattern.startswith("/", i):
                i += 1
                found += "(?:.*/)?"
            else:
                found += ".*"
            continue
        if character == "*":
            found += "[^/]*"
        elif character == "?":
            found += "[^/]"
        elif character == "[" and (one_of := _one_of(pattern, i)) is not None:
            expression, i = one_of
            found += expression
        elif character == "\\" and i + 1 < len(pattern):
            i += 1
            found += re.escape(pattern[i])
        else:
            found += re.escape(character)
        i += 1
    return found


def _one_of(pattern: str, start: int) -> tuple[str, int] | None:
    """The class of characters that begins at `start` as an expression, and where it ends; None when it is none."""
    end = pattern.find("]", start + 2)  # it holds something
    inside = pattern[start + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
    try:
        re.compile(f"[{inside}]")
    except re.error:
        return None
    return (f"[{inside}]", end) if end > 0 else None
