"""What `.dockerignore` leaves out of a build context: https://docs.docker.com/build/concepts/context/."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    brings_back: bool


def context_names(root: Path, dockerfile: str) -> tuple[str, ...]:
    """The files, links and folders of a context by relative name, without those that are ignored.

    A `DOCKERFILE.dockerignore` beside the Dockerfile takes the place of `.dockerignore`. The Dockerfile itself is not
    needed in the context.
    """
    own, usual = root / f"{dockerfile}.dockerignore", root / ".dockerignore"
    file = own if own.is_file() else usual
    rules = _rules(file.read_text("utf-8", "replace")) if file.is_file() else ()
    return tuple(_kept(root, "", rules))


def _kept(root: Path, folder: str, rules: Sequence[_Rule]) -> Iterator[str]:
    with os.scandir(root / folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name = f"{folder}/{entry.name}" if folder else entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        ignored = _is_ignored(name, rules)
        if not ignored:
            yield name
        if is_folder and (not ignored or any(rule.brings_back for rule in rules)):
            yield from _kept(root, name, rules)


def _is_ignored(name: str, rules: Sequence[_Rule]) -> bool:
    """The last rule that fits the name or a folder above it decides."""
    parts = name.split("/")
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    ignored = False
    for rule in rules:
        if rule.brings_back == ignored and any(rule.pattern.fullmatch(path) for path in paths):
            ignored = not rule.brings_back
    return ignored


def _rules(text: str) -> tuple[_Rule, ...]:
    found = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        brings_back = pattern.startswith("!")
        cleaned = os.path.normpath(pattern.lstrip("!").strip()).lstrip("/")
        if cleaned != ".":
            found.append(_Rule(re.compile(_regex(cleaned), re.DOTALL), brings_back))
    return tuple(found)


def _regex(pattern: str) -> str:
    """Go's filepath.Match, and `**` for any number of folders."""
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
        elif character == "[" and "]" in pattern[i + 1 :]:
            end = pattern.index("]", i + 1)
            found += "[" + pattern[i + 1 : end].replace("\\", "\\\\") + "]"
            i = end
        elif character == "\\" and i + 1 < len(pattern):
            i += 1
            found += re.escape(pattern[i])
        else:
            found += re.escape(character)
        i += 1
    return found


def named_by(root: Path, names: Sequence[str], copies: Sequence[str]) -> Sequence[str]:
    """Those names of a context that the arguments of COPY and ADD may take; all when that cannot be told."""
    sources = [source for arguments in copies for source in _sources(arguments)]
    patterns = []
    for source in sources:
        cleaned = os.path.normpath(source).lstrip("/")
        parts = cleaned.split("/")
        if cleaned == "." or "$" in source or "\\" in source:
            return names
        if any((root / "/".join(parts[: i + 1])).is_symlink() for i in range(len(parts))):
            return names
        patterns.append(re.compile(_regex(cleaned) + "(?:/.*)?", re.DOTALL))
    return [name for name in names if any(pattern.fullmatch(name) for pattern in patterns)]


def _sources(arguments: str) -> list[str]:
    """What COPY and ADD take: all words but the last, as words or as a list."""
    words = arguments.split()
    if arguments.startswith("["):
        try:
            found = json.loads(arguments)
        except ValueError:
            return ["."]
        words = [str(word) for word in found] if isinstance(found, list) else ["."]
    return [word for word in words[:-1] if "://" not in word]
