"""Places are asked all at once; one that is silent holds up no step that another can take."""

import threading
from collections.abc import Callable, Iterator

import pytest

from core.engine.placement import Candidate
from core.engine.survey import SILENT, Place, Survey
from tests.support.waiting import eventually

AWAY = Candidate("far", away="cannot be reached")
FAR, NEAR = Candidate("far", 8), Candidate("near", 2)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What a silent host waits for, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def can_be_had(place: Candidate) -> bool:
    return not place.away


def asked(answer: Candidate, *, after: threading.Event | None = None) -> Place:
    def ask() -> Candidate:
        assert after is None or after.wait(60)
        return answer

    return answer.name, ask


def test_all_places_are_asked_at_once() -> None:
    together = threading.Barrier(2)

    def ask(answer: Candidate) -> Callable[[], Candidate]:
        def meet() -> Candidate:
            together.wait(60)
            return answer

        return meet

    found = Survey().look({"far": ("far", ask(FAR)), "near": ("near", ask(NEAR))}, can_be_had)

    assert found == [FAR, NEAR]


def test_a_silent_place_is_passed_over_when_another_can_be_had(release: threading.Event) -> None:
    survey = Survey(patience=0.0)

    found = survey.look({"far": asked(FAR, after=release), "near": NEAR}, can_be_had)

    assert found == [Candidate("far", away=SILENT), NEAR]


def test_its_answer_is_there_for_whoever_looks_later(release: threading.Event) -> None:
    survey = Survey(patience=0.0)
    places: dict[str, Place] = {"far": asked(FAR, after=release), "near": NEAR}
    survey.look(places, can_be_had)
    release.set()
    eventually(lambda: survey.look(places, can_be_had) == [FAR, NEAR])


def test_a_silent_place_is_waited_for_while_no_other_can_be_had(release: threading.Event) -> None:
    threading.Timer(0.1, release.set).start()

    found = Survey(patience=0.0).look(
        {"far": asked(FAR, after=release), "near": Candidate("near", away="is paused")}, can_be_had
    )

    assert found[0] == FAR


def test_one_that_was_away_is_not_waited_for_again(release: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.survey.FRESH_SECONDS", -1.0)
    survey = Survey(patience=600.0)
    assert survey.look({"far": asked(AWAY), "near": NEAR}, can_be_had) == [AWAY, NEAR]

    assert survey.look({"far": asked(FAR, after=release), "near": NEAR}, can_be_had)[1] == NEAR


def test_what_goes_wrong_while_asking_is_told() -> None:
    def ask() -> Candidate:
        raise ValueError("no such environment")

    with pytest.raises(ValueError, match="no such environment"):
        Survey().look({"far": ("far", ask)}, can_be_had)
