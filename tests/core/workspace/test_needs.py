"""What may be forgotten and what must stay, decided from records alone."""

import pytest

from core.planning.trace import Trace
from core.records.model import AssetKind, AssetRecord, RunRecord, RunStatus, StepRunRecord, StepStatus
from core.workspace.needs import Remembered, needs_of, old_runs, old_traces, without

DONE, LIVE = RunStatus.SUCCEEDED, RunStatus.RUNNING


def run(number: int, status: RunStatus = DONE, ended: float = 0, pipeline: str = "p.yml") -> RunRecord:
    return RunRecord(number, pipeline, "p", status, created_at=number, ended_at=ended or number)


def step(number: int, fingerprint: str, source: int = 0, **outputs: str) -> StepRunRecord:
    source = source or number
    status = StepStatus.SUCCEEDED if source == number else StepStatus.REUSED
    return StepRunRecord(
        number, "s", status, fingerprint=fingerprint, attempt=1, source_run=source, source_attempt=1, outputs=outputs
    )


def trace(number: int, fingerprint: str, **outputs: str) -> Trace:
    return Trace(fingerprint, outputs, "p.yml", "s", number, 1)


#: Run 2 took the result of run 1; run 3 made one of its own.
THREE = Remembered(
    runs=[run(1), run(2), run(3)],
    steps=[step(1, "f", o="a"), step(2, "f", source=1, o="a"), step(3, "g", o="b")],
    traces=[trace(1, "f", o="a"), trace(3, "g", o="b")],
    parts={"f": {"code": {"": "code1"}, "inputs": {"x": "data1"}}, "g": {"code": {"": "code2"}, "inputs": {}}},
    assets=[AssetRecord(AssetKind.DATA, "taxi", "1", "asset", "uri_file", {}, 0.0, archived=True)],
)


@pytest.mark.parametrize(
    ("keep", "before", "forgotten"),
    [(None, None, []), (3, None, []), (1, None, [1, 2]), (0, None, [1, 2, 3]), (None, 2.5, [1, 2]), (2, 2.5, [1])],
)
def test_old_runs_are_those_that_neither_number_nor_age_keeps(
    keep: int | None, before: float | None, forgotten: list[int]
) -> None:
    assert old_runs(THREE.runs, keep, before) == forgotten


def test_a_run_that_is_going_on_is_never_old() -> None:
    assert old_runs([run(1, LIVE), run(2)], 0, None) == [2]


@pytest.mark.parametrize(("runs", "fingerprints"), [([1], []), ([1, 2], ["f"]), ([3], ["g"]), ([1, 2, 3], ["f", "g"])])
def test_a_result_is_old_when_no_run_that_stays_took_it(runs: list[int], fingerprints: list[str]) -> None:
    assert old_traces(THREE, runs) == fingerprints


def test_a_result_of_a_run_that_was_forgotten_before_is_old_too() -> None:
    assert old_traces(without(THREE, [1, 2], []), []) == ["f"]


def test_everything_that_records_name_is_needed() -> None:
    needs = needs_of(THREE)
    assert needs.content == {"a", "b", "code1", "code2", "asset"}
    assert needs.manifests == needs.content | {"data1"}
    assert (1, "s", 1) in needs.attempts


def test_nothing_of_what_is_forgotten_is_needed() -> None:
    needs = needs_of(without(THREE, [1, 2], ["f"]))
    assert needs.content == {"b", "code2", "asset"}
    assert (1, "s", 1) not in needs.attempts


def test_the_attempt_a_reused_result_came_from_is_needed_without_its_run() -> None:
    assert (1, "s", 1) in needs_of(without(THREE, [1], [])).attempts


def test_the_newest_run_of_each_pipeline_is_left_as_it_is() -> None:
    records = Remembered([run(1), run(2), run(3, pipeline="q.yml")], [], [], {}, [])
    assert needs_of(records).working == {2, 3}
