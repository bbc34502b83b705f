"""Whatever is done to a folder: when planning says that it is another one, the watcher had said so before.

What it finds at its next look at everything is left out: hard links, and what compilers leave in a package's `build`.
"""

import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.definitions.built_folders import content_digest
from core.errors import MlpwError
from core.store.hashing import hash_path
from core.store.scan import DATA, code_policy
from core.watching.noticing import KernelNoticer
from core.watching.trees import Kind, Tree
from core.watching.watches import Watches

_ROUNDS = 90
#: Paths through links to folders that hold links are soon more than anybody has time for.
_MOST_LINKS = 14
_DOCKERFILE = "Dockerfile"
#: Names that some rule treats otherwise than others, and some that none does.
_NAMES = (
    *("a.py", "b.sh", "pkg", "d", "build", "lib", "dist", "x.whl", "__init__.py", "x.egg-info"),
    *(".git", ".venv", ".mlpw", "__pycache__", ".x.swp", "#a#", "z~", "y.tmp", "ä ö"),
    *(".gitignore", ".amlignore", ".dockerignore", "Dockerfile.dockerignore", _DOCKERFILE),
)
_TEXTS = ("", "1", "2", "*.sh\n", "pkg\n!pkg/b.sh\n", "build/\n", "d/*\n!d/a.py\n", "**/lib\n", "!a.py\n*.py\n")

#: How planning looks at a folder of each kind.
DIGESTS: dict[str, tuple[Kind, str, Callable[[Path], str]]] = {
    "code": (Kind.CODE, "", lambda root: hash_path(root, None, code_policy(str(root))).digest),
    "data": (Kind.DATA, "", lambda root: hash_path(root, None, DATA).digest),
    "a package": (Kind.BUILT, "", lambda root: content_digest(str(root))),
    "a build context": (Kind.BUILT, _DOCKERFILE, lambda root: content_digest(str(root), _DOCKERFILE)),
}


@dataclass(frozen=True)
class Hand:
    """Does one thing after the other, in a folder and in one beside it; not to the Dockerfile: it is watched apart."""

    root: Path
    beside: Path
    dice: random.Random

    def act(self) -> str:
        """What was done, "" when it could not be."""
        way = self.dice.choice((self._write, self._write, self._make, self._link, self._link, self._move, self._delete))
        try:
            return way()
        except OSError:
            return ""

    def _write(self) -> str:
        path = self._new()
        path.write_text(self.dice.choice(_TEXTS))
        return f"write {path}"

    def _make(self) -> str:
        path = self._new()
        path.mkdir()
        (path / self.dice.choice(_NAMES)).write_text(self.dice.choice(_TEXTS))
        return f"make {path}"

    def _link(self) -> str:
        path, target = self._new(), self.dice.choice((self._old(), self._folder(), self.root, self.beside / "nothing"))
        if path.is_symlink():
            path.unlink()
        elif sum(map(Path.is_symlink, self._all())) >= _MOST_LINKS:
            return ""
        path.symlink_to(self.dice.choice((target, os.path.relpath(target, path.parent))))
        return f"link {path} to {path.readlink()}"

    def _move(self) -> str:
        path, new = self._old(), self._new()
        path.rename(new)
        return f"move {path} to {new}"

    def _delete(self) -> str:
        path = self._old()
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return f"delete {path}"

    def _folder(self) -> Path:
        return self.dice.choice([self.root, self.beside, *filter(Path.is_dir, sorted(self._all()))])

    def _all(self) -> list[Path]:
        walks = [each for base in (self.root, self.beside) for each in os.walk(base)]
        return [Path(at, name) for at, folders, files in walks for name in (*folders, *files)]

    def _new(self) -> Path:
        path = self._folder() / self.dice.choice(_NAMES)
        return path if self._is_ours(path) else self.root / "a.py"

    def _old(self) -> Path:
        found = [path for path in sorted(self._folder().iterdir()) if self._is_ours(path)]
        return self.dice.choice(found) if found else self._new()

    def _is_ours(self, path: Path) -> bool:
        real = path.parent.resolve()
        is_here = any(real.is_relative_to(base) for base in (self.root, self.beside))
        return is_here and real / path.name != self.root / _DOCKERFILE


def digest(look: Callable[[Path], str], root: Path) -> str:
    with suppress(MlpwError, OSError):
        return look(root)
    return "cannot be read"


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("kind", DIGESTS)
def test_no_change_is_missed(tmp_path: Path, kind: str, seed: int) -> None:
    watched, dockerfile, look = DIGESTS[kind]
    root, beside = tmp_path / "around/root", tmp_path / "beside"
    root.mkdir(parents=True)
    beside.mkdir()
    (root / _DOCKERFILE).write_text("FROM ubuntu:22.04\n")
    hand, done = Hand(root, beside, random.Random(seed)), list[str]()
    with closing(KernelNoticer()) as noticer:
        tree = Tree(str(root), Watches(noticer.watch), watched, dockerfile)
        before = digest(look, root)
        while len(done) < _ROUNDS:
            done += filter(None, [hand.act()])
            noticed = noticer.read(0)
            changed = tree.look(None if noticed.everywhere else noticed.folders)
            now = digest(look, root)
            assert changed or now == before, "\n".join(done[-8:])
            before = now
