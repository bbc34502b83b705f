"""What a step's environment says about tracking."""

import re

from core.tracking.variables import port_variables, run_id, step_variables

RUN, ROOT = run_id("workspace", 1, "train", 1), run_id("workspace", 1)


def variables(**more: dict[str, str]) -> dict[str, str]:
    return step_variables(
        tracking_uri="http://127.0.0.1:5000",
        run=RUN,
        root=ROOT,
        experiment_id="1",
        experiment_name="taxi",
        token="sesame",
        inherited=more.get("inherited"),
        chosen=more.get("chosen"),
    )


def test_a_run_id_is_stable_and_tells_attempts_apart() -> None:
    ids = {
        run_id("w", 1, "a", 1),
        run_id("w", 1, "a", 2),
        run_id("w", 11, "a", 1),
        run_id("w", 1, "a1"),
        run_id("w", 1),
    }

    assert len(ids) == 5
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in ids)
    assert run_id("w", 1, "a", 1) == run_id("w", 1, "a", 1)


def test_the_names_of_azure_ml_are_there_and_no_more_of_that_family() -> None:
    given = variables()

    assert given["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert given["MLFLOW_RUN_ID"] == given["AZUREML_RUN_ID"] == RUN
    assert (given["MLFLOW_EXPERIMENT_ID"], given["MLFLOW_EXPERIMENT_NAME"]) == ("1", "taxi")
    assert {name for name in given if name.startswith("AZUREML_")} == {"AZUREML_RUN_ID", "AZUREML_ROOT_RUN_ID"}
    assert "MLFLOW_ENABLE_ASYNC_LOGGING" not in given


def test_the_recorder_is_reached_past_any_proxy_and_other_exceptions_stay() -> None:
    given = variables(inherited={"no_proxy": "a.example, 127.0.0.1", "NO_PROXY": "b.example"})

    assert given["NO_PROXY"] == given["no_proxy"] == "a.example,127.0.0.1,b.example,localhost"


def test_exceptions_in_the_yaml_do_not_hide_the_recorder() -> None:
    given = variables(chosen={"NO_PROXY": "mine.example"})

    assert given["NO_PROXY"] == given["no_proxy"] == "mine.example,127.0.0.1,localhost"


def test_what_the_yaml_sets_wins() -> None:
    given = variables(chosen={"PYTHONUNBUFFERED": "0", "MINE": "x"})

    assert (given["PYTHONUNBUFFERED"], given["MINE"], given["MLFLOW_RUN_ID"]) == ("0", "x", RUN)


def test_another_tracking_server_is_given_no_run_of_ours() -> None:
    given = variables(chosen={"MLFLOW_TRACKING_URI": "https://elsewhere.example"})

    assert given["MLFLOW_TRACKING_URI"] == "https://elsewhere.example"
    assert not {"MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_TRACKING_TOKEN"} & set(given)
    assert given["AZUREML_RUN_ID"] == RUN


def test_what_is_empty_is_not_set() -> None:
    given = step_variables(tracking_uri="", run=RUN, root=ROOT, experiment_id="1", experiment_name="taxi")

    assert "MLFLOW_TRACKING_URI" not in given
    assert "MLFLOW_TRACKING_TOKEN" not in given


def test_ports_are_told_by_name() -> None:
    assert port_variables({"data": "/in"}, {"model": "/out"}) == {
        "AZURE_ML_INPUT_data": "/in",
        "AZURE_ML_OUTPUT_model": "/out",
    }
