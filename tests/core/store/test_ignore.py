import random
import shutil
import subprocess
from pathlib import Path

import pytest

from core.store.ignore import parse_rules
from core.store.scan import code_policy, scan
from tests.core.store.conftest import Tree

FILES = [
    "a.py",
    "b.pyc",
    "build/out",
    "data/keep.csv",
    "data/x.csv",
    "src/data/y.csv",
    "src/deep/er/z.log",
    "we ird.txt",
]
PIECES = ["x", "y", "a", "b", ".", "*", "**", "?", "/", "/", "**/", "/**/", "/**", "[xy]", "[!x]", "\\x", "[a-c]"]
PIECES += ["[", "]", "-z"]


def kept(patterns: str, files: list[str]) -> set[str]:
    """Which of `files` the rules keep, as a walk from the top decides it."""
    rules = parse_rules(patterns.split("\n"))
    found = set()
    for path in files:
        above, parts = rules.START, path.split("/")
        for i, name in enumerate(parts):
            above = rules.decide("/".join(parts[: i + 1]), name, is_folder=i < len(parts) - 1, above=above)
        if not rules.excludes(above):
            found.add(path)
    return found


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        ("*.pyc", {"b.pyc"}),
        ("# a comment\n\n   \n", set()),
        ("data", {"data/x.csv", "data/keep.csv", "src/data/y.csv"}),
        ("/data", {"data/x.csv", "data/keep.csv"}),
        ("data/", {"data/x.csv", "data/keep.csv", "src/data/y.csv"}),
        ("a.py/", set()),
        ("src/data", {"src/data/y.csv"}),
        ("deep/er", set()),
        ("**/er", {"src/deep/er/z.log"}),
        ("src/**/z.log", {"src/deep/er/z.log"}),
        ("src/**", {"src/data/y.csv", "src/deep/er/z.log"}),
        ("*.csv\n!keep.csv", {"data/x.csv", "src/data/y.csv"}),
        ("data/*\n!data/keep.csv", {"data/x.csv"}),
        ("!data/keep.csv\n*.csv", {"data/x.csv", "data/keep.csv", "src/data/y.csv"}),
        ("[ab].*", {"a.py", "b.pyc"}),
        ("[!a].py*", {"b.pyc"}),
        ("?.py", {"a.py"}),
        ("we\\ ird.txt", {"we ird.txt"}),
        ("we ird.txt   \r", {"we ird.txt"}),
        ("[ab.py", set()),
        ("s*/*/*", {"src/data/y.csv", "src/deep/er/z.log"}),
    ],
)
def test_patterns(patterns: str, left_out: set[str]) -> None:
    assert set(FILES) - kept(patterns, FILES) == left_out


def test_a_negation_brings_a_file_back_out_of_an_excluded_folder_as_in_azure() -> None:
    assert kept("data/\n!data/keep.csv", FILES) == set(FILES) - {"data/x.csv", "src/data/y.csv"}


def test_amlignore_wins_over_gitignore(tree: Tree) -> None:
    root = tree.write({".amlignore": "*.log\n", ".gitignore": "*.py\n", "a.py": "", "b.log": ""})

    assert names_of_code(root) == {".amlignore", ".gitignore", "a.py"}


def test_only_the_ignore_file_at_the_root_counts(tree: Tree) -> None:
    root = tree.write({"sub/.gitignore": "*\n", "sub/a.py": ""})

    assert names_of_code(root) == {"sub/.gitignore", "sub/a.py"}


def test_what_running_and_git_leave_behind_never_counts(tree: Tree) -> None:
    root = tree.write({"a.py": "", "p/__pycache__/a.pyc": "", ".git/HEAD": "", ".mlpw/mlpw.db": "", "p/b.py": ""})
    tree.write({".gitignore": "!__pycache__\n"})

    assert names_of_code(root) == {".gitignore", "a.py", "p/b.py"}


def test_what_editors_keep_beside_a_file_never_counts(tree: Tree) -> None:
    root = tree.write({"a.py": "", ".hidden": "", ".swap": "", "#a": "", "p/~b.py": "", ".b.swz": "", "p/swp": ""})
    kept = names_of_code(root)
    tree.write({".a.py.swp": "", "p/.swo": "", ".a.py.kate-swp": "", "a.py~": "", "p/#b.py#": "", ".a.py.un~": ""})
    (root / ".#a.py").symlink_to("user@host.1:2")

    assert kept == names_of_code(root) == {"a.py", ".hidden", ".swap", "#a", "p/~b.py", ".b.swz", "p/swp"}


@pytest.mark.skipif(not shutil.which("git"), reason="compares with git")
def test_git_agrees_on_patterns_without_negation(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for folder in ("", "x/", "x/yy/", "a.b/", "a.b/x/", "q[1]/", "x/q[1]/yy/x/"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name in ("ab", "y", "x.y", "-z", "c"):
            (tmp_path / folder / name).write_text("")
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    files = [name for name in files if not name.startswith(".git/")]
    source = random.Random(7)
    for _ in range(300):
        pattern = "".join(source.choices(PIECES, k=source.randint(1, 5)))
        if any("**" in part and part != "**" for part in pattern.split("/")):
            continue  # git's manual calls these regular asterisks, its code disagrees with itself
        (tmp_path / ".gitignore").write_text(f"{pattern}\n")
        expected = subprocess.run(
            ["git", "-C", tmp_path, "check-ignore", "--no-index", "--stdin"],
            input="\n".join(files),
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split("\n")[:-1]
        assert set(files) - kept(pattern, files) == set(expected), pattern


def names_of_code(root: Path) -> set[str]:
    return {found.name for found in scan(str(root), code_policy(str(root)))}
