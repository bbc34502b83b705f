"""What links lead to is told of, wherever a link, a folder on the way or the end of it changes."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import core.watching.watcher
from core.watching.noticing import KernelNoticer
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from core.watching.ways import way_to
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Code with links out of it: to a file, to a folder, through another link, and to nothing."""
    root = tmp_path / "workspace"
    (root / "parts/src").mkdir(parents=True)
    (tmp_path / "out/pkg").mkdir(parents=True)
    for name in ("workspace/parts/src/a.py", "out/single.py", "out/pkg/b.py", "out/other.py"):
        (tmp_path / name).write_text("1")
    src = root / "parts/src"
    (src / "single.py").symlink_to(tmp_path / "out/single.py")
    (src / "pkg").symlink_to(tmp_path / "out/pkg")
    (src / "same").symlink_to(tmp_path / "out/pkg")
    (tmp_path / "hop").symlink_to(tmp_path / "out/single.py")
    (src / "far.py").symlink_to(tmp_path / "hop")
    (src / "dead.py").symlink_to(tmp_path / "later/dead.py")
    return root


@pytest.fixture
def watcher(folder: Path) -> Iterator[Watcher]:
    made = Watcher()
    made.set_roots(Roots(frozenset(), frozenset({f"{folder}/parts/src"}), top=str(folder)))
    yield made
    made.close()


def told_until(watcher: Watcher, folder: Path, *wanted: str) -> None:
    """Wait until all of these were told of."""
    missing = set(wanted)
    while missing:
        change = watcher.wait(PATIENCE_SECONDS)
        assert change is not None, f"never told: {missing}"
        missing -= {os.path.relpath(path, folder / "parts/src") for path in change.paths}


def gone_and_back(path: Path, watcher: Watcher, folder: Path, *names: str) -> None:
    """The folder goes, is seen gone, and comes back with other files."""
    shutil.rmtree(path)
    told_until(watcher, folder, *names)
    path.mkdir()


def test_a_file_in_a_folder_that_was_gone(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    gone_and_back(tmp_path / "out", watcher, folder, "single.py", "pkg/b.py", "far.py")
    (tmp_path / "out/single.py").write_text("22")
    told_until(watcher, folder, "single.py", "far.py")
    (tmp_path / "out/single.py").write_text("333")
    told_until(watcher, folder, "single.py", "far.py")


def test_a_folder_that_was_gone(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    gone_and_back(tmp_path / "out/pkg", watcher, folder, "pkg/b.py")
    (tmp_path / "out/pkg/c.py").write_text("22")
    told_until(watcher, folder, "pkg/c.py", "same/c.py")


def test_an_end_that_comes_later(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    (tmp_path / "later/dead.py").write_text("1")
    told_until(watcher, folder, "dead.py")


def test_what_is_ignored_is_said_by_a_file_elsewhere(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    rules = tmp_path / "out/rules"
    rules.write_text("b.py\n")
    (folder / "parts/src/.amlignore").symlink_to(rules)
    told_until(watcher, folder, "pkg/b.py", "same/b.py")
    rules.write_text("a.py\n")
    told_until(watcher, folder, "a.py", "pkg/b.py", "same/b.py")


def test_a_link_on_the_way_that_leads_elsewhere(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new").symlink_to(tmp_path / "out/other.py")
    (tmp_path / "new").rename(tmp_path / "hop")
    told_until(watcher, folder, "far.py")


def test_the_second_link_to_a_folder_when_the_first_is_gone(watcher: Watcher, folder: Path, tmp_path: Path) -> None:
    (folder / "parts/src/pkg").unlink()
    told_until(watcher, folder, "pkg/b.py")
    (tmp_path / "out/pkg/b.py").write_text("22")
    told_until(watcher, folder, "same/b.py")


def test_a_folder_above_the_code_that_is_another_now(watcher: Watcher, folder: Path) -> None:
    shutil.copytree(folder / "parts", folder / "new", symlinks=True)
    (folder / "new/src/a.py").write_text("22")
    (folder / "parts").rename(folder / "old")
    (folder / "new").rename(folder / "parts")
    told_until(watcher, folder, "a.py")


@pytest.mark.parametrize("where", ["workspace/lib", "aside"])
def test_a_folder_halfway_to_the_end_of_a_link_that_goes_elsewhere(folder: Path, tmp_path: Path, where: str) -> None:
    halfway = tmp_path / where
    (halfway / "build/lib").mkdir(parents=True)
    (halfway / "build/lib/x.py").write_text("1")
    (folder / "parts/src/x").symlink_to(halfway / "build/lib")
    watcher = Watcher()
    watcher.set_roots(Roots(code=frozenset({f"{folder}/parts/src"}), top=str(folder)))
    halfway.rename(tmp_path / "elsewhere")
    told_until(watcher, folder, "x/x.py")
    (tmp_path / "elsewhere").rename(halfway)
    told_until(watcher, folder, "x/x.py")
    watcher.close()


def test_a_folder_above_data_that_lie_outside(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "aside/sets/one").mkdir(parents=True)
    (tmp_path / "aside/sets/one/1.csv").write_text("1")
    watcher = Watcher()
    watcher.set_roots(Roots(data=frozenset({f"{tmp_path}/aside/sets/one"}), top=str(folder)))
    (tmp_path / "aside").rename(tmp_path / "elsewhere")
    change = watcher.wait(PATIENCE_SECONDS)
    assert change is not None
    assert f"{tmp_path}/aside/sets/one/1.csv" in change.paths
    watcher.close()


def test_of_a_folder_on_the_way_only_its_going_elsewhere_is_told(tmp_path: Path) -> None:
    on_the_way = tmp_path / "way"
    on_the_way.mkdir()
    with closing(KernelNoticer()) as noticer:
        noticer.watch(str(on_the_way), itself=True)
        (on_the_way / "busy").write_text("1")
        on_the_way.chmod(0o700)
        assert not noticer.read(0)
        on_the_way.rename(tmp_path / "elsewhere")
        assert noticer.read(PATIENCE_SECONDS).folders == {str(on_the_way): {""}, str(tmp_path): {"way"}}
        (tmp_path / "full").mkdir()
        noticer.watch(str(tmp_path / "full"))
        noticer.watch(str(tmp_path / "full"), itself=True)
        (tmp_path / "full/a.py").write_text("1")
        assert noticer.read(PATIENCE_SECONDS).folders == {str(tmp_path / "full"): {"a.py"}}


def test_a_write_by_another_name_of_the_file(folder: Path, tmp_path: Path) -> None:
    for name in ("parts/src/a.py", "p.yml"):
        (folder / "p.yml").touch()
        os.link(folder / name, tmp_path / "other")
        watcher = Watcher()
        watcher.set_roots(Roots(frozenset({f"{folder}/p.yml"}), frozenset({f"{folder}/parts/src"})))
        (tmp_path / "other").write_text("22")
        told_until(watcher, folder, os.path.relpath(folder / name, folder / "parts/src"))
        watcher.close()
        (tmp_path / "other").unlink()


@pytest.mark.parametrize("name", ["other.py", "ignored.tmp"])
def test_a_write_by_a_name_that_the_file_got_later(watcher: Watcher, folder: Path, name: str) -> None:
    src = folder / "parts/src"
    (src / "pkg2").mkdir()
    (src / ".gitignore").write_text("*.tmp\n")
    told_until(watcher, folder, ".gitignore")
    os.link(src / "a.py", src / "pkg2" / name)
    (src / "pkg2/said").write_text("1")
    told_until(watcher, folder, "pkg2/said")
    (src / "pkg2" / name).write_text("22")
    told_until(watcher, folder, "a.py")


@pytest.fixture
def deep(watcher: Watcher, folder: Path) -> Path:
    """A file in a folder of its own."""
    made = folder / "parts/src/deep/b.py"
    made.parent.mkdir()
    made.write_text("1")
    told_until(watcher, folder, "deep/b.py")
    return made


def test_a_write_by_a_name_in_a_folder_that_was_away_meanwhile(
    watcher: Watcher, folder: Path, deep: Path, tmp_path: Path
) -> None:
    out, away = tmp_path / "out", tmp_path / "away"
    os.link(deep, out / "too.py")
    out.rename(away)
    told_until(watcher, folder, "single.py")
    (away / "too.py").write_text("22")
    assert watcher.wait(0) is None
    away.rename(out)
    told_until(watcher, folder, "deep/b.py")


def test_a_write_by_a_name_that_then_comes_with_its_folder(
    watcher: Watcher, folder: Path, deep: Path, tmp_path: Path
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    os.link(deep, aside / "too.py")
    (aside / "too.py").write_text("22")
    (folder / "parts/src/other").mkdir()
    aside.rename(folder / "parts/src/other/aside")
    told_until(watcher, folder, "other/aside/too.py", "deep/b.py")


def test_folders_that_were_needed_once_are_let_go(folder: Path, tmp_path: Path) -> None:
    noticer = KernelNoticer()
    watcher = Watcher(noticer)
    watcher.set_roots(Roots(frozenset(), frozenset({f"{folder}/parts/src"})))
    at_first = noticer.count()
    for i in range(300):
        moved = folder / f"parts/src/moved{i}"
        (folder / f"parts/src/moved{i - 1}").rename(moved) if i else moved.mkdir()
        told = watcher.wait(0)
        while told is not None:
            told = watcher.wait(0)
    assert noticer.count() < at_first + 50
    watcher.close()


WAYS: dict[str, tuple[Callable[[Path], object], str, list[tuple[str, str]]]] = {
    "a file": (lambda at: (at / "f").touch(), "f", [("", "f")]),
    "nothing": (lambda at: None, "no/f", [("", "no")]),
    "a link": (lambda at: (at / "l").symlink_to("d/f"), "l", [("", "l"), ("d", "f")]),
    "a link upwards": (lambda at: (at / "d/up").symlink_to("../e"), "d/up", [("d", "up"), ("", "e")]),
    "a link in a circle": (lambda at: (at / "o").symlink_to("o"), "o", [("", "o")] * 41),
}


@pytest.mark.parametrize("case", WAYS)
def test_a_way_is_where_its_links_lie_and_its_end(tmp_path: Path, case: str) -> None:
    make, path, wanted = WAYS[case]
    at = tmp_path / "at"
    (at / "d").mkdir(parents=True)
    (at / "d/f").touch()
    make(at)
    places = tuple((f"{at}/{folder}".rstrip("/"), name) for folder, name in wanted)
    assert way_to(f"{at}/{path}").places == places


def test_what_nobody_tells_is_found_at_the_next_look(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.watching.watcher, "_ANYWAY_SECONDS", 0.05)
    with closing(Watcher()) as watcher:
        watcher.set_roots(Roots(code=frozenset({f"{folder}/parts/src"})))
        (tmp_path / "aside").mkdir()
        os.link(folder / "parts/src/a.py", tmp_path / "aside/a_too.py")
        (tmp_path / "aside/a_too.py").write_text("22")
        assert watcher.look_in <= 0.05
        told_until(watcher, folder, "a.py")
