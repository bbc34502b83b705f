"""What a form shows of a pipeline's inputs, and what it says of values."""

import pytest

from core.planning.pipeline_inputs import PipelineInput
from core.workspace.inputs import check_values, inputs_of, last_values
from tests.support.bench import Bench

TRAIN = """\
type: command
name: train
version: 1
inputs:
  rate: {type: number, min: 0.0, max: 1.0, description: how fast it learns}
  kind: {type: string, enum: [linear, forest]}
  epochs: {type: integer, default: 3, min: 1}
  data: {type: uri_folder}
command: echo ${{inputs.rate}} ${{inputs.kind}} ${{inputs.epochs}} ${{inputs.data}}
environment: {image: "ubuntu:22.04"}
"""
PIPELINE = """\
type: pipeline
inputs:
  data: {type: uri_folder, path: ./data}
  rate: 0.1
  kind: linear
  note: hello
  fast: true
jobs:
  train:
    type: command
    component: ./train.yml
    inputs:
      data: ${{parent.inputs.data}}
      rate: ${{parent.inputs.rate}}
      kind: ${{ parent.inputs.kind }}
  say:
    command: echo ${{inputs.note}} ${{inputs.fast}}
    environment: {image: "ubuntu:22.04"}
    inputs:
      note: ${{parent.inputs.note}}
      fast: ${{parent.inputs.fast}}
"""


@pytest.fixture
def train(bench: Bench) -> Bench:
    bench.write({"train.yml": TRAIN, "pipeline.yml": PIPELINE, "data/a": "a", "other/b": "b"})
    return bench


def inputs(bench: Bench) -> dict[str, PipelineInput]:
    with bench.workspace() as workspace:
        return {found.name: found for found in inputs_of(workspace, bench.file)}


def refused(bench: Bench, **values: str) -> dict[str, str]:
    with bench.workspace() as workspace:
        return {name: error.message for name, error in check_values(workspace, bench.file, values).items()}


def test_inputs_come_as_written_with_what_the_components_behind_them_allow(train: Bench) -> None:
    found = inputs(train)

    assert list(found) == ["data", "rate", "kind", "note", "fast"]
    assert (found["data"].is_data, found["data"].default) == (True, "./data")
    rate = found["rate"]
    assert (rate.type, rate.default, rate.minimum, rate.maximum) == ("number", "0.1", "0.0", "1.0")
    assert rate.description == "how fast it learns"
    assert found["kind"].enum == ("linear", "forest")
    assert (found["fast"].type, found["fast"].default) == ("boolean", "true")


def test_every_wrong_value_is_refused_in_the_loaders_words(train: Bench) -> None:
    found = refused(train, rate="2", kind="tree", data="./nowhere", note="fine")

    assert set(found) == {"rate", "kind", "data"}
    assert "tree" in found["kind"]


def test_right_values_are_not_refused(train: Bench) -> None:
    assert refused(train, rate="0.5", kind="forest", data="./other") == {}


def test_a_broken_pipeline_is_nobodys_fault(train: Bench) -> None:
    train.write({"pipeline.yml": PIPELINE.replace("./train.yml", "./gone.yml")})

    assert set(refused(train, rate="0.5")) == {""}


def test_values_are_remembered_by_the_newest_run_that_had_any(train: Bench) -> None:
    for values in ({"inputs.rate": "0.2"}, {"inputs.rate": "0.3", "settings.force_rerun": "false"}, {}):
        train.end_of(train.start(set=values))
    with train.workspace() as workspace:
        assert last_values(workspace, "pipeline.yml") == {"rate": "0.3"}
        assert last_values(workspace, "other.yml") == {}


def test_checking_leaves_no_trace(train: Bench) -> None:
    before = sorted(path.name for path in train.root.rglob("*"))

    refused(train, rate="0.7")

    assert sorted(path.name for path in train.root.rglob("*")) == before
