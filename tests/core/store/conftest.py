"""A store in an empty workspace, and trees written as plain dictionaries."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.layout import Layout
from core.store.objects import Store


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "workspace")


@pytest.fixture
def store(layout: Layout) -> Iterator[Store]:
    opened = Store(layout)
    yield opened
    opened.close()


@pytest.fixture
def tree(tmp_path: Path) -> "Tree":
    return Tree(tmp_path / "workspace" / "data")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB with 64 inodes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=8m,nr_inodes=64", "tmpfs", str(place)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


class Tree:
    """A folder under test: `tree.write({"a/b.txt": "text"})`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)

    def write(self, files: dict[str, str], *, age: float = 60) -> Path:
        """Write files whose mtime lies `age` seconds back."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            stamp = path.stat().st_mtime - age
            os.utime(path, (stamp, stamp))
        return self.root

    def link(self, name: str, target: str | Path) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        return self.root


def contents(root: Path) -> dict[str, str]:
    """Relative path -> text of every file, "-> target" of every link, "" of every empty folder."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name] = ""
    return found


def output(layout: Layout, files: dict[str, str], name: str = "model") -> Path:
    """What a step left in its output folder."""
    root = layout.runs / "0001" / "train" / "1" / "outputs" / name
    root.mkdir(parents=True)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def damage(path: Path, text: str) -> None:
    """Change a read-only file, as a failing disk or a root user would."""
    path.chmod(0o644)
    path.write_text(text)
