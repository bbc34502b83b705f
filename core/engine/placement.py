"""Where a step runs that may run in several places: values only, no host is asked here."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.planning.graph import Resources


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place a step may run in, as it is now.

    `cores`, `memory` (bytes) and `gpus` are all it has (-1: not known); `away` says why nothing can be started there
    now, "" when it can be. `data` are bytes of the step's data that lie there and not here, `has_image` says whether
    its environment is there.
    """

    name: str
    cores: int = -1
    memory: int = -1
    gpus: int = -1
    away: str = ""
    is_full: bool = False
    data: int = 0
    has_image: bool = False

    def lacks(self, asked: Resources) -> str:
        """What it has too little of, in words; "" when it satisfies what is asked."""
        if 0 <= self.gpus < asked.gpus:
            return f"has {self.gpus or 'no'} GPUs of {asked.gpus}"
        if 0 <= self.memory < asked.memory:
            return f"has {self.memory / 2**30:.1f} GB of memory of {asked.memory / 2**30:.1f}"
        if 0 <= self.cores < asked.cpus:
            return f"has {self.cores} cores of {asked.cpus:g}"
        return ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The place, "" while there is none, and why; `is_final` when waiting would not help.

    `passed_over` says of other places why it was not they.
    """

    name: str
    why: str
    passed_over: tuple[str, ...] = ()
    is_final: bool = False


def choose(candidates: Sequence[Candidate], asked: Resources) -> Choice:
    """The first that satisfies what is asked, but rather one with room, then with its data, then with its image."""
    wrong = {each.name: each.lacks(asked) or each.away for each in candidates}
    usable = [each for each in candidates if not wrong[each.name]]
    if not usable:
        words = "; ".join(f"{name} {why}" for name, why in wrong.items())
        return Choice("", words, is_final=all(each.lacks(asked) for each in candidates))
    best = max(usable, key=lambda each: (not each.is_full, each.data, each.has_image, -candidates.index(each)))
    passed = [f"{name} {why}" for name, why in wrong.items() if why]
    passed += [f"{each.name} is full" for each in usable if each.is_full and not best.is_full]
    return Choice(best.name, _why(best), tuple(passed))


def _why(best: Candidate) -> str:
    if best.data:
        return f"{best.data / 1e6:,.0f} MB of its data lie there" if best.data >= 1e6 else "its data lies there"
    if best.has_image:
        return "its environment is there"
    return "all are full, it is the first" if best.is_full else "the first with room"
