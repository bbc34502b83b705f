"""What of a build context goes to a host."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from core.definitions.built_folders import found_in
from core.definitions.built_rules import rules_of
from core.definitions.dockerignore import docker_pattern


def context_names(root: Path, dockerfile: str) -> tuple[str, ...]:
    """The files, links and folders of a context by relative name, as far as they count.

    The Dockerfile itself is not needed in the context.
    """
    folder = os.fspath(root)
    return tuple(found.name for found in found_in(folder, rules_of(folder, dockerfile)))


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
        patterns.append(re.compile(docker_pattern(cleaned) + "(?:/.*)?", re.DOTALL))
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
