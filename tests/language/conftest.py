"""Workspaces for stories about the language; the one bare Python environment serves them all."""

from pathlib import Path

import pytest

from tests.support.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, prepared_environments: Path) -> Shell:
    """An empty workspace."""
    return Shell(tmp_path / "workspace", prepared_environments)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, prepared_environments: Path) -> Shell:
    """One workspace for all the stories of a module."""
    return Shell(tmp_path_factory.mktemp("shared") / "workspace", prepared_environments)
