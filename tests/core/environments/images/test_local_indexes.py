"""Folders of wheels and indexes of this machine, as builds on hosts get them."""

import os
from pathlib import Path

import pytest

from core.environments.images.local_indexes import wanted_files
from core.environments.images.machine_settings import machine_settings
from tests.support.wheels import make_wheel


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with its files beside it, too large to go along whole."""
    monkeypatch.setattr("core.environments.images.local_indexes._WHOLE_FOLDER", 10)
    root = tmp_path / "index"
    (root / "files").mkdir(parents=True)
    make_wheel(root / "files", "alpha", "1.0", requires=["Beta_Two>=1 ; python_version > '3'", "extra1; extra == 'x'"])
    make_wheel(root / "files", "beta_two", "1.0", requires=["gamma[y] (>2)"])
    make_wheel(root / "files", "gamma", "3.0", requires=["delta ; extra == 'y'"])
    for name in ("delta", "extra1", "other", "setuptools"):
        make_wheel(root / "files", name, "1.0")
    (root / "simple" / "alpha").mkdir(parents=True)
    (root / "simple" / "alpha" / "index.html").write_text("page")
    return root


def names_of(found: list[tuple[str, Path]]) -> set[str]:
    return {os.path.basename(name).partition("-")[0] for name, _ in found}  # noqa: PTH119


def test_what_is_asked_for_goes_along_with_what_it_needs(large: Path) -> None:
    needed = {"index.html", "alpha", "beta_two", "gamma", "delta", "setuptools"}
    assert names_of(wanted_files(large, "alpha==1.0")) == needed
    assert names_of(wanted_files(large, "RUN pip install 'alpha[x]'")) == {*needed, "extra1"}


def test_a_small_folder_goes_along_whole(shelf: Path) -> None:
    assert len(wanted_files(shelf, "")) == len(list(shelf.iterdir()))


def test_local_places_have_others_in_a_build(large: Path, shelf: Path) -> None:
    environ = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": f"{shelf} /nowhere {large / 'files'}",
        "PIP_EXTRA_INDEX_URL": f"https://example.org/simple file://{large}/simple file:///nowhere/simple",
    }
    found = machine_settings(environ, "alpha")
    assert found.variables["PIP_FIND_LINKS"] == "/dev/mlpw/links0 /dev/mlpw/links1"
    assert found.variables["UV_FIND_LINKS"] == "/dev/mlpw/links0,/dev/mlpw/links1"
    assert found.variables["PIP_EXTRA_INDEX_URL"].split() == [
        "https://example.org/simple",
        "file:///dev/mlpw/links2/simple",
    ]
    assert found.files["links2/simple/alpha/index.html"] == large / "simple" / "alpha" / "index.html"
