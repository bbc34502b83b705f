"""--set changes a pipeline as az ml job create --set does, and refuses what is not there."""

import pytest

from core.planning.graph import DataInput, Parameter
from tests.support.pipelines import TRAIN, Desk

PIPELINE = """
    type: pipeline
    inputs:
      rate: 0.1
      flag: false
      data: {type: uri_folder, path: ./data}
    settings: {default_compute: azureml:cpu}
    jobs:
      train:
        component: train.yml
        inputs: {data: "${{parent.inputs.data}}", rate: "${{parent.inputs.rate}}"}
      echo:
        command: echo ${{inputs.flag}} ${{inputs.n}}
        environment: {image: x}
        inputs: {flag: "${{parent.inputs.flag}}", n: 1}
"""


@pytest.fixture
def written(desk: Desk) -> Desk:
    desk.write("train.yml", TRAIN)
    desk.write("data/x")
    desk.write("other/x")
    desk.write("pipeline.yml", PIPELINE)
    return desk


def test_an_input_takes_the_text_given(written: Desk) -> None:
    graph = written.graph("", ("inputs.rate", "1e-4"), ("inputs.flag", "true"))
    assert graph.steps["train"].inputs["rate"] == Parameter("1e-4", "number")
    assert graph.steps["echo"].inputs["flag"] == Parameter("True", "boolean")


@pytest.mark.parametrize("target", ["inputs.data", "inputs.data.path"])
def test_data_is_named_by_the_input_or_its_path(written: Desk, target: str) -> None:
    data = written.graph("", (target, "./other")).steps["train"].inputs["data"]
    assert isinstance(data, DataInput)
    assert data.path == str(written.root / "other")
    assert data.type == "uri_folder"


def test_an_input_of_a_step_may_be_one_that_only_the_component_knows(written: Desk) -> None:
    written.write("pipeline.yml", PIPELINE.replace(', rate: "${{parent.inputs.rate}}"', ""))
    graph = written.graph("", ("jobs.train.inputs.rate", "0.2"))
    assert graph.steps["train"].inputs["rate"] == Parameter("0.2", "number")


def test_settings_and_compute(written: Desk) -> None:
    written.write("mlpw.yml", "compute: {gpu: gpu-box}")
    written.write("gpu.yml", "type: docker\nname: gpu-box\n")
    graph = written.graph("", ("settings.default_compute", "gpu"), ("settings.force_rerun", "true"))
    assert graph.settings.force_rerun
    assert {step.compute for step in graph.steps.values()} == {"gpu-box"}


def test_words_stay_words(written: Desk) -> None:
    assert written.graph("", ("jobs.echo.inputs.n", "no")).steps["echo"].inputs["n"] == Parameter("no", "string")
    assert written.graph("", ("jobs.echo.inputs.n", "1=2")).steps["echo"].inputs["n"] == Parameter("1=2", "string")


def test_what_is_not_there_can_be_made_where_it_may_be(written: Desk) -> None:
    graph = written.graph("", ("tags.owner", "me"), ("jobs.echo.limits.timeout", "60"), ("display_name", "x"))
    assert graph.tags == {"owner": "me"}
    assert graph.steps["echo"].timeout == 60
    assert graph.display_name == "x"


def test_json_makes_a_mapping(written: Desk) -> None:
    assert written.graph("", ("jobs.echo.resources", '{"shm_size": "2g"}')).steps["echo"].resources.shm_size == "2g"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("inputs.rte", "1", "there is no 'rte' in the pipeline's inputs; did you mean 'rate'?"),
        ("input.rate", "1", "there is no 'input' in a pipeline; did you mean 'inputs'?"),
        ("jobs.trian.inputs.rate", "1", "there is no 'trian' in jobs; did you mean 'train'?"),
        ("jobs.train.inputs.rte", "1", "there is no 'rte' in the inputs of step 'train'; did you mean 'rate'?"),
        ("jobs.echo.inputs.m", "1", "there is no 'm' in inputs of step 'echo'"),
        ("jobs.train.inptus.rate", "1", "did you mean 'inputs'?"),
        ("settings.default_computer", "x", "did you mean 'default_compute'?"),
        ("inputs.rate.path", "x", "'rate' is a single value"),
        ("inputs", "3", "'inputs' holds named values"),
        ("inputs..x", "3", "dotted name"),
        ("inputs.rate", "fast", "a number is declared"),
        ("inputs.data", "./othre", "did you mean 'other'?"),
        ("inputs.data.pth", "x", "did you mean 'path'?"),
        ("settings.force_rerun", "maybe", "true or false"),
        ("inputs.rate", "a\0b", "NUL"),
    ],
)
def test_mistakes_name_the_nearest(written: Desk, name: str, value: str, message: str) -> None:
    assert message in written.error("", (name, value))


def test_an_error_in_a_value_points_at_the_option(written: Desk) -> None:
    assert written.error("", ("inputs.data", "./nope")).startswith("--set inputs.data=./nope: ")
