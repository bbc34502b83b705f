"""A folder that is away, or another one, in the moment in which it begins to be watched, is watched all the same."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.watching.noticing import KernelNoticer
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from tests.core.watching.test_watcher import all_told, save, told


def moved(folder: Path) -> Callable[[], object]:
    """Have it away until what is given is called."""
    away = folder.with_name("away")
    folder.rename(away)
    return lambda: away.rename(folder)


class Unlucky(KernelNoticer):
    """One folder is away whenever it is asked for, for as long as that takes, so often."""

    def __init__(self, folder: Path, times: int = 1) -> None:
        super().__init__()
        self.folder, self.times = folder, times

    def watch(self, folder: str, *, itself: bool = False) -> None:
        if folder != str(self.folder) or itself or not self.times:
            super().watch(folder, itself=itself)
            return
        self.times -= 1
        come_back = moved(self.folder)
        super().watch(folder, itself=itself)
        come_back()


ROOTS: dict[str, Callable[[str], Roots]] = {
    "code": lambda src: Roots(code=frozenset({src})),
    "data": lambda src: Roots(data=frozenset({src})),
    "a build context": lambda src: Roots(built=frozenset({(src, "Dockerfile")})),
    "a local package": lambda src: Roots(built=frozenset({(src, "")})),
}


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("name", ["src/a.py", "src/pkg/b.py"])
def test_what_is_saved_in_it_is_told(folder: Path, kind: str, name: str) -> None:
    with closing(Watcher(Unlucky((folder / name).parent))) as watcher:
        watcher.set_roots(ROOTS[kind](f"{folder}/src"))
        while watcher.wait(0.3) is not None:
            pass
        for text in ("22", "333"):
            save(folder / name, text)
            assert name in all_told(watcher, folder, name)


def listed(folder: Path) -> Roots:
    """Folders in which the names of definitions count."""
    return Roots(listed=frozenset({f"{folder}", f"{folder}/src", f"{folder}/src/pkg"}))


def test_a_definition_that_comes_into_it_is_told(folder: Path) -> None:
    with closing(Watcher(Unlucky(folder / "src/pkg"))) as watcher:
        watcher.set_roots(listed(folder))
        while watcher.wait(0.3) is not None:
            pass
        (folder / "src/pkg/new.yml").touch()
        assert told(watcher, folder) == ["src/pkg"]


def test_a_definition_that_comes_into_a_folder_below_one_that_was_replaced_is_told(folder: Path) -> None:
    with closing(Watcher(KernelNoticer())) as watcher:
        watcher.set_roots(listed(folder))
        shutil.copytree(folder / "src", folder / "new")
        (folder / "src").rename(folder / "old")
        (folder / "new").rename(folder / "src")
        while watcher.wait(0.3) is not None:
            pass
        (folder / "src/pkg/new.yml").touch()
        assert told(watcher, folder) == ["src/pkg"]


@pytest.mark.parametrize("way", ["replaced", "made anew while a plan is made"])
def test_a_definition_that_comes_into_a_folder_that_was_replaced_is_told(folder: Path, way: str) -> None:
    with closing(Watcher(KernelNoticer())) as watcher:
        watcher.set_roots(listed(folder))
        shutil.rmtree(folder / "src/pkg")
        if way != "replaced":
            told(watcher, folder)
        (folder / "src/pkg").mkdir()
        watcher.set_roots(listed(folder))  # after a plan that found it there again
        while watcher.wait(0.3) is not None:
            pass
        (folder / "src/pkg/new.yml").touch()
        assert told(watcher, folder) == ["src/pkg"]
