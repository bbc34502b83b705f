"""Workspaces for stories about the language; one bare Python environment serves them all."""

from pathlib import Path

import pytest

from core.definitions.environment import EnvironmentSpec
from core.environments.builder import prepare
from core.layout import Layout
from tests.support.shell import Shell


@pytest.fixture(scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of environments with the one that steps with only an image run in."""
    layout = Layout(tmp_path_factory.mktemp("prepared"))
    prepare(EnvironmentSpec(name="bare", image="python"), layout)
    return layout.environments


@pytest.fixture
def shell(tmp_path: Path, bare_environment: Path) -> Shell:
    """An empty workspace."""
    return Shell(tmp_path / "workspace", bare_environment)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, bare_environment: Path) -> Shell:
    """One workspace for all the stories of a module."""
    return Shell(tmp_path_factory.mktemp("shared") / "workspace", bare_environment)
