"""Whatever is done to the files, a watching session says what a fresh start says, and stays as small as it was."""

import os
import random
import time
from dataclasses import dataclass, field

import pytest

from core.errors import MlpwError
from tests.support.bench import Bench
from tests.torture.edits import Edits
from tests.torture.watched import Use, Watched

#: How many rounds with one seed; with MLPW_LONG=1 as many as the minutes of MLPW_EDITS_MINUTES (60) hold.
_ROUNDS = 60
_MOST_EDITS = 8
_MEMORY_MARGIN = 12 << 20
_REPORT_SECONDS = 30.0


@dataclass
class Endurance:
    """Rounds of edits beside one session; `uses` is what it held after the rounds that began from the same files."""

    bench: Bench
    seed: int
    rounds: int = 0
    uses: list[Use] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self.edits = Edits(self.bench, self._dice)
        self.edits.prepare()
        self.bench.run()
        self.watched = Watched(self.bench)

    def round(self) -> str:
        """Edits of one go, or of several with hardly a pause; how the session then differs from a fresh start."""
        self.rounds += 1
        chance = self._dice.random()
        if self.rounds % 10 == 0:
            self.edits.check_out()
        elif chance < 0.05:
            self.edits.write_thousands()
        elif chance < 0.1:
            self.edits.switch()
        elif chance < 0.15:
            self._run()
        else:
            for _ in range(self._dice.choice((1, 1, 1, 3))):
                self.edits.some(_MOST_EDITS)
                self.watched.take()
                time.sleep(self._dice.choice((0, 0.01, 0.04, 0.1)))
        difference = self.watched.settle()
        if self.rounds % 10 == 0:
            self.uses.append(self.watched.use())
        return difference

    def _run(self) -> None:
        """What can be planned is run, to an end of whatever kind; so plans are not all of stale steps."""
        try:
            self.bench.run()
        except MlpwError:
            return


def _minutes() -> float:
    return float(os.environ.get("MLPW_EDITS_MINUTES", "60")) if os.environ.get("MLPW_LONG") else 0.0


def _seed() -> int:
    return int(os.environ.get("MLPW_EDITS_SEED", "4"))


@pytest.mark.timeout(0)
def test_a_session_that_lives_through_edits_says_what_a_fresh_start_says(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    endurance = Endurance(bench, _seed())
    until = time.monotonic() + 60 * _minutes()
    told = time.monotonic()
    while endurance.rounds < _ROUNDS or time.monotonic() < until:
        difference = endurance.round()
        assert not difference, f"seed {endurance.seed}, round {endurance.rounds}: {difference}\n{endurance.edits.last}"
        if endurance.uses and time.monotonic() - told > _REPORT_SECONDS:
            told = time.monotonic()
            with capsys.disabled():
                print(_report(endurance), flush=True)
    assert endurance.watched.end() == 0
    _stays_flat(endurance.uses)


def _stays_flat(uses: list[Use]) -> None:
    early, last = uses[: max(1, len(uses) // 3)], uses[-1]
    assert last.descriptors <= max(use.descriptors for use in early), "no descriptor is left open"
    assert last.memory <= max(use.memory for use in early) + _MEMORY_MARGIN, "no memory to speak of"
    assert last.watches <= max(use.watches for use in early) + 50, "what is gone is watched no more"


def _report(endurance: Endurance) -> str:
    use, watched = endurance.uses[-1], endurance.watched
    return (
        f"{time.strftime('%X')} rounds {endurance.rounds}, edits {endurance.edits.count}, plans {watched.plans}, "
        f"slowest {watched.slowest:.1f} s, {use.memory / 2**20:.1f} MB, fds {use.descriptors}, watches {use.watches}"
    )


#: A session that stays as it is, round by round.
_FLAT = [Use(memory=100 << 20, descriptors=20, watches=30)] * 6
_GROWN = {
    "memory": Use(memory=(100 << 20) + 2 * _MEMORY_MARGIN, descriptors=20, watches=30),
    "descriptor": Use(memory=100 << 20, descriptors=21, watches=30),
    "watched": Use(memory=100 << 20, descriptors=20, watches=100),
}


@pytest.mark.parametrize("what", _GROWN)
def test_a_session_that_grows_is_seen(what: str) -> None:
    _stays_flat(_FLAT)
    with pytest.raises(AssertionError, match=what):
        _stays_flat([*_FLAT, _GROWN[what]])
