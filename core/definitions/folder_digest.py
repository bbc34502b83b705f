"""A digest of a small folder that identifies part of an environment: a local package, a Docker build context."""

import os
from pathlib import Path

#: What Python and its tools leave behind; no part of a package or build context.
LEFT_OUT = frozenset({"__pycache__", ".git", ".venv", "build", "dist", ".mypy_cache", ".pytest_cache", ".mlpw"})
_SMALL = 100_000


def content_digest(path: str, sources: dict[str, None]) -> str:
    """The content of a file, or of all files in a folder with their relative names, as a short hexadecimal text.

    What Python's tools leave behind does not count. `sources` gets every file and folder that was looked at.
    """
    from blake3 import blake3  # few environments have local parts

    digest = blake3()
    for name, file in content_files(path):
        sources[os.path.dirname(file)] = None  # noqa: PTH120
        sources[file] = None
        digest.update(f"{name}\0{os.path.getsize(file)}\0".encode("utf-8", "surrogateescape"))  # noqa: PTH202
        digest.update_mmap(file)
    return digest.hexdigest()[:32]


def small_texts(path: str) -> dict[str, str]:
    """Relative path -> text of the files of a build context that say what it installs."""
    found: dict[str, str] = {}
    for name, file in content_files(path):
        base = os.path.basename(name)  # noqa: PTH119
        is_told = base == "Dockerfile" or base.endswith((".yml", ".yaml")) or _is_requirements(base)
        if is_told and os.path.getsize(file) <= _SMALL:  # noqa: PTH202
            found[name] = Path(file).read_text(encoding="utf-8", errors="replace")
    return found


def _is_requirements(name: str) -> bool:
    return name.startswith("requirements") and name.endswith(".txt")


def content_files(path: str) -> list[tuple[str, str]]:
    """Relative name and path of what `content_digest` takes, in its order."""
    if not os.path.isdir(path):  # noqa: PTH112
        return [(os.path.basename(path), path)]  # noqa: PTH119
    found: list[tuple[str, str]] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.endswith(".egg-info"))
        for name in names:
            file = os.path.join(folder, name)  # noqa: PTH118
            if os.path.isfile(file):  # noqa: PTH113
                found.append((os.path.relpath(file, path), file))
    return sorted(found)
