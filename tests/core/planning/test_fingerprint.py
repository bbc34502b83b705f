from dataclasses import replace
from typing import Any

import pytest

from core.definitions.environment import EnvironmentSpec
from core.errors import Location
from core.planning.fingerprint import differences, parts_of
from core.planning.graph import DataInput, OutputPort, Parameter, Resources, Step
from tests.core.planning.made import fingerprint

STEP = Step(
    "train",
    "python train.py",
    code="/src",
    environment=EnvironmentSpec("e", image="i:1", packages=("pandas==1.5.3",)),
    inputs={"rate": Parameter("0.1"), "raw": DataInput("/raw", "uri_folder")},
    outputs={"model": OutputPort("uri_folder")},
    environment_variables={"SEED": "1"},
    distribution={"type": "pytorch"},
)
DATA = {"raw": "d1"}


@pytest.mark.parametrize(
    ("changes", "code", "data", "words"),
    [
        ({}, "c2", DATA, "code changed"),
        ({"command": "python t.py"}, "c", DATA, "command changed"),
        ({"inputs": {**STEP.inputs, "rate": Parameter("0.2")}}, "c", DATA, "rate 0.1 -> 0.2"),
        ({"inputs": {**STEP.inputs, "new": Parameter("1")}}, "c", DATA, "new added: 1"),
        ({"inputs": {"raw": STEP.inputs["raw"]}}, "c", DATA, "rate removed"),
        ({}, "c", {"raw": "d2"}, "input data changed: rows.csv (raw)"),
        ({"environment": replace(STEP.environment, image="i:2")}, "c", DATA, "environment changed: image i:1 -> i:2"),
        (
            {"environment": replace(STEP.environment, packages=("pandas==2.0.0",))},
            "c",
            DATA,
            "environment changed: pandas 1.5.3 -> 2.0.0",
        ),
        ({"environment_variables": {"SEED": "2"}}, "c", DATA, "environment variable SEED 1 -> 2"),
        ({"distribution": {"type": "mpi"}}, "c", DATA, "settings changed: type pytorch -> mpi"),
        (
            {"outputs": {"model": OutputPort("uri_file")}},
            "c",
            DATA,
            "output declaration changed: model uri_folder -> uri_file",
        ),
        ({"outputs": {}}, "c", DATA, "output declaration changed: model removed"),
    ],
)
def test_every_part_makes_another_fingerprint_and_is_named(
    changes: dict[str, Any], code: str, data: dict[str, str], words: str
) -> None:
    changed = replace(STEP, **changes)

    assert fingerprint(changed, code, data) != fingerprint(STEP, "c", DATA)
    found = differences(parts_of(STEP, "c", DATA), parts_of(changed, code, data), lambda _: None, {"raw": "rows.csv"})
    assert [str(reason) for reason in found] == [words]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"code": "/elsewhere"},
        {"display_name": "x"},
        {"compute": "gpu"},
        {"resources": Resources(cpus=4)},
        {"timeout": 9.0},
        {"location": Location("f", 1, 1)},
        {"inputs": {"raw": DataInput("/moved", "uri_folder"), "rate": Parameter("0.1")}},
        {"outputs": {"model": OutputPort("uri_folder", path="/export", asset_name="m")}},
    ],
)
def test_what_does_not_change_a_result_does_not_change_the_fingerprint(changes: dict[str, Any]) -> None:
    assert fingerprint(replace(STEP, **changes), "c", DATA) == fingerprint(STEP, "c", DATA)


def test_values_of_different_parts_are_not_confused() -> None:
    one = replace(STEP, environment_variables={"type": "pytorch"}, distribution={})
    other = replace(STEP, environment_variables={}, distribution={"type": "pytorch"})

    assert fingerprint(one, "c", DATA) != fingerprint(other, "c", DATA)


def test_files_of_a_changed_folder_are_named() -> None:
    manifests = {"d1": {"a": "1", "b": "1", "c": "1"}, "d2": {"a": "2", "b": "1", "d": "1"}}
    found = differences(parts_of(STEP, "c", DATA), parts_of(STEP, "c", {"raw": "d2"}), manifests.get, {})

    assert [str(reason) for reason in found] == ["input data changed: 3 of 4 files (raw)"]
