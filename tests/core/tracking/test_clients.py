"""A real MLflow client beside the recorder: what a script logs is what the journal holds."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.tracking.events import Metric
from core.tracking.report import Report
from core.tracking.variables import step_variables
from tests.core.tracking.beside import ROOT, RUN, Beside, recorder_beside
from tests.support.mlflow_client import MODEL_LIBRARIES, client_python
from tests.support.waiting import PATIENCE_SECONDS

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture(scope="session")
def python() -> Path:
    return client_python(MODEL_LIBRARIES)


def run_script(python: Path, beside: Beside, script: str, *arguments: str, **chosen: str) -> Any:
    """What a step's script printed, as JSON; it sees what a step sees and nothing of this machine's settings."""
    system = {"PATH": os.environ["PATH"], "HOME": str(beside.folder), "http_proxy": "http://127.0.0.1:9"}
    variables = step_variables(
        tracking_uri=beside.uri,
        run=RUN,
        root=ROOT,
        experiment_id="1",
        experiment_name="taxi",
        token="sesame",
        inherited=system,
        chosen=chosen,
    )
    ended = subprocess.run(
        [python, SCRIPTS / script, *arguments],
        cwd=beside.folder,
        env={**system, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def training(python: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report, Any]:
    """The folder, the report and the words of a script that uses much of MLflow."""
    folder = tmp_path_factory.mktemp("attempt")
    with recorder_beside(folder, token="sesame") as beside:
        said = run_script(python, beside, "training.py")
        return folder, beside.report, said


def test_points_are_kept_with_their_steps_and_odd_values(training: tuple[Path, Report, Any]) -> None:
    points = [(point.key, repr(point.value), point.step) for point in training[1].metrics if not point.run]

    assert points == [
        *(("loss", repr(1 / (step + 1)), step) for step in range(5)),
        ("val/acc", "0.5", 3),
        ("val/f1", "0.25", 3),
        ("odd", "nan", 0),
        ("odd", "inf", 1),
        ("odd", "-inf", 2),
        *(("batch", repr(float(step)), step) for step in range(1500)),
    ]


def test_parameters_and_tags_are_kept_as_text(training: tuple[Path, Report, Any]) -> None:
    report = training[1]

    assert {param.key: param.value for param in report.params if not param.run} == {
        "lr": "0.001",
        "name": "ü ☃ '\"",
        "flag": "True",
        "none": "None",
        **{f"many{number}": str(number) for number in range(250)},
    }
    tags = {tag.key: tag.value for tag in report.tags if not tag.run}
    assert (tags["team"], "gone" in tags) == ("blue", False)


def test_files_are_where_the_run_says_its_artifacts_are(training: tuple[Path, Report, Any]) -> None:
    artifacts = training[0] / "artifacts"
    listed = {artifact.path: artifact.size for artifact in training[1].artifacts}

    assert listed.keys() == {"config.json", "notes/hello.txt", "copies/deep/data #1?.bin"}
    assert listed["copies/deep/data #1?.bin"] == 1000

    assert json.loads((artifacts / "config.json").read_text()) == {"layers": [1, 2]}
    assert (artifacts / "notes" / "hello.txt").read_text() == "hello"
    assert (artifacts / "copies" / "deep" / "data #1?.bin").read_bytes() == b"\0" * 1000


def test_runs_inside_the_given_one_are_its_children(training: tuple[Path, Report, Any]) -> None:
    _, report, said = training

    children = {run.run: run for run in report.runs if run.parent == RUN}
    assert sorted(run.name or "" for run in children.values()) == ["try 0", "try 1", "try 2"]
    assert {run.status for run in children.values()} == {"FINISHED"}
    assert [point.value for point in report.metrics if point.run in children] == [3.0, 2.0, 1.0]
    assert said["best"] == [1.0, 2.0]


def test_what_was_logged_can_be_read_back_by_the_script(training: tuple[Path, Report, Any]) -> None:
    said = training[2]

    assert said["run"] == RUN
    assert said["params"] == {"lr": "0.001", "name": "ü ☃ '\"", "flag": "True", "none": "None"}
    assert said["history"] == [[1 / (step + 1), step] for step in range(5)]
    assert said["artifacts"] == ["config.json", "copies", "notes"]


def test_a_model_is_logged_registered_and_loaded_by_name(training: tuple[Path, Report, Any]) -> None:
    _, report, said = training

    (model,) = report.models
    (version,) = report.versions
    assert (model.name, model.status) == ("echo", "LOGGED_MODEL_READY")
    assert (Path(model.path) / "MLmodel").is_file()
    assert (version.name, version.version, version.folder, version.model_id) == (
        "echo-model",
        "1",
        model.path,
        model.id,
    )
    assert version.aliases == ("champion",)
    assert said["predictions"] == [[1, 2], [1, 2], [1, 2]]
    assert "registered_model_meta" not in said["files of the registered"]


def test_a_raised_exception_ends_the_run_as_failed_for_the_client(training: tuple[Path, Report, Any]) -> None:
    own = next(run for run in training[1].runs if not run.run)

    assert own.status == "FAILED"
    assert not training[1].refused


@pytest.mark.parametrize("store", ["file", "environment"])
def test_a_script_may_name_a_tracking_address_itself(python: Path, tmp_path: Path, store: str) -> None:
    with recorder_beside(tmp_path, token="sesame") as beside:
        run_script(python, beside, "elsewhere.py", store)

        assert [metric.key for metric in beside.report.metrics] == (["here"] if store == "environment" else [])


def test_whoever_sets_another_tracking_address_in_yaml_gets_no_run_of_ours(python: Path, tmp_path: Path) -> None:
    with recorder_beside(tmp_path, token="sesame") as beside:
        run_script(
            python,
            beside,
            "elsewhere.py",
            "environment",
            MLFLOW_TRACKING_URI=(tmp_path / "mlruns").as_uri(),
            MLFLOW_ALLOW_FILE_STORE="true",
        )

        assert not beside.journal


def test_a_point_keeps_its_time(training: tuple[Path, Report, Any]) -> None:
    batch = [point for point in training[1].metrics if point.key == "batch"]

    assert batch[7] == Metric("batch", 7.0, 7, 1007)
