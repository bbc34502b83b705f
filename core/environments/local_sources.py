"""Requirements that are folders or archives beside the definitions."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.errors import EnvironmentBuildError

_NOT_SOURCE = frozenset({".git", ".mlpw", "__pycache__", ".venv", "build", "dist", ".pytest_cache", ".mypy_cache"})


@dataclass(frozen=True, slots=True)
class LocalSources:
    """Requirement lines with absolute paths, and a digest of what stands at those paths ('' when there are none)."""

    requirements: tuple[str, ...]
    content: str = ""


def local_sources(requirements: Sequence[str], base: Path) -> LocalSources:
    """Make local paths absolute from `base`, and identify what they hold, so that an edit builds anew.

    Raises EnvironmentBuildError for a path that is not there.
    """
    from core.environments.requirements import is_path

    if not any(is_path(line) for line in requirements):
        return LocalSources(tuple(requirements))
    lines: list[str] = []
    digests: list[str] = []
    for line in requirements:
        if not is_path(line):
            lines.append(line)
            continue
        path, extras = _path_of(line, base)
        if not path.exists():
            raise EnvironmentBuildError(
                f"requirement '{line}' names a path that is not there", hint=f"looked at {path}"
            )
        lines.append(f"{path}{extras}")
        digests.append(_content(path))
    return LocalSources(tuple(lines), " ".join(digests))


def _path_of(line: str, base: Path) -> tuple[Path, str]:
    """'./pkg[extra]' -> its absolute path and '[extra]'."""
    text = line.strip()
    body, bracket, rest = text.partition("[")
    place = unquote(urlsplit(body).path) if body.startswith("file:") else body.strip()
    return (base / Path(place).expanduser()).resolve(), bracket + rest


def _content(path: Path) -> str:
    import hashlib

    digest = hashlib.sha256()
    for name, file in _files(path):
        digest.update(f"{name}\0{file.stat().st_size}\0".encode("utf-8", "surrogateescape"))
        with file.open("rb") as data:
            while chunk := data.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _files(path: Path) -> Iterable[tuple[str, Path]]:
    if path.is_file():
        yield path.name, path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(each for each in folders if each not in _NOT_SOURCE and not each.endswith(".egg-info"))
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file():
                yield str(file.relative_to(path)), file
