"""What lies there only while a plan is made is told after it, by the kernel and where nobody tells."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.watching.noticing import BlindNoticer
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from tests.core.watching.test_watcher import roots, told


def test_ignore_files_that_were_gone_for_a_moment_are_told_to_who_may_have_missed_them(folder: Path) -> None:
    ignored = folder / "src/.dockerignore"
    ignored.write_text("pkg\n")
    (folder / "src/Dockerfile").write_text("FROM ubuntu:22.04\n")
    built = Roots(built=frozenset({(f"{folder}/src", "Dockerfile")}))
    with closing(Watcher()) as watcher:
        watcher.set_roots(built)
        ignored.unlink()
        watcher.set_roots(built)  # after a plan that may have found none
        ignored.write_text("pkg\n")
        assert told(watcher, folder) == ["src/.dockerignore"]


@pytest.fixture
def blind(folder: Path) -> Iterator[Watcher]:
    made = Watcher(BlindNoticer(0.05))
    made.set_roots(roots(folder))
    assert made.wait(0.2) is None
    yield made
    made.close()


@pytest.mark.parametrize("goes", ["after the plan", "while it is made"])
def test_what_was_there_between_two_looks_is_told_to_who_may_have_read_it(
    blind: Watcher, folder: Path, goes: str
) -> None:
    brief = folder / "data/many/brief.csv"
    brief.parent.mkdir()
    brief.write_text("1")
    if goes == "while it is made":
        shutil.rmtree(brief.parent)
    blind.set_roots(roots(folder))  # after a plan that may have read it
    shutil.rmtree(brief.parent, ignore_errors=True)
    assert any(path.startswith("data") for path in told(blind, folder))
    assert blind.wait(0.2) is None


def test_plans_between_looks_that_find_nothing_new_are_told_of_nothing(blind: Watcher, folder: Path) -> None:
    for _ in range(3):
        blind.set_roots(roots(folder))
        assert blind.wait(0.06) is None
