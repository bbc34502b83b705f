"""Names that nobody registered, and the definitions in the workspace that stand in for them."""

import pytest

from core.definitions.catalog import CatalogEntry
from core.planning.graph import DataInput
from tests.support.pipelines import TRAIN, Desk, Registered

PIPELINE = """
    type: pipeline
    jobs:
      a:
        command: python a.py ${{inputs.d}}
        environment: azureml:team@latest
        inputs: {d: {type: uri_file, path: 'azureml:taxi@latest'}}
"""


@pytest.fixture
def templates(desk: Desk) -> Desk:
    """A repository as the MLOps templates lay it out: https://github.com/Azure/mlops-project-template."""
    for part in ("classical", "vision"):
        desk.write(f"{part}/train/env.yml", f"name: team\nimage: {part}-image\n")
        desk.write(f"{part}/train/data.yml", "name: taxi\ntype: uri_file\npath: ../data/taxi.csv\n")
        desk.write(f"{part}/data/taxi.csv", part)
    return desk


def test_the_nearest_definition_stands_in(templates: Desk) -> None:
    step = templates.graph(PIPELINE, path="vision/train/pipeline.yml").steps["a"]
    assert step.environment.image == "vision-image"
    data = step.inputs["d"]
    assert isinstance(data, DataInput)
    assert (data.path, data.type) == (str(templates.root / "vision/data/taxi.csv"), "uri_file")


def test_it_is_said_with_the_command_that_keeps_a_version(templates: Desk) -> None:
    said = templates.notices(PIPELINE, path="vision/train/pipeline.yml")
    assert sorted(said) == [
        "vision/train/pipeline.yml:5:18: environment 'team' is not registered: vision/train/env.yml stands in for it;"
        " 'mlpw environment create -f vision/train/env.yml' keeps a version",
        "vision/train/pipeline.yml:6:40: data 'taxi' is not registered: vision/train/data.yml stands in for it;"
        " 'mlpw data create -f vision/train/data.yml' keeps a version",
    ]


def test_a_component_stands_in_too(desk: Desk) -> None:
    desk.write("parts/train.yml", TRAIN)
    desk.write("data/x")
    graph = desk.graph("type: pipeline\njobs: {a: {component: 'azureml:train@latest', inputs: {data: {path: data}}}}\n")
    assert graph.steps["a"].command.startswith("python train.py")


def test_two_definitions_as_near_are_an_error(templates: Desk) -> None:
    assert "data 'taxi@latest' is not registered" in templates.error(PIPELINE)


def test_a_version_is_never_a_file(templates: Desk) -> None:
    text = PIPELINE.replace("team@latest", "team:1")
    assert "environment 'team:1' is not registered" in templates.error(text, path="vision/train/pipeline.yml")


def test_what_is_registered_counts_alone(templates: Desk) -> None:
    entry = CatalogEntry("team", "4", definition={"image": "registered"})
    templates.catalog = Registered({("environment", "team"): [entry]})
    step = templates.graph(PIPELINE, path="vision/train/pipeline.yml").steps["a"]
    assert step.environment.image == "registered"


def test_a_label_that_a_registered_name_lacks_is_an_error(templates: Desk) -> None:
    templates.catalog = Registered({("environment", "team"): [CatalogEntry("team", "4", archived=True)]})
    assert "has no label 'latest'" in templates.error(PIPELINE, path="vision/train/pipeline.yml")
