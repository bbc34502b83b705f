"""Which files of its folder a step opened, whatever opened them and by whatever way."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.computes.shim import observer
from core.computes.shim.observer import Observer
from core.computes.shim.system import open_watches
from tests.core.computes.conftest import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which files are opened")

PYTHON = "python3 -B"
C_PROGRAM = r"""
#include <fcntl.h>
#include <sys/mman.h>
int main(void) {
    char *bytes = mmap(0, 1, PROT_READ, MAP_PRIVATE, open("b.txt", O_RDONLY), 0);
    return bytes[0] != 'b';
}
"""

WAYS: dict[str, tuple[str, set[str]]] = {
    "looking costs nothing": ("ls -lR; test -s a.txt; stat pkg/a.py; find . -name '*.py'; readlink link", set()),
    "a shell reads": ("read x < a.txt; cat pkg/b.py", {"a.txt", "pkg/b.py"}),
    "python imports": (f"{PYTHON} -c 'import pkg.a'", {"pkg/__init__.py", "pkg/a.py"}),
    "an import that is tried in vain": (f"{PYTHON} -c 'import importlib.util as u; u.find_spec(\"nope\")'", set()),
    "a file is run": ("./run.sh", {"run.sh"}),
    "through a link": ("cat link", {"a.txt"}),
    "through a folder's link": ("cat door/a.py", {"pkg/a.py"}),
    "by an absolute path": ("cat $PWD/pkg/../a.txt", {"a.txt"}),
    "from another folder": ("cd / && cat $OLDPWD/a.txt", {"a.txt"}),
    "a glob": ("cat *.txt", {"a.txt", "b.txt"}),
    "through a hard link outside": ("ln a.txt ../aside && cat ../aside && rm ../aside", {"a.txt"}),
    "moved out": ("mv a.txt ../away", {"a.txt"}),
    "its folder moved out": ("mv pkg ../away", {"pkg/__init__.py", "pkg/a.py", "pkg/b.py"}),
    "opened and deleted": ("cat a.txt; rm a.txt", {"a.txt"}),
    "replaced by the step": ("echo new > b.txt; cat b.txt", {"b.txt"}),
    "made by the step": ("echo new > c.txt; cat c.txt; mkdir d; cp a.txt d; cat d/a.txt", {"a.txt"}),
    "in several processes": ("cat a.txt & (sh -c 'cat b.txt' &) ; wait; sleep 0.05", {"a.txt", "b.txt"}),
    "by a daemon": ("setsid sh -c 'cat b.txt' > /dev/null 2>&1 < /dev/null & sleep 0.05", {"b.txt"}),
    "again and again": (f"{PYTHON} -c 'for _ in range(30000): open(\"a.txt\").close()'", {"a.txt"}),
    "what python leaves behind": (
        "python3 -c 'import pkg.a' && python3 -c 'import pkg.a'",
        {"pkg/__init__.py", "pkg/a.py"},
    ),
    "a worker of multiprocessing": (
        f"{PYTHON} -c 'import multiprocessing as m; "
        'p = m.Process(target=lambda: open("b.txt").read()); p.start(); p.join()\'',
        {"b.txt"},
    ),
}


def folder(at: Path) -> Path:
    code = at / "code"
    (code / "pkg").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "pkg/__init__.py", "pkg/a.py", "pkg/b.py"):
        (code / name).write_text("# " + name if name.endswith(".py") else name)
    (code / "run.sh").write_text("#!/bin/sh\n")
    (code / "run.sh").chmod(0o755)
    (code / "link").symlink_to("a.txt")
    (code / "door").symlink_to("pkg")
    return code


@pytest.fixture
def opened(bench: Bench) -> Callable[[str], set[str]]:
    """Run a shell command in a folder: the files of it that were opened."""

    def run(command: str) -> set[str]:
        code = folder(bench.root)
        outcome, log = bench.run(command, cwd=str(code), observed=str(code))
        assert outcome.succeeded, log
        seen = json.loads(bench.attempt().opened.read_bytes())
        assert seen["note"] == ""
        return set(seen["opened"])

    return run


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_a_file_is_seen(opened: Callable[[str], set[str]], way: str) -> None:
    command, files = WAYS[way]
    assert opened(command) == files


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_a_program_in_c_is_seen(bench: Bench, opened: Callable[[str], set[str]]) -> None:
    source = bench.root / "mapped.c"
    source.write_text(C_PROGRAM)
    assert opened(f"cc -o ../mapped {source} && ../mapped") == {"b.txt"}


def test_a_step_without_observed_code_notes_nothing(bench: Bench) -> None:
    bench.run("true")
    assert not bench.attempt().opened.exists()


def test_names_of_any_bytes_are_noted(tmp_path: Path) -> None:
    name = os.fsdecode(b'\xff\n".txt')
    (tmp_path / name).write_text("x")
    looking = Observer(str(tmp_path))
    (tmp_path / name).read_text()
    looking.write(str(tmp_path / "opened.json"))
    assert json.loads((tmp_path / "opened.json").read_bytes())["opened"] == [name]


def test_too_many_files_are_not_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "MOST_FILES", 3)
    looking = Observer(str(folder(tmp_path)))
    looking.write(str(tmp_path / "opened.json"))
    assert looking.fileno() == -1
    assert json.loads((tmp_path / "opened.json").read_bytes()) == {"note": "it has more than 3 files", "opened": []}


def test_more_events_than_the_queue_takes_are_no_knowledge(tmp_path: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 20_000:
        pytest.skip("the queue is too long to fill")
    for i in range(most // 2 + 50):
        (tmp_path / str(i)).write_bytes(b"")
    looking = Observer(str(tmp_path))
    for i in range(most // 2 + 50):
        (tmp_path / str(i)).read_bytes()
    looking.look()
    assert looking.note == "it opened more files at once than the system's queue takes"


def test_a_system_without_watches_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "open_watches", lambda: -38)
    assert Observer(str(tmp_path)).note == "this system does not tell which files are opened"


def test_no_file_stays_open_after_giving_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "MOST_FILES", 0)
    free = open_watches()
    os.close(free)
    Observer(str(folder(tmp_path)))
    assert open_watches() == free
    os.close(free)
