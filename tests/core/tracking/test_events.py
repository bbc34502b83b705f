"""Reading the journal back, whatever state its file is in."""

import json
import math
from pathlib import Path

import pytest

from core.tracking.events import (
    Artifact,
    ChildRun,
    Event,
    JournalReader,
    Metric,
    Model,
    ModelEdit,
    ModelVersion,
    Param,
    RegistryEdit,
    Tag,
)
from core.tracking.report import make_report

OWN = "0" * 32
OTHER = "1" * 32


def line(**fields: object) -> bytes:
    return json.dumps({"at": 1, **fields}).encode() + b"\n"


def logged(key: str, value: object, step: int = 0, **more: object) -> bytes:
    return line(type="log", run=OWN, metrics=[{"key": key, "value": value, "step": step, "timestamp": 5, **more}])


def read(tmp_path: Path, content: bytes) -> tuple[Event, ...]:
    (tmp_path / "events.jsonl").write_bytes(content)
    return JournalReader(tmp_path / "events.jsonl", OWN).poll()


def test_a_journal_that_is_not_there_has_no_events(tmp_path: Path) -> None:
    assert JournalReader(tmp_path / "events.jsonl", OWN).poll() == ()


def test_the_steps_own_run_has_no_name_and_others_have(tmp_path: Path) -> None:
    events = read(tmp_path, logged("a", 1) + line(type="log", run=OTHER, params={"p": "v"}))

    assert events == (Metric("a", 1.0, 0, 5), Param("p", "v", run=OTHER))


@pytest.mark.parametrize(
    "damage",
    [
        b"{\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"null\n",
        b'{"type":"nobody knows"}\n',
        b'{"type":"log","run":"0","metrics":[{"key":"a"}]}\n',
        b'{"type":"log","run":"0","metrics":7}\n',
        b'{"type":"inputs","run":"0","datasets":[{"dataset":3}]}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_damaged_and_foreign_lines_are_passed_over_and_counted(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "events.jsonl").write_bytes(logged("a", 1) + damage + logged("b", 2))
    reader = JournalReader(tmp_path / "events.jsonl", OWN)

    assert [event.key for event in reader.poll() if isinstance(event, Metric)] == ["a", "b"]
    assert reader.damaged == 1


def test_a_line_that_is_still_being_written_waits_for_its_end(tmp_path: Path) -> None:
    whole = logged("a", 1)
    journal = tmp_path / "events.jsonl"
    reader = JournalReader(journal, OWN)

    journal.write_bytes(whole[:20])
    assert reader.poll() == ()
    journal.write_bytes(whole)
    assert reader.poll() == (Metric("a", 1.0, 0, 5),)
    assert reader.poll() == ()


def test_reading_goes_on_from_an_offset(tmp_path: Path) -> None:
    events = logged("a", 1)
    (tmp_path / "events.jsonl").write_bytes(events + logged("b", 2))

    (event,) = JournalReader(tmp_path / "events.jsonl", OWN, offset=len(events)).poll()

    assert isinstance(event, Metric)
    assert event.key == "b"


def test_odd_values_come_back_as_numbers(tmp_path: Path) -> None:
    values = [
        event.value
        for event in read(tmp_path, logged("a", "NaN") + logged("a", "-Infinity"))
        if isinstance(event, Metric)
    ]

    assert math.isnan(values[0])
    assert values[1] == -math.inf


def test_a_point_counts_once_and_remembers_its_model() -> None:
    again = Metric("a", math.nan, 1, 5, model="m-1")

    report = make_report([[Metric("a", math.nan, 1, 5), Metric("a", 2.0, 1, 5), again]])

    assert [(point.step, point.model) for point in report.metrics] == [(1, "m-1"), (1, "")]


def test_a_key_that_two_sources_report_is_the_first_ones() -> None:
    trusted: list[Event] = [Metric("loss", 1.0, 0, 5), Param("lr", "0.1")]
    other: list[Event] = [
        Metric("loss", 1.0, 0, 6, "output"),
        Metric("acc", 0.5, 0, 6, "output"),
        Param("lr", "0.10", "output"),
        Metric("loss", 9.0, 0, 6, "output", OTHER),
    ]

    report = make_report([trusted, other])

    assert [(point.key, point.source, point.run) for point in report.metrics] == [
        ("loss", "mlflow", ""),
        ("acc", "output", ""),
        ("loss", "output", OTHER),
    ]
    assert report.params == (Param("lr", "0.1"),)


def test_the_last_word_on_a_tag_holds() -> None:
    report = make_report([[Tag("a", "1"), Tag("b", "1"), Tag("a", "2"), Tag("b", None)]])

    assert report.tags == (Tag("a", "2"),)


def test_what_is_said_of_a_run_in_pieces_is_put_together() -> None:
    said = [ChildRun(OTHER, "try", OWN, "RUNNING", 5), ChildRun(OTHER, status="FAILED", ended=9)]

    assert make_report([said]).runs == (ChildRun(OTHER, "try", OWN, "FAILED", 5, 9),)


def test_edits_of_a_model_are_worked_in() -> None:
    model = Model("forest", "/m", "m-1", tags={"a": "1", "b": "2"})
    edit = ModelEdit("m-1", "LOGGED_MODEL_READY", {"depth": "2"}, {"c": "3"}, "a")

    (kept,) = make_report([[model, edit, ModelEdit("m-2", "LOGGED_MODEL_READY")]]).models

    assert (kept.status, kept.params, kept.tags) == ("LOGGED_MODEL_READY", {"depth": "2"}, {"b": "2", "c": "3"})


def test_an_alias_moves_with_its_last_word_and_may_leave_the_steps_versions() -> None:
    versions = [ModelVersion("taxi", "5", "/a"), ModelVersion("taxi", "6", "/b")]
    moves = [RegistryEdit("taxi", version, alias="best") for version in ("5", "6", "2")]

    here = make_report([[*versions, *moves[:2]]])
    gone = make_report([[*versions, *moves]])

    assert [version.aliases for version in here.versions] == [(), ("best",)]
    assert [version.aliases for version in gone.versions] == [(), ()]
    assert gone.registry == (moves[2],)


def test_a_file_uploaded_again_is_one_file() -> None:
    report = make_report([[Artifact("a", 1), Artifact("a", 2), Artifact("a", 3, run=OTHER)]])

    assert [artifact.size for artifact in report.artifacts] == [2, 3]
