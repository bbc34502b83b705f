"""What a person does at once is one change, and so one plan: an editor's save, a switch of branches, a copied tree."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.watching import watcher as watching
from core.watching.noticing import KernelNoticer, Noticed
from core.watching.roots import Roots
from core.watching.watcher import Changes, Watcher
from tests.support.waiting import PATIENCE_SECONDS

FILES = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Code and a definition on two branches, 200 files of which differ; what is ignored is not."""
    root = tmp_path / "workspace"
    (root / "src/pkg").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for branch in ("main", "other"):
        if branch == "other":
            git(root, "checkout", "-q", "-b", branch)
        for number in range(FILES):
            (root / f"src/pkg/m{number}.py").write_text(branch)
        (root / "src/a.py").write_text(branch)
        (root / "p.yml").write_text(branch)
        (root / "src/.gitignore").write_text("*~\n.*.sw?\n4913\n#*#\nbuild/\n*.log\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", branch)
    return root


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def watcher(folder: Path) -> Iterator[Watcher]:
    made = Watcher()
    made.set_roots(Roots(frozenset({f"{folder}/p.yml"}), frozenset({f"{folder}/src"}), top=str(folder)))
    yield made
    made.close()


def changes(watcher: Watcher) -> list[Changes]:
    """Everything that is told until nothing is."""
    found = []
    change = watcher.wait(PATIENCE_SECONDS)
    while change is not None:
        found.append(change)
        change = watcher.wait(0.3)
    return found


def vim(path: Path) -> None:
    """A probe whether the folder can be written, the old file becomes the backup, a new one takes its name."""
    path.with_name("4913").touch()
    path.with_name("4913").unlink()
    path.with_name(f".{path.name}.swp").write_text("swap")
    path.rename(path.with_name(f"{path.name}~"))
    with path.open("w") as file:
        file.write("vim")
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)
    path.with_name(f"{path.name}~").unlink()


def emacs(path: Path) -> None:
    """A lock that is a link to nowhere, the old file copied, the file written in place, the lock taken away."""
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("user@host.1:2")
    path.with_name(f"#{path.name}#").write_text("auto")
    shutil.copy2(path, path.with_name(f"{path.name}~"))
    path.write_text("emacs")
    lock.unlink()
    path.with_name(f"#{path.name}#").unlink()


def vs_code(path: Path) -> None:
    """Emptied and written in place."""
    with path.open("r+") as file:
        file.truncate(0)
        file.flush()
        file.write("code")


def jetbrains(path: Path) -> None:
    """A new file moved to the place of the old one, which was moved away first."""
    new, old = path.with_name(f"{path.name}___jb_tmp___"), path.with_name(f"{path.name}___jb_old___")
    new.write_text("jetbrains")
    path.rename(old)
    new.rename(path)
    old.unlink()


@pytest.mark.parametrize("save", [vim, emacs, vs_code, jetbrains], ids=lambda save: save.__name__)
@pytest.mark.parametrize("name", ["src/a.py", "p.yml"])
def test_an_editors_save_is_one_change_of_one_file(
    watcher: Watcher, folder: Path, save: Callable[[Path], None], name: str
) -> None:
    save(folder / name)
    assert [change.paths for change in changes(watcher)] == [(str(folder / name),)]


def test_a_switch_of_branches_is_one_change(watcher: Watcher, folder: Path) -> None:
    git(folder, "checkout", "-q", "main")
    (change,) = changes(watcher)
    assert len(change.paths) == FILES + 2


def test_a_tree_that_is_copied_in_is_one_change(watcher: Watcher, folder: Path) -> None:
    shutil.copytree(folder / "src/pkg", folder / "src/again")
    (change,) = changes(watcher)
    assert len(change.paths) == FILES


def test_what_is_ignored_is_no_change(watcher: Watcher, folder: Path) -> None:
    (folder / "src/run.log").write_text("1")
    (folder / "src/build/deep").mkdir(parents=True)
    (folder / "src/build/deep/x.o").write_text("1")
    (folder / "src/__pycache__").mkdir()
    (folder / "src/__pycache__/a.pyc").write_text("1")
    (folder / "beside.txt").write_text("1")
    for name in (".a.py.swp", "a.py~", "#a.py#"):
        (folder / "src" / name).write_text("not saved yet")
    (folder / "src/.#a.py").symlink_to("user@host.1:2")
    git(folder, "gc", "-q")
    assert watcher.wait(0.5) is None


def test_who_writes_beside_does_not_keep_a_change_from_rest(folder: Path) -> None:
    noticer = Chatty(f"{folder}", "beside.log")
    watcher = Watcher(noticer)
    watcher.set_roots(Roots(frozenset({f"{folder}/p.yml"}), frozenset({f"{folder}/src"}), top=str(folder)))
    (folder / "p.yml").write_text("22")
    assert watcher.wait(PATIENCE_SECONDS) == Changes((f"{folder}/p.yml",))
    assert noticer.told < 5
    watcher.close()


def test_what_goes_on_with_ever_new_files_is_one_change_however_slow_the_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(watching, "time", clock)
    noticer = Slow(folder / "src", clock)
    watcher = Watcher(noticer)
    watcher.set_roots(Roots(frozenset(), frozenset({f"{folder}/src"}), top=str(folder)))
    change = watcher.wait(None)
    assert change is not None
    assert change.paths == tuple(sorted(f"{folder}/src/new{number}" for number in range(12)))
    watcher.close()


def test_what_never_ends_is_told_in_between(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(watching, "time", clock)
    watcher = Watcher(Slow(folder / "src", clock, files=10**6))
    watcher.set_roots(Roots(frozenset(), frozenset({f"{folder}/src"}), top=str(folder)))
    assert watcher.wait(None) is not None
    assert clock.now < 60
    watcher.close()


class Clock:
    """One that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class Slow(KernelNoticer):
    """A kernel that tells of a new file each second."""

    def __init__(self, folder: Path, clock: Clock, *, files: int = 12) -> None:
        super().__init__()
        self._folder, self._clock, self._files, self._made = folder, clock, files, 0

    def read(self, timeout: float | None) -> Noticed:
        found = super().read(0)
        self._clock.now += 1
        if self._made < self._files:
            name = f"new{self._made}"
            (self._folder / name).touch()
            self._made += 1
            found.folders.setdefault(str(self._folder), set()).add(name)
        return found


class Chatty(KernelNoticer):
    """A kernel that always has something to tell of one file."""

    def __init__(self, folder: str, name: str) -> None:
        super().__init__()
        self._event = (folder, name)
        self.told = 0

    def read(self, timeout: float | None) -> Noticed:
        found = super().read(0)
        folder, name = self._event
        found.folders.setdefault(folder, set()).add(name)
        self.told += 1
        return found
