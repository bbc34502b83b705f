"""What a step finds in its environment variables and its working folder."""

import json
from typing import Any

import pytest

from tests.support.shell import Report, Shell

LOOK = """
import json, os, sys
print(json.dumps({"env": dict(os.environ), "python": sys.executable, "cwd": os.getcwd(), "here": sorted(os.listdir())}))
"""


@pytest.fixture(scope="module")
def ran(shared: Shell) -> Report:
    """A step that tells what it sees, called from an environment with things that are none of its business."""
    shared.write("look.py", LOOK)
    shared.write("data.csv", "1\n")
    shared.write(
        "p.yml",
        """
        type: pipeline
        experiment_name: looking
        inputs: {data: {type: uri_file, path: data.csv}}
        jobs:
          a:
            command: python look.py > ${{outputs.out}}
            code: look.py
            environment: {image: x, conda_file: {dependencies: [], variables: {FROM_CONDA: conda, BOTH: conda}}}
            inputs: {data: "${{parent.inputs.data}}", lr: 1e-3}
            outputs: {out: {type: uri_file}}
            environment_variables: {OWN: yes, BOTH: step, RATE: "${{inputs.lr}}", WHERE: "${{inputs.data}}"}
    """,
    )
    return shared.run(
        "p.yml",
        env={"PYTHONPATH": "/somewhere", "VIRTUAL_ENV": "/elsewhere", "CONDA_PREFIX": "/conda", "KEPT": "kept"},
    )


@pytest.fixture(scope="module")
def saw(ran: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.text("a"))
    return found


def test_every_variable_of_azure_ml_is_there(saw: dict[str, Any]) -> None:
    env = saw["env"]
    assert env["MLFLOW_TRACKING_URI"].startswith("http://127.0.0.1:")
    assert env["MLFLOW_EXPERIMENT_NAME"] == "looking"
    assert env["MLFLOW_RUN_ID"] == env["AZUREML_RUN_ID"]
    assert env["MLFLOW_EXPERIMENT_ID"]
    assert env["AZUREML_ROOT_RUN_ID"] not in ("", env["AZUREML_RUN_ID"])
    assert env["AZURE_ML_INPUT_lr"] == "1e-3"


def test_paths_of_inputs_and_outputs_are_there(shared: Shell, saw: dict[str, Any]) -> None:
    assert saw["env"]["AZURE_ML_INPUT_data"] == saw["env"]["WHERE"] == str(shared.root / "data.csv")
    assert saw["env"]["AZURE_ML_OUTPUT_out"].startswith(str(shared.root / ".mlpw" / "runs"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("OWN", "True"), ("BOTH", "step"), ("FROM_CONDA", "conda"), ("RATE", "1e-3"), ("KEPT", "kept")],
)
def test_variables_of_the_step_its_environment_and_the_caller(saw: dict[str, Any], name: str, value: str) -> None:
    assert saw["env"][name] == value


def test_the_callers_python_is_not_leaked(saw: dict[str, Any]) -> None:
    assert "PYTHONPATH" not in saw["env"]
    assert "CONDA_PREFIX" not in saw["env"]


def test_the_first_program_folder_is_that_of_the_environment(shared: Shell, saw: dict[str, Any]) -> None:
    first = saw["env"]["PATH"].split(":")[0]
    assert first == f"{saw['env']['VIRTUAL_ENV']}/bin"
    assert first.startswith(str(shared.root / ".mlpw" / "envs"))
    assert saw["python"].startswith(first)


def test_the_working_folder_is_the_code_snapshot(saw: dict[str, Any]) -> None:
    assert saw["cwd"].endswith("/runs/0001/a/1/code")
    assert saw["here"] == ["logs", "look.py", "outputs"]
