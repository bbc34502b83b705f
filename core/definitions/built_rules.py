"""What counts in the folders that environments are built from."""

import os
from functools import cached_property
from pathlib import Path
from typing import Protocol

#: What Python and its tools keep beside sources; no part of a package or build context, wherever it lies.
LEFT_OUT = frozenset(
    {"__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".mlpw"}
)
_ARCHIVES = (".whl", ".tar.gz", ".tar.bz2", ".zip", ".egg")
#: What setuptools makes in `build/`, besides `lib`.
_MADE = ("lib.", "bdist.", "temp.", "scripts-")
#: In a folder in which CMake, Ninja or Meson compiles.
_OF_COMPILERS = ("CMakeCache.txt", "build.ninja")


class BuiltRules(Protocol):
    """What of a folder counts, asked from its root downwards; a position carries what was decided above."""

    @property
    def files(self) -> tuple[str, ...]:
        """Files, relative to the root, that these rules were read from."""

    @property
    def follows(self) -> bool:
        """Whether a link stands for what it leads to."""

    def leaves_out(self, name: str) -> bool:
        """Whether what is called so counts nowhere."""

    def decide(self, path: str, name: str, *, is_folder: bool, above: int) -> int:
        """The position of a relative path, whose folder has the position `above`; -1 at the root."""

    def excludes(self, position: int) -> bool:
        """Whether what has this position does not count."""

    def prunes(self, position: int) -> bool:
        """Whether nothing below a folder with this position counts."""


def rules_of(root: str, dockerfile: str) -> BuiltRules:
    """The rules of a build context with this Dockerfile (relative), of a local package when that is "".

    Raises OSError when they cannot be read.
    """
    return _ContextRules(root, dockerfile) if dockerfile else _PackageRules(root)


class _Rules:
    """What both leave out."""

    def leaves_out(self, name: str) -> bool:
        return name in LEFT_OUT


class _ContextRules(_Rules):
    """What Docker takes of a context; links stay links.

    A `DOCKERFILE.dockerignore` beside the Dockerfile takes the place of `.dockerignore`, which never goes along.
    """

    follows = False

    def __init__(self, root: str, dockerfile: str) -> None:
        from core.definitions.dockerignore import DockerIgnore  # few environments have a context

        self.files = (f"{os.path.normpath(dockerfile)}.dockerignore", ".dockerignore")
        written = next((file for name in self.files if (file := Path(root, name)).is_file()), None)
        self._ignore = DockerIgnore(written.read_text("utf-8", "replace") if written else "")

    def decide(self, path: str, name: str, *, is_folder: bool, above: int) -> int:
        return 0 if path == ".dockerignore" or self._ignore.leaves_out(path) else -1

    def excludes(self, position: int) -> bool:
        return position >= 0

    def prunes(self, position: int) -> bool:
        return position >= 0 and not self._ignore.brings_back


class _PackageRules(_Rules):
    """Whatever a build of the package may read: all but what such a build leaves behind.

    That is `*.egg-info`, and at the top archives in `dist` and what compilers and setuptools make in `build`
    (https://setuptools.pypa.io/en/latest/userguide/development_mode.html): a package that is called so counts.
    """

    files = ("build/__init__.py",)
    follows = True

    def __init__(self, root: str) -> None:
        self._root = root

    def decide(self, path: str, name: str, *, is_folder: bool, above: int) -> int:
        if above >= 0 or (is_folder and name.endswith(".egg-info")):
            return 0
        top, _, rest = path.partition("/")
        if top == "dist" and not is_folder and rest == name:
            return 0 if name.endswith(_ARCHIVES) else -1
        if top == "build" and is_folder and not self._has_code:
            return 0 if self._is_made(path, rest) else -1
        return -1

    def excludes(self, position: int) -> bool:
        return position >= 0

    prunes = excludes

    @cached_property
    def _has_code(self) -> bool:
        return os.path.isfile(f"{self._root}/{self.files[0]}")  # noqa: PTH113

    def _is_made(self, path: str, rest: str) -> bool:
        if rest == "lib" or ("/" not in rest and rest.startswith(_MADE)):
            return True
        return any(os.path.exists(f"{self._root}/{path}/{name}") for name in _OF_COMPILERS)  # noqa: PTH110
