"""Fixtures of the engine's tests."""

from pathlib import Path

import pytest

from tests.support.pipelines import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
