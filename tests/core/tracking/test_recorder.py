"""MLflow's REST API as the recorder answers it: what is asked, what is answered, what is journaled."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from core.tracking.events import Metric, Param, Refused, Tag
from tests.core.tracking.beside import ROOT, RUN, Beside, recorder_beside


def run_of(beside: Beside, run: str = RUN) -> Any:
    return beside.get("runs/get", run_id=run, run_uuid=run)["run"]


def metric(key: str, value: object, step: int = 0, timestamp: int = 1000) -> dict[str, object]:
    return {"key": key, "value": value, "step": step, "timestamp": timestamp}


def test_the_run_a_step_is_given_is_there_and_running(beside: Beside) -> None:
    info = run_of(beside)["info"]

    assert info["run_id"] == info["run_uuid"] == RUN
    assert (info["run_name"], info["experiment_id"], info["status"]) == ("train", "1", "RUNNING")
    assert info["artifact_uri"] == (beside.folder / "artifacts").as_uri()


def test_a_metric_is_journaled_once_whole_with_step_and_time(beside: Beside) -> None:
    beside.post("runs/log-metric", run_id=RUN, run_uuid=RUN, **metric("val/loss", 0.25, 7, 1234))

    assert beside.report.metrics == (Metric("val/loss", 0.25, 7, 1234),)
    assert [line["type"] for line in beside.journal] == ["log"]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_json_cannot_say_is_text_both_ways(beside: Beside, text: str) -> None:
    beside.post("runs/log-metric", run_id=RUN, **metric("odd", text))

    assert repr(beside.report.metrics[0].value) == repr(float(text))
    assert run_of(beside)["data"]["metrics"][0]["value"] == text


def test_a_batch_is_one_event(beside: Beside) -> None:
    points = [metric("loss", 1 / (step + 1), step) for step in range(1000)]

    beside.post(
        "runs/log-batch",
        run_id=RUN,
        metrics=points,
        params=[{"key": "lr", "value": "0.1"}],
        tags=[{"key": "team", "value": "blue"}],
    )

    assert len(beside.journal) == 1
    assert [point.value for point in beside.report.metrics] == [1 / (step + 1) for step in range(1000)]
    assert beside.report.params == (Param("lr", "0.1"),)
    assert Tag("team", "blue") in beside.report.tags


def test_points_sent_again_count_once(beside: Beside) -> None:
    for model in ("", "m-1"):
        beside.post("runs/log-batch", run_id=RUN, metrics=[{**metric("nan", "NaN"), "model_id": model}, metric("a", 1)])

    assert [point.key for point in beside.report.metrics] == ["nan", "a"]
    assert len(beside.get("metrics/get-history", run_id=RUN, metric_key="nan")["metrics"]) == 1


def test_the_latest_point_is_the_one_of_the_highest_step(beside: Beside) -> None:
    for step, value in ((5, 0.5), (9, 0.9), (7, 0.7)):
        beside.post("runs/log-metric", run_id=RUN, **metric("acc", value, step))

    latest = run_of(beside)["data"]["metrics"]
    assert latest == [{"key": "acc", "value": 0.9, "step": 9, "timestamp": 1000}]


def test_history_comes_in_pages_until_no_token_is_left(beside: Beside) -> None:
    beside.post("runs/log-batch", run_id=RUN, metrics=[metric("loss", step, step) for step in range(25)])

    steps, token, pages = [], "", 0
    while token or not pages:
        answer = beside.get("metrics/get-history", run_id=RUN, metric_key="loss", max_results=10, page_token=token)
        steps += [point["step"] for point in answer["metrics"]]
        token, pages = answer.get("next_page_token", ""), pages + 1

    assert (steps, pages) == (list(range(25)), 3)


def test_a_parameter_keeps_its_first_value(beside: Beside) -> None:
    beside.post("runs/log-parameter", run_id=RUN, key="lr", value="0.1")
    beside.post("runs/log-parameter", run_id=RUN, key="lr", value="0.1")

    status, answer = beside.ask("POST", "runs/log-parameter", run_id=RUN, key="lr", value="0.2")

    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert beside.report.params == (Param("lr", "0.1"),)


def test_a_parameter_the_step_was_given_may_be_logged_in_other_words(tmp_path: Path) -> None:
    with recorder_beside(tmp_path, params={"lr": "1e-3", "depth": 3}) as beside:
        assert {"key": "depth", "value": "3"} in run_of(beside)["data"]["params"]

        beside.post("runs/log-parameter", run_id=RUN, key="lr", value="0.001")

        assert {"key": "lr", "value": "0.001"} in run_of(beside)["data"]["params"]


def test_tags_come_and_go(beside: Beside) -> None:
    beside.post("runs/set-tag", run_id=RUN, key="a", value="1")
    beside.post("runs/set-tag", run_id=RUN, key="b", value="2")
    beside.post("runs/delete-tag", run_id=RUN, key="a")

    assert beside.report.tags == (Tag("b", "2"),)
    assert beside.ask("POST", "runs/delete-tag", run_id=RUN, key="a")[0] == 404


def test_nested_runs_are_kept_apart_and_found_by_their_parent(beside: Beside) -> None:
    children = []
    for rmse in (3.0, 1.0, 2.0):
        tags = [{"key": "mlflow.parentRunId", "value": RUN}]
        child = beside.post("runs/create", experiment_id="1", run_name=f"try {rmse}", start_time=5, tags=tags)["run"]
        children.append(child["info"]["run_id"])
        beside.post("runs/log-metric", run_id=children[-1], **metric("rmse", rmse))
        beside.post("runs/update", run_id=children[-1], status="FINISHED", end_time=9)

    found = beside.post(
        "runs/search",
        experiment_ids=["1"],
        filter=f"tags.mlflow.parentRunId = '{RUN}' and metrics.rmse < 2.5",
        order_by=["metrics.rmse ASC"],
    )

    assert [run["info"]["run_id"] for run in found["runs"]] == [children[1], children[2]]
    assert [(run.run, run.parent, run.status) for run in beside.report.runs] == [
        (child, RUN, "FINISHED") for child in children
    ]
    assert {point.run for point in beside.report.metrics} == set(children)
    assert len({run["info"]["artifact_uri"] for run in found["runs"]} | {run_of(beside)["info"]["artifact_uri"]}) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("metrics.acc > 0.5", True),
        ("metrics.acc > 0.9", False),
        ("metrics.`val acc` <= 1 AND params.lr = '0.1'", True),
        ('params."lr" LIKE "0.%"', True),
        ("params.kind ILIKE 'TR%'", True),
        ("params.lr != '0.1'", False),
        ("params.absent != '0.1'", False),
        ("tags.mlflow.runName = 'train'", True),
        ("attributes.status IN ('RUNNING', 'FINISHED')", True),
        ("run_name = 'train'", True),
        ("attributes.start_time > 0", True),
    ],
)
def test_searches_read_mlflows_filters(beside: Beside, text: str, found: bool) -> None:
    params = [{"key": "lr", "value": "0.1"}, {"key": "kind", "value": "tree"}]
    beside.post("runs/log-batch", run_id=RUN, metrics=[metric("acc", 0.8), metric("val acc", 0.7)], params=params)

    answer = beside.post("runs/search", experiment_ids=["1"], filter=text)

    assert [run["info"]["run_id"] for run in answer["runs"]] == ([RUN] if found else [])


@pytest.mark.parametrize("text", ["foo bar", "metrics.a > 1 or metrics.a < 0", "bogus.x = 1", "params.lr = 1"])
def test_a_filter_that_cannot_be_read_is_refused_and_said(beside: Beside, text: str) -> None:
    beside.post("runs/log-parameter", run_id=RUN, key="lr", value="0.1")

    status, answer = beside.ask("POST", "runs/search", experiment_ids=["1"], filter=text)

    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert len(beside.report.refused) == 1


def test_runs_come_in_the_order_asked_for_then_the_newest_first(tmp_path: Path) -> None:
    with recorder_beside(tmp_path, start_time=1) as beside:
        named = {RUN: "own"}
        for name, start, value in (("a", 5, 1.0), ("b", 6, "NaN"), ("c", 7, 2.0), ("d", 8, None)):
            run = beside.post("runs/create", experiment_id="1", run_name=name, start_time=start)["run"]["info"][
                "run_id"
            ]
            named[run] = name
            if value is not None:
                beside.post("runs/log-metric", run_id=run, **metric("m", value))

        def order(*by: str) -> list[str]:
            found = beside.post("runs/search", experiment_ids=["1"], order_by=list(by))["runs"]
            return [named[run["info"]["run_id"]] for run in found]

        assert order() == ["d", "c", "b", "a", "own"]
        assert order("metrics.m ASC") == ["a", "c", "b", "d", "own"]
        assert order("metrics.m DESC", "start_time ASC") == ["c", "a", "b", "own", "d"]


def test_there_is_one_experiment_whatever_a_script_calls_it(beside: Beside) -> None:
    named = beside.get("experiments/get-by-name", experiment_name="anything")["experiment"]

    assert (named["experiment_id"], named["name"]) == ("1", "taxi")
    assert beside.post("experiments/create", name="mine") == {"experiment_id": "1"}
    assert beside.get("experiments/get", experiment_id="77")["experiment"]["experiment_id"] == "1"


def test_a_step_may_report_to_the_run_of_its_pipeline(beside: Beside) -> None:
    beside.post("runs/log-metric", run_id=ROOT, **metric("total", 3))

    assert [(point.run, point.value) for point in beside.report.metrics] == [(ROOT, 3.0)]
    assert {"key": "mlflow.parentRunId", "value": ROOT} in run_of(beside)["data"]["tags"]
    assert [run["info"]["run_id"] for run in beside.post("runs/search", experiment_ids=["1"])["runs"]] == [RUN]


def test_a_run_nobody_knows_is_missing(beside: Beside) -> None:
    status, answer = beside.ask("GET", "runs/get", run_id="a" * 32)

    assert (status, answer["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_what_is_not_supported_is_refused_without_retry_and_journaled_once(beside: Beside) -> None:
    for _ in range(3):
        status, answer = beside.ask("POST", "gateway/routes", name="x")
        assert (status, answer["error_code"]) == (404, "ENDPOINT_NOT_FOUND")

    assert [(refused.method, refused.path) for refused in beside.report.refused] == [
        ("POST", "/api/2.0/mlflow/gateway/routes")
    ]
    assert isinstance(beside.report.refused[0], Refused)


def test_a_model_of_mlflow_3_lies_beside_its_run_and_becomes_ready(beside: Beside) -> None:
    params = [{"key": "C", "value": "1"}]
    model = beside.post("logged-models", experiment_id="1", name="forest", source_run_id=RUN, params=params)["model"]
    path = f"logged-models/{model['info']['model_id']}"
    beside.ask("PATCH", path + "/tags", tags=[{"key": "t", "value": "v"}, {"key": "gone", "value": "v"}])
    beside.ask("DELETE", path + "/tags/gone")
    beside.post(path + "/params", params=[{"key": "depth", "value": "2"}])
    beside.ask("PATCH", path, status="LOGGED_MODEL_READY")
    beside.post("runs/log-metric", run_id=RUN, model_id=model["info"]["model_id"], **metric("acc", 0.9))
    beside.post("runs/outputs", run_id=RUN, models=[{"model_id": model["info"]["model_id"], "step": 3}])

    (kept,) = beside.report.models
    found = beside.post("logged-models/search", experiment_ids=["1"], filter="metrics.acc > 0.5 and name = 'forest'")

    assert (kept.name, kept.status, kept.params, kept.tags, kept.run) == (
        "forest",
        "LOGGED_MODEL_READY",
        {"C": "1", "depth": "2"},
        {"t": "v"},
        "",
    )
    assert Path(kept.path).as_uri() == model["info"]["artifact_uri"]
    assert found["models"][0]["data"]["metrics"][0]["value"] == 0.9
    assert run_of(beside)["outputs"]["model_outputs"] == [{"model_id": model["info"]["model_id"], "step": 3}]


def test_a_model_of_mlflow_2_is_a_folder_of_its_runs_artifacts(beside: Beside) -> None:
    description = {"artifact_path": "forest", "flavors": {"sklearn": {}}, "run_id": RUN}

    beside.post("runs/log-model", run_id=RUN, model_json=json.dumps(description))

    assert [(model.name, model.path, model.id) for model in beside.report.models] == [("forest", "forest", "")]
    history = [tag for tag in run_of(beside)["data"]["tags"] if tag["key"] == "mlflow.log-model.history"]
    assert json.loads(history[0]["value"]) == [description]


def register(beside: Beside, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = beside.folder / "artifacts" / "forest" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    beside.post("registered-models/create", name="taxi model")
    beside.post("model-versions/create", name="taxi model", source=f"runs:/{RUN}/forest", run_id=RUN)


def test_a_registered_model_streams_from_where_it_was_made(beside: Beside) -> None:
    register(beside, {"MLmodel": b"flavors: {}", "data/big.bin": b"\0" * 3_000_000, "empty": b""})

    uri = beside.get("model-versions/get-download-uri", name="taxi model", version="1")["artifact_uri"]
    folder = uri.removeprefix("mlflow-artifacts:/")
    base = "/api/2.0/mlflow-artifacts/artifacts"
    listing = json.loads(beside.send("GET", f"{base}?path={folder}")[1])

    assert [(file["path"], file["is_dir"]) for file in listing["files"]] == [
        ("MLmodel", False),
        ("data", True),
        ("empty", False),
    ]
    assert beside.send("GET", f"{base}/{folder}/MLmodel") == (200, b"flavors: {}")
    assert beside.send("GET", f"{base}/{folder}/data/big.bin") == (200, b"\0" * 3_000_000)
    assert beside.send("GET", f"{base}/{folder}/empty") == (200, b"")
    assert beside.send("PUT", f"{base}/{folder}/MLmodel", b"changed")[0] == 403
    (version,) = beside.report.versions
    assert (version.name, version.version, version.folder) == (
        "taxi model",
        "1",
        str(beside.folder / "artifacts" / "forest"),
    )


def test_registering_a_name_again_says_that_it_exists(beside: Beside) -> None:
    register(beside, {"MLmodel": b""})

    status, answer = beside.ask("POST", "registered-models/create", name="taxi model")

    assert (status, answer["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    again = beside.post("model-versions/create", name="taxi model", source=f"runs:/{RUN}/forest")
    assert again["model_version"]["version"] == "2"


def test_versions_move_between_aliases_and_stages(beside: Beside) -> None:
    register(beside, {"MLmodel": b""})
    beside.post("model-versions/create", name="taxi model", source="/elsewhere/model")
    for version in ("1", "2"):
        beside.post("registered-models/alias", name="taxi model", alias="champion", version=version)
    beside.post("model-versions/transition-stage", name="taxi model", version="1", stage="Production")
    beside.post("model-versions/set-tag", name="taxi model", version="1", key="checked", value="yes")

    by_alias = beside.get("registered-models/alias", name="taxi model", alias="champion")["model_version"]
    latest = beside.post("registered-models/get-latest-versions", name="taxi model", stages=["production"])

    assert by_alias["version"] == "2"
    assert [version["version"] for version in latest["model_versions"]] == ["1"]
    first, second = beside.report.versions
    assert (first.stage, first.tags, first.aliases) == ("Production", {"checked": "yes"}, ())
    assert second.aliases == ("champion",)


def test_models_of_earlier_runs_are_found_and_numbered_on_from(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "MLmodel").write_text("kept")
    known = {"name": "taxi", "version": "4", "path": str(tmp_path / "store"), "aliases": ["prod"]}
    with recorder_beside(tmp_path / "attempt", models=[known]) as beside:
        (tmp_path / "attempt").mkdir()
        version = beside.get("registered-models/alias", name="taxi", alias="prod")["model_version"]["version"]
        uri = beside.get("model-versions/get-download-uri", name="taxi", version=version)["artifact_uri"]
        path = uri.removeprefix("mlflow-artifacts:/")

        assert beside.send("GET", f"/api/2.0/mlflow-artifacts/artifacts/{path}/MLmodel") == (200, b"kept")
        made = beside.post("model-versions/create", name="taxi", source=f"runs:/{RUN}/m")["model_version"]
        assert made["version"] == "5"


def test_data_sets_are_journaled_with_what_they_were_used_for(beside: Beside) -> None:
    dataset = {"name": "trips", "digest": "abc", "source_type": "http", "source": '{"url": "x"}', "schema": "{}"}
    used = {"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}

    beside.post("runs/log-inputs", run_id=RUN, datasets=[used])

    (kept,) = beside.report.datasets
    assert (kept.name, kept.digest, kept.context) == ("trips", "abc", "training")
    assert run_of(beside)["inputs"]["dataset_inputs"] == [used]


def test_traces_and_the_questions_of_newer_clients_are_answered(beside: Beside) -> None:
    assert beside.send("POST", "/v1/traces", b"\x0a\x00protobuf")[0] == 200
    assert beside.send("POST", "/api/3.0/mlflow/traces", b"{}") == (200, b"{}")
    assert beside.send("GET", "/api/3.0/mlflow/server-info") == (200, b"{}")
    assert beside.send("GET", "/version")[0] == 200


def test_the_clients_last_word_is_kept_but_is_not_the_runs_end(beside: Beside) -> None:
    beside.post("runs/update", run_id=RUN, status="FAILED", end_time=99, run_name="renamed")
    beside.post("runs/log-metric", run_id=RUN, **metric("after", 1))

    info = run_of(beside)["info"]
    assert (info["status"], info["end_time"], info["run_name"]) == ("FAILED", 99, "renamed")
    assert beside.report.runs[0].status == "FAILED"
    assert len(beside.report.metrics) == 1


def test_a_recorder_started_again_knows_what_was_journaled(tmp_path: Path) -> None:
    with recorder_beside(tmp_path) as beside:
        beside.post("runs/log-metric", run_id=RUN, **metric("loss", "NaN", 3))
        register(beside, {"MLmodel": b""})

    with recorder_beside(tmp_path) as again:
        (latest,) = run_of(again)["data"]["metrics"]
        assert (latest["step"], math.isnan(float(latest["value"]))) == (3, True)
        assert again.get("model-versions/get", name="taxi model", version="1")["model_version"]["run_id"] == RUN
