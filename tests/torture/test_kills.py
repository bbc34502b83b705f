"""Processes killed at random moments: nothing is lost, corrupt, wrong or doubled."""

import os

import pytest

from tests.support.bench import Bench
from tests.torture.killing import Torture, kills_wanted


@pytest.mark.timeout(36000)
def test_random_kills_break_nothing(bench: Bench) -> None:
    torture = Torture(bench, seed=int(os.environ.get("MLPW_SEED", "1")))

    assert torture.until(kills_wanted(200, 5000)) == []
    print(f"{torture.rounds} rounds, {dict(torture.kills)}")
