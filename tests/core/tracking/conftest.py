from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.tracking.beside import Beside, recorder_beside


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    with recorder_beside(tmp_path, token="sesame") as recorder:
        yield recorder
