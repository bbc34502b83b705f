"""Each change of what a pipeline depends on is told once, and nothing else is."""

import os
import random
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from watchdog.observers.polling import PollingObserver

from core.watching.noticing import BlindNoticer, KernelNoticer, LibraryNoticer, LimitError, Noticed, Noticer
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from tests.support.waiting import PATIENCE_SECONDS

#: What tells of changes: the kernel, a library, nobody.
NOTICERS: dict[str, Callable[[], Noticer]] = {
    "kernel": KernelNoticer,
    "library": lambda: LibraryNoticer(lambda: PollingObserver(timeout=0.05)),
    "nobody": lambda: BlindNoticer(0.05),
}


def roots(folder: Path) -> Roots:
    return Roots(
        frozenset({f"{folder}/p.yml", f"{folder}/mlpw.yml"}),
        frozenset({f"{folder}/src"}),
        frozenset({f"{folder}/data"}),
    )


@pytest.fixture(params=NOTICERS)
def watcher(request: pytest.FixtureRequest, folder: Path) -> Iterator[Watcher]:
    made = Watcher(NOTICERS[request.param]())
    made.set_roots(roots(folder))
    yield made
    made.close()


def told(watcher: Watcher, folder: Path) -> list[str]:
    """The next change."""
    change = watcher.wait(PATIENCE_SECONDS)
    assert change is not None
    return [os.path.relpath(path, folder) for path in change.paths]


def all_told(watcher: Watcher, folder: Path, until: str) -> set[str]:
    """Every path that is told of until one comes."""
    found: set[str] = set()
    while until not in found:
        found.update(told(watcher, folder))
    return found


def save(path: Path, text: str) -> None:
    """As editors do: a new file beside it, moved into its place."""
    new = path.with_name(f".{path.name}.tmp")
    new.write_text(text)
    new.replace(path)


def moved_in(root: Path) -> None:
    (root / "more").mkdir()
    (root / "more/x.py").write_text("")
    (root / "more").rename(root / "src/more")


SAVES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "written": (lambda root: (root / "src/a.py").write_text("22"), {"src/a.py"}),
    "saved by moving": (lambda root: save(root / "src/a.py", "22"), {"src/a.py"}),
    "deep": (lambda root: (root / "src/pkg/b.py").write_text("22"), {"src/pkg/b.py"}),
    "new": (lambda root: (root / "src/new.py").write_text(""), {"src/new.py"}),
    "gone": (lambda root: (root / "src/a.py").unlink(), {"src/a.py"}),
    "renamed": (lambda root: (root / "src/a.py").rename(root / "src/c.py"), {"src/a.py", "src/c.py"}),
    "data": (lambda root: (root / "data/1.csv").write_text("22"), {"data/1.csv"}),
    "definition": (lambda root: save(root / "p.yml", "22"), {"p.yml"}),
    "settings that were not there": (lambda root: (root / "mlpw.yml").write_text("22"), {"mlpw.yml"}),
    "another mode": (lambda root: (root / "src/a.py").chmod(0o755), {"src/a.py"}),
    "a folder gone": (lambda root: shutil.rmtree(root / "src/pkg"), {"src/pkg/b.py"}),
    "a folder renamed": (lambda root: (root / "src/pkg").rename(root / "src/q"), {"src/pkg/b.py", "src/q/b.py"}),
    "a folder from elsewhere": (moved_in, {"src/more/x.py"}),
    "everything": (lambda root: shutil.rmtree(root / "data"), {"data", "data/1.csv", "data/2.csv"}),
}


@pytest.mark.parametrize("way", SAVES)
def test_a_change_is_told_with_its_paths(watcher: Watcher, folder: Path, way: str) -> None:
    change, paths = SAVES[way]
    change(folder)
    found: set[str] = set()
    while found < paths:
        found.update(told(watcher, folder))
    assert found == paths


def test_what_does_not_count_is_not_told(watcher: Watcher, folder: Path) -> None:
    (folder / "other.txt").write_text("22")
    (folder / "src/x.tmp").write_text("22")
    (folder / "src/scratch").mkdir()
    (folder / "src/scratch/y.py").write_text("22")
    (folder / "src/__pycache__").mkdir()
    (folder / "src/__pycache__/a.pyc").write_text("22")
    (folder / "src/.git").mkdir()
    (folder / "src/a.py").write_text("22")

    assert all_told(watcher, folder, "src/a.py") == {"src/a.py"}


def test_what_begins_to_count_is_told(watcher: Watcher, folder: Path) -> None:
    (folder / "src/x.tmp").write_text("1")
    (folder / "src/.gitignore").write_text("scratch/\n")

    assert {"src/x.tmp", "src/.gitignore"} <= all_told(watcher, folder, "src/x.tmp")


def test_a_root_that_comes_back_is_told(watcher: Watcher, folder: Path) -> None:
    shutil.rmtree(folder / "data")
    all_told(watcher, folder, "data")
    (folder / "data").mkdir()
    (folder / "data/3.csv").write_text("1")
    assert "data/3.csv" in all_told(watcher, folder, "data/3.csv")
    (folder / "data/3.csv").write_text("22")
    assert told(watcher, folder) == ["data/3.csv"]


def test_a_file_below_a_folder_that_was_replaced_is_still_seen(watcher: Watcher, folder: Path) -> None:
    shutil.copytree(folder / "src/pkg", folder / "new")
    (folder / "src/pkg").rename(folder / "old")
    (folder / "new").rename(folder / "src/pkg")
    watcher.wait(1)
    (folder / "src/pkg/b.py").write_text("333")

    assert "src/pkg/b.py" in all_told(watcher, folder, "src/pkg/b.py")


def test_a_link_out_of_the_folder_is_followed(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/s.py").write_text("1")
    (tmp_path / "single.py").write_text("1")
    (folder / "src/shared").symlink_to(tmp_path / "shared")
    (folder / "src/single.py").symlink_to(tmp_path / "single.py")
    all_told(watcher, folder, "src/single.py")
    if not isinstance(watcher._noticer, LibraryNoticer):  # what lies elsewhere is none of its trees
        (tmp_path / "shared/s.py").write_text("22")
        assert told(watcher, folder) == ["src/shared/s.py"]
        (tmp_path / "single.py").write_text("22")
        assert told(watcher, folder) == ["src/single.py"]


def test_links_in_circles_end(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    (tmp_path / "x/to_y").symlink_to(tmp_path / "y")
    (tmp_path / "y/to_x").symlink_to(tmp_path / "x")
    (folder / "src/to_x").symlink_to(tmp_path / "x")
    (folder / "src/up").symlink_to(folder)
    watcher = Watcher()
    watcher.set_roots(roots(folder))
    watcher.close()


# Only what the kernel can do


@pytest.fixture
def kernel(folder: Path) -> Iterator[Watcher]:
    made = Watcher()
    made.set_roots(roots(folder))
    yield made
    made.close()


def test_thousands_of_files_at_once_are_one_change(kernel: Watcher, folder: Path) -> None:
    for i in range(3000):
        (folder / f"data/{i:04}.txt").write_text("1")
    assert len(told(kernel, folder)) == 3000
    assert kernel.wait(0.3) is None


def test_lost_events_end_in_a_look_at_everything(kernel: Watcher, folder: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    (folder / "src/a.py").write_text("22")
    for _ in range(most // 2 + 10):
        (folder / "data/1.csv").touch()
        (folder / "data/2.csv").touch()
    (folder / "src/pkg/b.py").write_text("22")
    assert {"src/a.py", "src/pkg/b.py", "data/1.csv"} <= set(told(kernel, folder))


def test_a_touch_that_is_taken_back_is_nothing(kernel: Watcher, folder: Path) -> None:
    (folder / "src/brief.py").write_text("1")
    (folder / "src/brief.py").unlink()
    assert kernel.wait(0.3) is None


def test_what_was_there_for_a_moment_is_told_to_who_may_have_read_it(kernel: Watcher, folder: Path) -> None:
    (folder / "src/brief.py").write_text("1")
    (folder / "src/brief.tmp").write_text("1")
    kernel.set_roots(roots(folder))  # after a plan that may have read it
    (folder / "src/brief.py").unlink()
    assert [kernel.is_due, told(kernel, folder), kernel.is_due] == [True, ["src/brief.py"], False]
    assert kernel.wait(0.3) is None


def test_a_folder_that_was_there_for_a_moment_is_told_to_who_may_have_read_it(kernel: Watcher, folder: Path) -> None:
    (folder / "src").rename(folder / "away")
    assert "src" in told(kernel, folder)
    (folder / "away").rename(folder / "src")
    kernel.set_roots(roots(folder))
    (folder / "src").rename(folder / "away")
    assert "src" in told(kernel, folder)


class Limited:
    """A system with few watches."""

    is_blind = False

    def __init__(self, most: int) -> None:
        self._left = most

    def watch(self, folder: str, *, itself: bool = False) -> None:
        self._left -= 1
        if self._left < 0:
            raise LimitError("the limit is reached", hint="raise it")

    def count(self) -> int:
        return 0

    def keep(self, wanted: Collection[str]) -> None:
        raise AssertionError(wanted)

    def read(self, timeout: float | None) -> Noticed:
        assert timeout == 0
        return Noticed()

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        pass


def test_a_limit_that_is_reached_is_said_and_files_are_looked_at_instead(folder: Path) -> None:
    watcher = Watcher(Limited(2))
    watcher.set_roots(roots(folder))
    assert watcher.note == "the limit is reached; raise it; until then mlpw looks every second"
    (folder / "src/a.py").write_text("22")
    assert told(watcher, folder) == ["src/a.py"]


def test_a_day_of_random_edits_ends_as_a_fresh_look(kernel: Watcher, folder: Path) -> None:
    dice = random.Random(1)
    open_files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(300):
        _edit(folder, dice)
        if dice.random() < 0.2:
            kernel.wait(0)
    while kernel.wait(0.3) is not None:
        pass
    fresh = Watcher()
    fresh.set_roots(roots(folder))
    assert {key: tree._files for key, tree in kernel._trees.items()} == {
        key: tree._files for key, tree in fresh._trees.items()
    }
    fresh.close()
    assert len(os.listdir("/proc/self/fd")) == open_files  # noqa: PTH208
    (folder / "src/last.py").write_text("1")
    assert "src/last.py" in told(kernel, folder)


def _edit(folder: Path, dice: random.Random) -> None:
    """One thing that somebody does to a folder, whether it is possible just now or not."""
    names = [f"src/{name}" for name in ("a.py", "b", "pkg", "pkg/x", "pkg/y/z", ".gitignore")] + [
        "data/1.csv",
        "data/d",
    ]
    one, other = folder / dice.choice(names), folder / dice.choice(names)
    ways: list[Callable[[], object]] = [
        lambda: one.write_text(str(dice.random())),
        lambda: one.mkdir(parents=True),
        one.unlink,
        lambda: shutil.rmtree(one),
        lambda: one.rename(other),
        lambda: one.chmod(0o755),
        lambda: one.symlink_to(other),
        lambda: os.utime(one, (dice.randrange(10**9), 1)),
        lambda: shutil.copytree(one, other),
    ]
    try:
        dice.choice(ways)()
    except (OSError, shutil.Error):
        return


def test_nothing_is_told_before_the_first_change(kernel: Watcher) -> None:
    assert kernel.wait(0) is None


def test_an_empty_folder_of_data_counts(watcher: Watcher, folder: Path) -> None:
    (folder / "src/empty").mkdir()  # of code it does not
    (folder / "data/empty").mkdir()
    assert told(watcher, folder) == ["data/empty"]
    (folder / "data/empty/file").write_text("1")
    assert {"data/empty", "data/empty/file"} <= all_told(watcher, folder, "data/empty/file")
    shutil.rmtree(folder / "data/empty")
    all_told(watcher, folder, "data/empty/file")


def test_a_save_in_a_folder_of_many_files_looks_at_that_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Watcher(KernelNoticer())) as watcher:
        watcher.set_roots(roots(folder))
        monkeypatch.delattr(os, "scandir")  # whoever lists a folder now fails
        save(folder / "data/1.csv", "22")
        assert told(watcher, folder) == ["data/1.csv"]
        (folder / "src/a.py").write_text("22")
        assert told(watcher, folder) == ["src/a.py"]


class Heard(KernelNoticer):
    """Remembers where something happened of which it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()

    def read(self, timeout: float | None) -> Noticed:
        found = super().read(timeout)
        self.places.update(found.folders)
        return found


def test_who_writes_above_the_workspace_wakes_nobody(folder: Path) -> None:
    heard = Heard()
    with closing(Watcher(heard)) as watcher:
        top = str(folder)
        watcher.set_roots(Roots(code=frozenset({top}), definitions=frozenset({top}), top=top))
        for number in range(3):
            (folder.parent / f"other{number}").write_text("1")
        (folder.parent / "folder").mkdir()
        save(folder / "src/a.py", "22")
        assert "src/a.py" in all_told(watcher, folder, "src/a.py")
        assert str(folder.parent) not in heard.places


def test_a_workspace_that_is_moved_away_and_comes_back_is_told(folder: Path) -> None:
    with closing(Watcher(KernelNoticer())) as watcher:
        top, away = str(folder), folder.with_name("away")
        watcher.set_roots(Roots(code=frozenset({top}), definitions=frozenset({top}), top=top))
        folder.rename(away)
        assert "src/a.py" in all_told(watcher, folder, "src/a.py")
        (away / "src/a.py").write_text("22")
        away.rename(folder)
        assert "src/a.py" in all_told(watcher, folder, "src/a.py")
        save(folder / "src/a.py", "333")
        assert told(watcher, folder) == ["src/a.py"]
        other = folder.with_name("other")
        shutil.copytree(folder, other)
        folder.rename(away)
        other.rename(folder)
        assert "src/a.py" in all_told(watcher, folder, "src/a.py")
