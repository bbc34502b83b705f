"""A package index of this test run's own, found through pip's configuration."""

import os
from pathlib import Path

import pytest

from core.layout import Layout
from tests.support.wheels import make_wheel


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alpha 1.0 and 2.0; beta 1.0, which needs alpha before 2; gamma 1.0 for no Python, 1.5 and 3.0 for any."""
    folder = tmp_path_factory.mktemp("shelf")
    make_wheel(folder, "pip", "1.0")
    make_wheel(folder, "setuptools", "1.0")
    make_wheel(folder, "alpha", "1.0")
    make_wheel(folder, "alpha", "2.0")
    make_wheel(folder, "beta", "1.0", requires=["alpha<2"])
    make_wheel(folder, "gamma", "1.0", tag="cp30-cp30-any")
    make_wheel(folder, "gamma", "1.5")
    make_wheel(folder, "gamma", "3.0")
    return folder


@pytest.fixture(scope="session")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uv-cache")


@pytest.fixture
def workspace(tmp_path: Path, shelf: Path, uv_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """An empty workspace on a machine whose pip knows nothing but the shelf."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("UV_CACHE_DIR", str(uv_cache))
    root = tmp_path / "workspace"
    root.mkdir()
    return Layout(root)
