"""Faults sown on purpose, one for each pattern that holds the engine together: the torture must notice every one."""

from pathlib import Path

import pytest

from core.store import faults
from tests.support.bench import Bench
from tests.torture.disk import tells_dirty_pages
from tests.torture.killing import Torture

_MOST_KILLS = 150


@pytest.mark.parametrize(
    "fault",
    [faults.NO_RENAME, faults.NO_SYNC, faults.NO_LOCK, faults.ROW_BEFORE_RENAME, faults.REUSE_ATTEMPT],
)
def test_the_torture_notices_a_sown_fault(
    bench: Bench, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if fault == faults.NO_SYNC and not tells_dirty_pages(tmp_path):
        pytest.skip("this system does not tell what is not on disk yet")
    torture = Torture(bench, seed=1)
    monkeypatch.setenv("MLPW_FAULT", fault)

    broken = torture.until(_MOST_KILLS)

    assert broken
    print(f"{fault}: after {torture.kills.total()} kills: {broken[0]}")
