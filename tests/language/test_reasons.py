"""Why a step is stale, in the words that people and scripts read."""

import shutil

import pytest

from tests.support.shell import Shell

PIPELINE = """
type: pipeline
inputs:
  data: {type: uri_folder, path: raw}
  table: {type: uri_file, path: table.csv}
  learning_rate: 0.1
jobs:
  train:
    command: python train.py ${{inputs.learning_rate}} > ${{outputs.model}}
    code: src
    environment:
      image: some/image:1
      conda_file: {dependencies: []}
    inputs:
      data: ${{parent.inputs.data}}
      table: ${{parent.inputs.table}}
      learning_rate: ${{parent.inputs.learning_rate}}
    outputs: {model: {type: uri_file}}
    environment_variables: {SEED: "1"}
  report:
    command: cat ${{inputs.model}} > ${{outputs.out}}
    environment: {image: some/image:1}
    inputs: {model: "${{parent.jobs.train.outputs.model}}"}
    outputs: {out: {type: uri_file}}
"""


@pytest.fixture(scope="module")
def before(shared: Shell) -> Shell:
    """A workspace in which the pipeline ran."""
    shared.write("p.yml", PIPELINE)
    for i in range(120):
        shared.write(f"raw/{i:03}.csv", str(i))
    shared.write("table.csv", "1\n")
    shared.write("src/train.py", "print('model')\n")
    shared.write("src/deep/helper.py", "")
    assert shared.plan("p.yml") == {"train": "never run", "report": "waits for train; never run"}
    shared.run("p.yml")
    return shared


@pytest.fixture
def ran(before: Shell, shell: Shell) -> Shell:
    """A copy of it for one story."""
    root = shell.root.with_name("copy")
    shutil.copytree(before.root, root, symlinks=True)
    return Shell(root)


REASONS = [
    ("src/train.py", "print('better')\n", "train.py changed"),
    ("src/deep/helper.py", "x = 1\n", "deep/helper.py changed"),
    ("src/new.py", "", "new.py added"),
    ("raw/007.csv", "other", "input data changed: 1 of 120 files"),
    ("raw/new.csv", "new", "input data changed: 1 of 121 files"),
    ("table.csv", "2\n", "input data changed: table.csv (table)"),
]


@pytest.mark.parametrize(("path", "text", "reason"), REASONS, ids=[reason for _, _, reason in REASONS])
def test_a_file_that_changed_is_named(ran: Shell, path: str, text: str, reason: str) -> None:
    ran.write(path, text)

    assert ran.plan("p.yml") == {"train": reason, "report": "waits for train"}


def test_several_files_of_many_are_counted(ran: Shell) -> None:
    for i in (3, 50, 99):
        ran.write(f"raw/{i:03}.csv", "changed")

    assert ran.plan("p.yml")["train"] == "input data changed: 3 of 120 files"


YAML = [
    ("learning_rate: 0.1", "learning_rate: 0.05", "learning_rate 0.1 -> 0.05"),
    ("python train.py", "python -u train.py", "command changed"),
    (
        "conda_file: {dependencies: []}",
        "conda_file: {dependencies: [{pip: [a==1]}]}",
        "environment changed: a added: 1",
    ),
    ('{SEED: "1"}', '{SEED: "2"}', "environment variable SEED 1 -> 2"),
    (
        "{model: {type: uri_file}}",
        "{model: {type: uri_folder}}",
        "output declaration changed: model uri_file -> uri_folder",
    ),
    ("jobs:", "settings: {force_rerun: true}\njobs:", "settings.force_rerun is true"),
]


@pytest.mark.parametrize(("old", "new", "reason"), YAML, ids=[reason for _, _, reason in YAML])
def test_a_change_of_the_yaml_is_named(ran: Shell, old: str, new: str, reason: str) -> None:
    ran.edit("p.yml", old, new)

    assert ran.plan("p.yml")["train"] == reason


def test_a_result_taken_out_of_the_store_is_named(ran: Shell) -> None:
    path = ran.run("p.yml").path("train", "model")
    path.parent.chmod(0o700)
    path.unlink()

    assert ran.plan("p.yml")["train"] == "output removed from the store: model"
    assert ran.run("p.yml").statuses == {"train": "succeeded", "report": "reused"}


def test_several_reasons_are_all_told(ran: Shell) -> None:
    ran.write("src/train.py", "print('model'); print('more')\n")
    ran.write("table.csv", "2\n")

    run = ran.run("p.yml", "--set", "inputs.learning_rate=0.05")

    assert run.reasons("train") == [
        "train.py changed",
        "learning_rate 0.1 -> 0.05",
        "input data changed: table.csv (table)",
    ]
    assert run.reasons("report") == ["input data changed (model)"]


def test_an_output_that_came_out_the_same_reruns_nobody(ran: Shell) -> None:
    ran.write("src/train.py", "print('model')  # the same\n")

    assert ran.run("p.yml").statuses == {"train": "succeeded", "report": "reused"}


def test_going_back_finds_the_earlier_result(ran: Shell) -> None:
    ran.write("src/train.py", "print('worse')\n")
    ran.run("p.yml")
    ran.write("src/train.py", "print('model')\n")

    assert set(ran.plan("p.yml").values()) == {"up_to_date"}


def test_what_does_not_change_a_result_is_no_reason(ran: Shell) -> None:
    ran.edit("p.yml", "inputs:\n  data:", "# said to a reader\ndescription: words\ninputs:\n  data:")
    ran.edit(
        "p.yml", 'environment_variables: {SEED: "1"}', 'environment_variables: {SEED: "1"}\n    compute: azureml:gpu'
    )

    assert set(ran.plan("p.yml").values()) == {"up_to_date"}
