"""Reports of scripts that know nothing of MLflow."""

import json
import math
import os
from pathlib import Path
from struct import pack

import pytest

from core.tracking.events import Artifact, Metric, Param
from core.tracking.sources import SOURCES, read_report
from core.tracking.sources.metrics_files import MetricsFiles
from core.tracking.sources.printed import PrintedLines
from tests.core.tracking.beside import RUN, step_files


def printed(tmp_path: Path, *lines: str) -> list[object]:
    (tmp_path / "log.txt").write_text("".join(line + "\n" for line in lines))
    return list(PrintedLines(tmp_path / "log.txt", tmp_path / "log.times").poll())


@pytest.mark.parametrize(
    ("line", "points"),
    [
        ('{"metric": "loss", "value": 0.2, "step": 3}', [("loss", 0.2, 3)]),
        ('{"metric": {"loss": 0.2}, "epoch": 1}', [("loss", 0.2, 1)]),
        ('{"metrics": {"loss": 1, "val": {"acc": 2}}, "step": 4}', [("loss", 1.0, 4), ("val.acc", 2.0, 4)]),
        ('{"step": 3, "loss": 0.2, "note": "x", "ok": true}', [("loss", 0.2, 3)]),
        ('{"epoch": 2, "train": {"loss": 1}}', [("train.loss", 1.0, 2)]),
        ('{"step": 3, "epoch": 1, "loss": 2}', [("epoch", 1.0, 3), ("loss", 2.0, 3)]),
        ('{"loss": 0.2}', []),
        ('{"step": 3}', []),
        ('{"step": 0.5, "loss": 1}', []),
        ('{"step": true, "loss": 1}', []),
        ('{"metric": "loss", "value": "high"}', []),
        ('{"step": 3, "loss": 0.2} trailing', []),
        ('INFO {"step": 3, "loss": 0.2}', []),
        ('{"step": 3, "loss": ' + "9" * 400 + "}", []),
        ('{"step": 1e400, "loss": 1}', []),
        ("{}", []),
        ("{'step': 3, 'loss': 1}", []),
        ("{" * 20_000 + "}", []),
    ],
)
def test_what_a_line_reports(tmp_path: Path, line: str, points: list[tuple[str, float, int]]) -> None:
    found = [event for event in printed(tmp_path, line) if isinstance(event, Metric)]

    assert [(point.key, point.value, point.step) for point in found] == points


def test_parameters_and_artifacts_are_printed_too(tmp_path: Path) -> None:
    events = printed(
        tmp_path, '{"params": {"lr": 0.1, "net": "a"}}', '{"param": "depth", "value": 3}', '{"artifact": "plot.png"}'
    )

    assert events == [
        Param("lr", "0.1", "output"),
        Param("net", "a", "output"),
        Param("depth", "3", "output"),
        Artifact("plot.png", source="output"),
    ]


def test_nan_is_a_value(tmp_path: Path) -> None:
    (point,) = printed(tmp_path, '{"step": 1, "loss": NaN}')

    assert isinstance(point, Metric)
    assert math.isnan(point.value)


def test_points_without_a_step_are_counted(tmp_path: Path) -> None:
    events = printed(
        tmp_path, '{"metric": "a", "value": 5}', '{"metric": "b", "value": 5}', '{"metric": "a", "value": 6}'
    )

    assert [(event.key, event.step) for event in events if isinstance(event, Metric)] == [("a", 0), ("b", 0), ("a", 1)]


def test_a_point_has_the_time_its_line_was_logged_at(tmp_path: Path) -> None:
    line = '{"step": 1, "loss": 1}\n'
    (tmp_path / "log.txt").write_text(line * 3)
    times = [(0, 1_000_000_000), (len(line) * 2, 2_000_000_000)]
    (tmp_path / "log.times").write_bytes(b"".join(pack("<qq", *pair) for pair in times) + b"torn")

    points = PrintedLines(tmp_path / "log.txt", tmp_path / "log.times").poll()

    assert [point.timestamp for point in points if isinstance(point, Metric)] == [1000, 1000, 2000]


def test_a_log_is_followed_by_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    follower = PrintedLines(log, tmp_path / "log.times")

    assert follower.poll() == ()
    log.write_text('{"step": 1, "lo')
    assert follower.poll() == ()
    with log.open("a") as file:
        file.write('ss": 1}\n{"step": 2, "loss": 2}\n')
    assert [event.step for event in follower.poll() if isinstance(event, Metric)] == [1, 2]


def test_a_line_of_many_megabytes_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text('{"step": 1, "x": "' + "a" * 5_000_000 + '"}\n{"step": 2, "loss": 2}\n')

    events = PrintedLines(tmp_path / "log.txt", tmp_path / "log.times").poll()

    assert [event.key for event in events if isinstance(event, Metric)] == ["loss"]


def metrics_file(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text)
    os.utime(path, (5, 5))
    return path


def points_of(**outputs: Path) -> list[tuple[str, float, int]]:
    events = MetricsFiles(outputs).poll()
    return [(event.key, event.value, event.step) for event in events if isinstance(event, Metric)]


def test_a_metrics_file_among_outputs_is_read_by_paths(tmp_path: Path) -> None:
    metrics_file(tmp_path / "model" / "metrics.json", {"rmse": 2, "val": {"r2": 0.5}, "name": "x", "ok": True})

    assert points_of(model=tmp_path / "model", other=tmp_path / "absent") == [("rmse", 2.0, 0), ("val.r2", 0.5, 0)]


def test_lines_of_a_metrics_file_are_steps(tmp_path: Path) -> None:
    lines = '{"step": 10, "loss": 1}\n\nnonsense\n{"metrics": {"loss": 2}, "epoch": 3}\n{"loss": 3}\n'
    output = metrics_file(tmp_path / "metrics.jsonl", lines)

    assert points_of(report=output) == [("loss", 1.0, 10), ("loss", 2.0, 3), ("loss", 3.0, 3)]


def test_several_metrics_files_are_told_apart(tmp_path: Path) -> None:
    for name in ("train", "test"):
        metrics_file(tmp_path / "eval" / name / "metrics.json", {"acc": 1})

    assert points_of(eval=tmp_path / "eval") == [("eval/test/acc", 1.0, 0), ("eval/train/acc", 1.0, 0)]


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "7", '"x"', '{"a": ' * 5000, "\x00"])
def test_a_metrics_file_that_is_none_has_no_points(tmp_path: Path, content: str) -> None:
    metrics_file(tmp_path / "metrics.json", content)

    assert points_of(out=tmp_path) == []


def test_a_metrics_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    path = metrics_file(tmp_path / "metrics.json", {"a": 1})
    follower = MetricsFiles({"out": tmp_path})

    assert len(follower.poll()) == 1
    assert follower.poll() == ()
    metrics_file(path, {"a": 12})
    assert [event.value for event in follower.poll() if isinstance(event, Metric)] == [12.0]


def test_logged_files_are_found_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "artifacts" / "deep").mkdir(parents=True)
    (tmp_path / "artifacts" / "deep" / "a #1.txt").write_text("abc")
    (tmp_path / "artifacts" / "away").symlink_to("/")

    report = read_report(step_files(tmp_path))

    assert report.artifacts == (Artifact("deep/a #1.txt", 3, "artifacts folder"),)


def test_mlflow_is_trusted_before_output_and_output_before_files(tmp_path: Path) -> None:
    files = step_files(tmp_path, out=tmp_path / "out")
    metrics = [{"key": "a", "value": 1, "step": 0, "timestamp": 5}]
    files.events.write_text(json.dumps({"type": "log", "at": 1, "run": RUN, "metrics": metrics}) + "\n")
    files.log.write_text('{"metrics": {"a": 2, "b": 2}}\n')
    metrics_file(tmp_path / "out" / "metrics.json", {"a": 3, "b": 3, "c": 3})

    report = read_report(files)

    assert [(point.key, point.value, point.source) for point in report.metrics] == [
        ("a", 1.0, "mlflow"),
        ("b", 2.0, "output"),
        ("c", 3.0, "metrics file"),
    ]
    assert [source.name for source in SOURCES] == ["mlflow", "output", "metrics file", "artifacts folder"]
