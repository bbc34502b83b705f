"""Steps that share one folder of code: each reruns when what it read changed, and never when a rerun is not needed."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.records.model import RunStatus
from tests.support.bench import Bench
from tests.support.steps import step

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which files are opened")

OUT = "${{outputs.out}}/f"
#: Steps by what they do with their code; all of it is one folder.
STEPS = {
    "python": f"python main.py > {OUT}",
    "in_vain": f"python fallback.py > {OUT}",
    "chosen": f"sh chosen.sh > {OUT}",
    "glob": f"cat parts/*.txt > {OUT}",
    "listing": f"ls parts > {OUT}",
    "filled": f"if [ -s flag ]; then echo full > {OUT}; else echo empty > {OUT}; fi",
    "link": f"cat door/one.txt > {OUT}",
    "linked_out": "ln -s $PWD/parts/two.txt ${{outputs.out}}/f",
    "moved_out": "mv parts/one.txt ${{outputs.out}}/f",
    "hard_linked": "ln parts/two.txt ${{outputs.out}}/f",
    "pool": f"python pool.py > {OUT}",
    "children": f"sh -c 'sh -c \"cat parts/one.txt\" | cat' > {OUT}",
    "deleted": f"cat parts/two.txt > {OUT}; rm parts/two.txt",
    "looking": f"if [ -e parts/extra.md ]; then cat parts/extra.md; else echo none; fi > {OUT}",
    "sizes": f"find parts pkg -name '*.py' | sort > {OUT}",
    "program": f"./reader > {OUT}",
    "artifacts": f"echo none > {OUT}",
}
CODE = {
    "main.py": "import json\nfrom pkg import a\nprint(a.VALUE, json.dumps(1))\n",
    "pkg/__init__.py": "# a package\n",
    "pkg/a.py": "VALUE = 1\n",
    "pkg/b.py": "VALUE = 2\n",
    "fallback.py": "try:\n    from fast import VALUE\nexcept ImportError:\n    from pkg.b import VALUE\nprint(VALUE)\n",
    "chosen.sh": ". ./choice\ncat parts/$which.txt\n",
    "choice": "which=one\n",
    "parts/one.txt": "one\n",
    "parts/two.txt": "two\n",
    "flag": "x\n",
    "pool.py": "import multiprocessing as m\n\ndef read(name):\n    return open(name).read()\n\n"
    "if __name__ == '__main__':\n    print(m.Pool(2).map(read, ['parts/two.txt', 'choice']))\n",
    "outputs/note": "kept\n",
    "README.md": "words\n",
    "other_parts/one.txt": "other\n",
}
#: Maps a file into memory and writes what it holds.
READER = r"""
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    int file = open("parts/two.txt", O_RDONLY);
    long size = lseek(file, 0, SEEK_END);
    return write(1, mmap(0, size, PROT_READ, MAP_PRIVATE, file, 0), size) != size;
}
"""


def write(bench: Bench, files: dict[str, str]) -> None:
    bench.write({f"src/{name}": text for name, text in files.items()})


@pytest.fixture
def many(bench: Bench) -> Bench:
    """A dozen steps that ran once, all from one folder of code."""
    write(bench, CODE)
    (bench.root / "src/door").symlink_to("parts")
    _compile(bench.root / "src/reader")
    bench.pipeline({name: step(command, code="src/", makes=["out"]) for name, command in STEPS.items()})
    assert sorted(bench.run()) == sorted(STEPS)
    return bench


def _compile(program: Path) -> None:
    """The program in C; where there is no compiler, a script that does the same."""
    if shutil.which("cc") is None:
        program.write_text("#!/bin/sh\ncat parts/two.txt\n")
        program.chmod(0o755)
        return
    subprocess.run(["cc", "-x", "c", "-o", program, "-"], input=READER.encode(), check=True)


def stale(bench: Bench) -> set[str]:
    return {name for name, words in bench.plan().items() if words != "up to date"}


def results(bench: Bench, run: int) -> dict[str, tuple[object, str]]:
    return {name: (record.outputs, record.artifacts) for name, record in bench.steps(run).items()}


def edited(name: str, text: str) -> Callable[[Path], object]:
    def change(src: Path) -> None:
        (src / name).parent.mkdir(exist_ok=True)
        (src / name).write_text(text)

    return change


def removed(name: str) -> Callable[[Path], object]:
    return lambda src: (src / name).unlink()


def leading(name: str, target: str) -> Callable[[Path], object]:
    def change(src: Path) -> None:
        (src / name).unlink()
        (src / name).symlink_to(target)

    return change


EVERYTHING = set(STEPS)
#: A change, and the steps that must run again because of it; one whose output was a link always counts all its code.
CHANGES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "words nobody reads": (edited("README.md", "other words\n"), set()),
    "a module one step imports": (edited("pkg/a.py", "VALUE = 3\n"), {"python"}),
    "a package's own file": (edited("pkg/__init__.py", "# the package\n"), {"python", "in_vain"}),
    "what another falls back on": (edited("pkg/b.py", "VALUE = 4\n"), {"in_vain"}),
    "a choice": (edited("choice", "which=two\n"), {"chosen", "pool"}),
    "what was not chosen": (edited("parts/two.txt", "2\n"), {"glob", "hard_linked", "pool", "deleted", "program"}),
    "what leads through a link": (edited("parts/one.txt", "1\n"), {"chosen", "glob", "link", "moved_out", "children"}),
    "what the artifacts hold": (edited("outputs/note", "other\n"), EVERYTHING),
    "a new file": (edited("fast.py", "VALUE = 5\n"), EVERYTHING),
    "a file that is gone": (removed("README.md"), EVERYTHING),
    "a file that holds nothing any more": (edited("flag", ""), EVERYTHING),
    "a file where one was looked for in vain": (edited("parts/extra.md", "extra\n"), EVERYTHING),
    "another way of a link": (leading("door", "other_parts"), EVERYTHING),
    "what leads nowhere now": (edited("other_parts/one.txt", "1\n"), set()),
    "a file that may be run": (lambda src: (src / "flag").chmod(0o755), EVERYTHING),
    "what python leaves behind": (edited("pkg/__pycache__/a.pyc", "x"), set()),
    "a time alone": (lambda src: os.utime(src / "main.py", (1, 1)), set()),
}
#: Changes of nothing that a snapshot holds.
NOT_CODE = ("what python leaves behind", "a time alone")


def test_each_change_reruns_whom_it_concerns(many: Bench) -> None:
    src, saved = many.root / "src", many.root / "saved"
    shutil.copytree(src, saved, symlinks=True)
    for what, (change, concerned) in CHANGES.items():
        change(src)
        always = set() if what in NOT_CODE else {"linked_out"}
        assert stale(many) == concerned | always, what
        shutil.rmtree(src)
        shutil.copytree(saved, src, symlinks=True)
        assert stale(many) == set(), what


@pytest.mark.parametrize("part", range(3))
def test_after_each_change_a_cached_result_is_what_a_full_run_makes(many: Bench, part: int) -> None:
    src, saved = many.root / "src", many.root / "saved"
    shutil.copytree(src, saved, symlinks=True)
    for what in [*CHANGES][part::3]:
        CHANGES[what][0](src)
        assert_a_full_run_agrees(many, what)
        shutil.rmtree(src)
        shutil.copytree(saved, src, symlinks=True)


def test_after_many_changes_a_cached_result_is_what_a_full_run_makes(many: Bench) -> None:
    dice = random.Random(4)
    src = many.root / "src"
    for turn in range(6):
        chosen = dice.sample([what for what in CHANGES if what != "a file that is gone"], 2)
        for what in chosen:
            CHANGES[what][0](src)
        (src / dice.choice(["README.md", "choice", "parts/one.txt"])).write_text(dice.choice(["which=one\n", "a\n"]))
        assert_a_full_run_agrees(many, f"{turn}: {chosen}")


def assert_a_full_run_agrees(bench: Bench, what: str) -> None:
    """What a run takes and makes is what one makes that takes nothing."""
    run = bench.start()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED, what
    forced = bench.start(force=True)
    bench.end_of(forced)
    assert results(bench, run) == results(bench, forced), what


def test_what_was_not_opened_is_named(many: Bench) -> None:
    write(many, {"README.md": "other\n", "pkg/a.py": "VALUE = 9\n"})

    assert many.plan()["python"] == "pkg/a.py changed"
    assert many.plan()["linked_out"] == ("README.md, pkg/a.py changed (the whole folder counts: an output was a link)")


def test_the_same_output_still_stops_the_rerun(bench: Bench) -> None:
    write(bench, {"a.sh": "echo 1", "b.sh": "cat $1/f", "README.md": "words"})
    bench.pipeline(
        {
            "a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"]),
            "b": step(f"sh b.sh ${{{{inputs.x}}}} > {OUT}", code="src/", takes={"x": "a.out"}, makes=["out"]),
        }
    )
    assert bench.run() == ["a", "b"]
    write(bench, {"a.sh": "echo 1 # as before"})
    assert bench.run() == ["a"]
    write(bench, {"README.md": "more words"})
    assert bench.run() == []
    write(bench, {"a.sh": "echo 1"})
    assert bench.run() == []
    assert bench.statuses(bench.last()) == {"a": "reused", "b": "reused"}


def test_a_copied_workspace_knows_what_was_opened(bench: Bench, new_bench: Callable[[str], Bench]) -> None:
    write(bench, {"a.sh": "echo 1", "README.md": "words"})
    bench.pipeline({"a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"])})
    bench.run()
    copy = new_bench("copy")
    shutil.rmtree(copy.root)
    shutil.copytree(bench.root, copy.root, symlinks=True)
    write(copy, {"README.md": "other words"})

    assert copy.plan() == {"a": "up to date"}
    write(copy, {"a.sh": "echo 2"})
    assert copy.plan() == {"a": "a.sh changed"}


@pytest.mark.parametrize("settings", ["code_tracking: folder\n", "code_tracking: {a*: folder}\n"])
def test_the_whole_folder_counts_when_the_workspace_says_so(bench: Bench, settings: str) -> None:
    bench.write({"mlpw.yml": settings})
    write(bench, {"a.sh": "echo 1", "README.md": "words"})
    bench.pipeline({"a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"])})
    bench.run()
    write(bench, {"README.md": "other words"})

    assert bench.plan() == {"a": "README.md changed (the whole folder counts: code_tracking is folder)"}


def test_the_whole_folder_counts_when_the_step_says_so(bench: Bench) -> None:
    write(bench, {"a.sh": "echo 1", "README.md": "words"})
    bench.pipeline({"a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"], code_tracking="folder")})
    bench.run()
    assert any("code_tracking: {a: folder}" in str(notice) for notice in bench.graph().notices)
    write(bench, {"README.md": "other words"})

    assert bench.run() == ["a"]


def test_what_joins_the_code_is_seen_too(bench: Bench) -> None:
    write(bench, {"a.sh": "cat lib/x"})
    bench.write({"lib/x": "1\n", "lib/y": "1\n"})
    bench.pipeline({"a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"], additional_includes=["lib"])})
    bench.run()
    bench.write({"lib/y": "2\n"})
    assert bench.run() == []
    bench.write({"lib/x": "2\n"})
    assert bench.plan() == {"a": "lib/x changed"}


def test_a_step_that_ran_when_nobody_looked_counts_all_its_code(bench: Bench) -> None:
    write(bench, {"a.sh": "echo 1", "README.md": "words"})
    bench.pipeline({"a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"])})
    bench.run()
    with bench.workspace() as workspace, workspace.records.database.write() as connection:
        connection.execute("DROP TABLE code_uses")
        connection.execute("DROP TABLE opened_files")
        connection.execute("PRAGMA user_version=1")
    assert bench.plan() == {"a": "up to date"}
    write(bench, {"README.md": "other words"})
    assert bench.plan() == {"a": "README.md changed (the whole folder counts: nobody noted what it opened when it ran)"}
    assert bench.run() == ["a"]
    write(bench, {"README.md": "more words"})
    assert bench.run() == []
