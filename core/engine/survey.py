"""Asks the places where a step could run what they are: all at once, and none that is silent holds up the others."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field

from core.engine.placement import Candidate

#: So long what a host said of itself is believed; one that is away is asked again as often.
FRESH_SECONDS = 5.0
#: So much longer than another that can be had may a host take to answer. One that was away is not waited for.
_PATIENCE_SECONDS = 10.0
SILENT = "has not answered yet"

#: What a place is, asked on a thread; may take as long as it likes.
Ask = Callable[[], Candidate]
#: A place that is known, or how to ask one, and the key under which its answer is kept.
Place = Candidate | tuple[object, Ask]


@dataclass(slots=True)
class _Known:
    """What a host said last, if it did, and the answer that is under way or came last."""

    answer: Future[Candidate]
    said: Candidate | None = None
    said_at: float = field(default=0.0)


class Survey:
    """What hosts said of themselves; of use to several threads at a time."""

    def __init__(self, patience: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._known: dict[object, _Known] = {}

    def look(self, places: Mapping[str, Place], suits: Callable[[Candidate], bool]) -> list[Candidate]:
        """The places by name, in their order; one is asked unless what it said under its key is fresh.

        Ends when all have answered, or some time after one that `suits` has; those that have not are said to be
        silent, and their answers are there for whoever looks later. Raises what asking raised.
        """
        answers, awaited = {}, set()
        with self._lock:
            for name, place in places.items():
                known = _known(place) if isinstance(place, Candidate) else self._asked(*place)
                answers[name] = known.answer
                if known.said is None or not known.said.away:
                    awaited.add(known.answer)
        self._await(set(answers.values()), awaited, suits)
        return [answer.result() if answer.done() else Candidate(name, away=SILENT) for name, answer in answers.items()]

    def _asked(self, key: object, ask: Ask) -> _Known:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _Known(Future())
        elif not known.answer.done() or time.monotonic() - known.said_at <= FRESH_SECONDS:
            return known
        else:
            known.answer = Future()
        threading.Thread(target=self._ask, args=(known, known.answer, ask), name="mlpw-survey", daemon=True).start()
        return known

    def _ask(self, known: _Known, answer: Future[Candidate], ask: Ask) -> None:
        try:
            said = ask()
        except BaseException as error:
            answer.set_exception(error)
            return
        with self._lock:
            known.said, known.said_at = said, time.monotonic()
            answer.set_result(said)

    def _await(
        self, left: set[Future[Candidate]], awaited: set[Future[Candidate]], suits: Callable[[Candidate], bool]
    ) -> None:
        until: float | None = None
        while left:
            if until is not None and not (left & awaited):
                return
            rest = None if until is None else max(0.0, until - time.monotonic())
            done, left = wait(left, rest, FIRST_COMPLETED)
            if not done:
                return
            if until is None and any(suits(answer.result()) for answer in done):
                until = time.monotonic() + self._patience


def _known(place: Candidate) -> _Known:
    answer: Future[Candidate] = Future()
    answer.set_result(place)
    return _Known(answer, place)
