"""What tests of watching share."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline, code with an ignore file, data, and a file that nobody uses."""
    root = tmp_path / "workspace"
    (root / "src/pkg").mkdir(parents=True)
    (root / "data").mkdir()
    for name in ("p.yml", "src/a.py", "src/pkg/b.py", "data/1.csv", "data/2.csv", "other.txt"):
        (root / name).write_text("1")
    (root / "src/.gitignore").write_text("*.tmp\nscratch/\n")
    return root
