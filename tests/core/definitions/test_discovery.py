"""The definitions of a workspace are found and told apart without following references."""

import pytest

from core.definitions.discovery import classify, discover
from core.definitions.yaml_reader import parse_yaml
from tests.support.pipelines import TRAIN, Desk

SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/{}.schema.json\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SCHEMA.format("pipelineJob") + "jobs: {}", "pipeline"),
        (SCHEMA.format("commandJob") + "command: x", "pipeline"),
        (SCHEMA.format("pipelineComponent") + "jobs: {}", "component"),
        (SCHEMA.format("commandComponent") + "command: x", "component"),
        (SCHEMA.format("data") + "path: x", "data"),
        (SCHEMA.format("environment") + "image: x", "environment"),
        (SCHEMA.format("model") + "path: x", "model"),
        (SCHEMA.format("managedOnlineEndpoint") + "name: x", ""),
        (SCHEMA.format("amlCompute") + "name: x\nimage: y", ""),
        (SCHEMA.format("dockerCompute") + "name: x\ntype: docker", "compute"),
        ("name: x\ntype: docker\nhost: local", "compute"),
        ("type: docker\nsteps: []", ""),
        ("type: pipeline\njobs: {}", "pipeline"),
        ("name: p\ntype: pipeline\ninputs: {a: {type: number}}\njobs: {}", "component"),
        ("name: p\ntype: pipeline\ninputs: {a: 3}\njobs: {}", "pipeline"),
        ("type: command\ncommand: x\nenvironment: y\ncompute: z", "pipeline"),
        (TRAIN, "component"),
        ("name: d\ntype: uri_folder\npath: ./d", "data"),
        ("name: m\ntype: mlflow_model\npath: ./m", "model"),
        ("name: e\nimage: x", "environment"),
        ("name: conda\nchannels: []\ndependencies: []", ""),
        ("- a", ""),
        ("'on': push\njobs: {build: {steps: []}}", ""),
    ],
)
def test_a_document_is_told_by_schema_and_keys(text: str, kind: str) -> None:
    assert classify(parse_yaml(text.encode(), "x.yml")) == kind


def test_definitions_are_listed_by_path(desk: Desk) -> None:
    desk.write("pipelines/a.yml", "type: pipeline\ndisplay_name: A\njobs: {x: {component: nowhere.yml}}\n")
    desk.write("parts/train.yaml", TRAIN)
    desk.write("parts/conda.yml", "dependencies: [python]")
    desk.write("data/taxi.yml", "name: taxi\ndescription: Rides\nversion: 2\ntype: uri_folder\npath: .\n")
    found = discover(desk.root)
    assert [(entry.path, entry.kind, entry.name) for entry in found] == [
        ("data/taxi.yml", "data", "taxi"),
        ("parts/train.yaml", "component", "train"),
        ("pipelines/a.yml", "pipeline", ""),
    ]
    assert (found[0].description, found[0].version, found[0].type) == ("Rides", "2", "uri_folder")
    assert found[2].display_name == "A"


def test_what_is_hidden_ignored_or_an_environment_is_left_out(desk: Desk) -> None:
    for folder in (".git", ".mlpw/runs", "node_modules/x", "venv", "built", "deep/cache", "deep/kept"):
        desk.write(f"{folder}/p.yml", "type: pipeline\njobs: {x: {component: a.yml}}\n")
    desk.write("venv/pyvenv.cfg")
    desk.write(".gitignore", "# made\nbuilt/\n/deep/cache\n!deep/kept\n")
    assert [entry.path for entry in discover(desk.root)] == ["deep/kept/p.yml"]


def test_a_file_that_does_not_load_is_listed_with_its_error(desk: Desk) -> None:
    desk.write("p.yml", SCHEMA.format("pipelineJob") + "jobs: {a: [}\n")
    desk.write("notes.yml", "image: [}\n")
    (entry,) = discover(desk.root)
    assert (entry.path, entry.kind) == ("p.yml", "pipeline")
    assert entry.location is not None
    assert entry.location.line == 2
    assert entry.error.startswith("p.yml:2:")


def test_a_folder_that_links_to_itself_ends(desk: Desk) -> None:
    (desk.root / "loop").symlink_to(".")
    desk.write("p.yml", "type: pipeline\njobs: {x: {component: a.yml}}\n")
    assert [entry.path for entry in discover(desk.root)] == ["p.yml"]
