"""Versions through the command line: kept once, immutable, found again whatever becomes of their files."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import Bench

TRAIN = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: train
version: "1"
type: command
inputs:
  data: {type: uri_file}
outputs:
  model: {type: uri_folder}
code: ../src
environment: {image: python}
command: cat ${{inputs.data}} run.txt > ${{outputs.model}}/model.txt
"""
PIPELINE = """
type: pipeline
jobs:
  train:
    component: COMPONENT
    inputs:
      data: {type: uri_file, path: DATA}
"""
TAXI = """
name: taxi
type: uri_file
path: data/taxi.csv
"""


@pytest.fixture
def shop(bench: Bench) -> Bench:
    """A workspace with a component, its code, and data."""
    bench.write("components/train.yml", TRAIN)
    bench.write("src/run.txt", "one\n")
    bench.write("src/junk.log", "left out\n")
    bench.write("src/.gitignore", "*.log\n")
    bench.write("data/taxi.csv", "1,2\n")
    bench.write("taxi.yml", TAXI)
    return bench


def pipeline(bench: Bench, component: str, data: str) -> str:
    bench.write("pipe.yml", PIPELINE.replace("COMPONENT", component).replace("DATA", data))
    return "pipe.yml"


def made_model(bench: Bench) -> str:
    report = bench.ok("show", "latest/train", "--json").json
    return (Path(report["outputs"]["model"]["path"]) / "model.txt").read_text()


def test_registered_versions_run_after_their_files_are_gone(shop: Bench) -> None:
    shop.ok("component", "create", "-f", "components/train.yml")
    shop.ok("data", "create", "-f", "taxi.yml")
    for folder in ("components", "src", "data"):
        shutil.rmtree(shop.root / folder)
    shop.ok("run", pipeline(shop, "azureml:train:1", "azureml:taxi@latest"))
    assert made_model(shop) == "1,2\none\n"


def test_a_version_is_what_it_was_when_its_files_are_edited(shop: Bench) -> None:
    shop.ok("component", "create", "-f", "components/train.yml")
    shop.ok("data", "create", "-f", "taxi.yml")
    shop.write("src/run.txt", "two\n")
    shop.write("data/taxi.csv", "3,4\n")
    shop.ok("component", "create", "-f", "components/train.yml", "--version", "2")
    shop.ok("data", "create", "-f", "taxi.yml")
    shop.ok("run", pipeline(shop, "azureml:train:1", "azureml:taxi:1"))
    assert made_model(shop) == "1,2\none\n"
    shop.ok("run", pipeline(shop, "azureml:train@latest", "azureml:taxi@latest"))
    assert made_model(shop) == "3,4\ntwo\n"


def test_the_same_content_under_another_version_is_not_run_again(shop: Bench) -> None:
    shop.ok("run", pipeline(shop, "./components/train.yml", "data/taxi.csv"))
    for version in ("1", "2"):
        shop.ok("component", "create", "-f", "components/train.yml", "--version", version)
        shop.ok("data", "create", "-f", "taxi.yml", "--version", version)
        plan = shop.ok("plan", pipeline(shop, f"azureml:train:{version}", f"azureml:taxi:{version}"), "--json").json
        assert plan["steps"]["train"]["decision"] == "up_to_date"


def test_other_content_under_the_same_version_is_refused(shop: Bench) -> None:
    shop.ok("component", "create", "-f", "components/train.yml")
    shop.ok("data", "create", "-f", "taxi.yml", "--version", "7")
    shop.write("src/run.txt", "two\n")
    shop.write("data/taxi.csv", "3,4\n")
    assert "never changes; the next one would be 2" in shop.refused("component", "create", "-f", "components/train.yml")
    assert "the next one would be 8" in shop.refused("data", "create", "-f", "taxi.yml", "--version", "7")


def test_the_same_version_again_is_fine_when_only_words_about_it_changed(shop: Bench) -> None:
    before = shop.ok("component", "create", "-f", "components/train.yml", "--json").json
    shop.write("components/train.yml", f"# a remark{TRAIN}description: learns\ntags: {{team: a}}\n")
    after = shop.ok("component", "create", "-f", "components/train.yml", "--json").json
    assert (after["digest"], after["description"], after["tags"]) == (before["digest"], "learns", {"team": "a"})
    assert len(shop.ok("component", "list", "--name", "train", "--json").json["assets"]) == 1


def test_ignored_files_are_not_kept(shop: Bench) -> None:
    kept = Path(shop.ok("component", "create", "-f", "components/train.yml", "--json").json["path"])
    assert sorted(path.name for path in kept.rglob("*") if path.is_file()) == [".gitignore", "run.txt", "train.yml"]


def test_a_pipeline_component_is_kept_with_everything_below_it(bench: Bench) -> None:
    bench.write(
        "components/outer/outer.yml",
        """
        type: pipeline
        name: outer
        inputs:
          data: {type: uri_file}
        jobs:
          inner:
            component: ../inner/inner.yml
            inputs:
              data: ${{parent.inputs.data}}
        """,
    )
    inner = TRAIN.replace("name: train", "name: inner").replace("../src", "./code")
    bench.write("components/inner/inner.yml", inner.replace("{image: python}", "file:../../env/env.yml"))
    bench.write("components/inner/code/run.txt", "one\n")
    bench.write("env/env.yml", "name: env\nimage: python\nconda_file: conda/conda.yml\n")
    bench.write("env/conda/conda.yml", "dependencies: [python=3.11, {pip: [-r ../more.txt]}]\n")
    bench.write("env/more.txt", "six==1.16.0\n")
    bench.write("taxi.csv", "1,2\n")
    before = bench.ok("plan", pipeline(bench, "components/outer/outer.yml", "taxi.csv"), "--json").json
    bench.ok("component", "create", "-f", "components/outer/outer.yml", "--version", "5")
    for folder in ("components", "env"):
        shutil.rmtree(bench.root / folder)
    after = bench.ok("plan", pipeline(bench, "azureml:outer:5", "taxi.csv"), "--json").json
    assert after == before
    assert list(after["steps"]) == ["train.inner"]


def test_an_environment_is_kept_with_its_conda_file(shop: Bench) -> None:
    shop.write("env.yml", "name: env\nimage: python\nconda_file: conda.yml\n")
    shop.write("conda.yml", "dependencies: [python=3.11]\n")
    shop.ok("environment", "create", "-f", "env.yml")
    for name in ("env.yml", "conda.yml"):
        (shop.root / name).unlink()
    shop.write("components/train.yml", TRAIN.replace("{image: python}", "azureml:env:1"))
    shop.ok("plan", pipeline(shop, "./components/train.yml", "data/taxi.csv"))


def test_a_label_in_a_component_means_what_it_meant_when_it_was_registered(shop: Bench) -> None:
    shop.write("env.yml", "name: env\nimage: python:3.11\n")
    shop.ok("environment", "create", "-f", "env.yml")
    shop.write("components/train.yml", TRAIN.replace("{image: python}", "azureml:env@latest"))
    kept = Path(shop.ok("component", "create", "-f", "components/train.yml", "--json").json["path"])
    shop.write("env.yml", "name: env\nimage: python:3.12\n")
    shop.ok("environment", "create", "-f", "env.yml")
    assert "azureml:env:1" in (kept / "components/train.yml").read_text()


def test_an_archived_version_is_hidden_and_still_runs_where_it_is_named(shop: Bench) -> None:
    shop.ok("component", "create", "-f", "components/train.yml")
    assert shop.ok("component", "archive", "train:1").out == "component train:1 is archived\n"
    assert shop.ok("component", "list", "--json").json == {"assets": []}
    archived = shop.ok("component", "list", "--include-archived", "--json").json["assets"]
    assert [asset["archived"] for asset in archived] == [True]
    said = shop.ok("plan", pipeline(shop, "azureml:train:1", "data/taxi.csv"))
    assert "component train:1 is archived" in said.err
    assert "no label 'latest'" in shop.refused("plan", pipeline(shop, "azureml:train@latest", "data/taxi.csv"))
    shop.ok("component", "restore", "--name", "train", "--version", "1")
    assert "archived" not in shop.ok("plan", pipeline(shop, "azureml:train:1", "data/taxi.csv")).err


def test_latest_is_the_newest_that_is_not_archived(shop: Bench) -> None:
    for text in ("1\n", "2\n", "3\n"):
        shop.write("data/taxi.csv", text)
        shop.ok("data", "create", "-f", "taxi.yml")
    shop.ok("data", "archive", "taxi", "--label", "latest")
    assert shop.ok("data", "show", "taxi@latest", "--json").json["version"] == "2"
    shop.ok("data", "archive", "taxi")
    assert "versions: 3 (archived), 2 (archived), 1 (archived)" in shop.refused("data", "show", "taxi")


def test_flags_are_those_of_az_ml(shop: Bench) -> None:
    arguments = ("--file", "taxi.yml", "--name", "cabs", "--version", "2024", "--set", "description=rides")
    made = shop.ok("data", "create", *arguments, "--json").json
    assert (made["name"], made["version"], made["description"]) == ("cabs", "2024", "rides")
    shown = shop.ok("data", "show", "-n", "cabs", "-v", "2024", "--json").json
    assert shown == made
    assert shop.ok("data", "show", "-n", "cabs", "-l", "latest", "--json").json == made
    plain = shop.ok("data", "create", "-n", "bare", "--path", "data", "--type", "uri_folder", "--json").json
    assert sorted(path.name for path in Path(plain["path"]).iterdir()) == ["taxi.csv"]


def test_a_changed_value_is_part_of_what_is_kept(shop: Bench) -> None:
    shop.ok(
        "component", "create", "-f", "components/train.yml", "--set", "command=echo x > ${{outputs.model}}/model.txt"
    )
    shop.ok("run", pipeline(shop, "azureml:train:1", "data/taxi.csv"))
    assert made_model(shop) == "x\n"


def test_a_model_is_kept_and_read_as_an_input(shop: Bench) -> None:
    shop.write("model.yml", "name: best\nversion: 3\ntype: custom_model\npath: data\n")
    shop.ok("model", "create", "-f", "model.yml")
    shutil.rmtree(shop.root / "data")
    shop.write(
        "components/train.yml", TRAIN.replace("uri_file", "custom_model").replace("inputs.data}}", "inputs.data}}/*")
    )
    text = PIPELINE.replace("COMPONENT", "./components/train.yml").replace("type: uri_file", "type: custom_model")
    shop.write("pipe.yml", text.replace("DATA", "azureml:best:3"))
    shop.ok("run", "pipe.yml")
    assert made_model(shop) == "1,2\none\n"


def test_data_that_stays_in_a_cloud_is_kept_by_its_address(shop: Bench) -> None:
    shop.write("web.yml", "name: web\ntype: uri_file\npath: wasbs://box@account.example/taxi.csv\n")
    said = shop.ok("data", "create", "-f", "web.yml", "--json")
    assert "only its address is kept" in said.err
    assert "not on this machine" in shop.refused("run", pipeline(shop, "./components/train.yml", "azureml:web:1"))
    shop.write("mlpw.yml", "data: {'wasbs://box@account.example/taxi.csv': data/taxi.csv}\n")
    shop.ok("run", pipeline(shop, "./components/train.yml", "azureml:web:1"))
    assert made_model(shop) == "1,2\none\n"


def test_data_of_a_datastore_may_be_registered_before_it_is_there(shop: Bench) -> None:
    address = "azureml://datastores/workspaceblobstore/paths/taxi.csv"
    shop.ok("data", "create", "--name", "later", "--type", "uri_file", "--path", address)
    place = shop.root / ".mlpw/datastores/workspaceblobstore"
    place.mkdir(parents=True, exist_ok=True)
    (place / "taxi.csv").write_text("5,6\n")
    shop.ok("run", pipeline(shop, "./components/train.yml", "azureml:later:1"))
    assert made_model(shop) == "5,6\none\n"


def test_a_registered_output_says_which_run_made_it(shop: Bench) -> None:
    shop.write("components/train.yml", TRAIN.replace("model: {type: uri_folder}", "model: {type: custom_model}"))
    text = PIPELINE.replace("COMPONENT", "./components/train.yml").replace("DATA", "data/taxi.csv")
    shop.write("pipe.yml", f"{text}    outputs:\n      model: {{type: custom_model, name: best}}\n")
    shop.ok("run", "pipe.yml")
    assert shop.ok("model", "show", "best:1", "--json").json["made_by"] == {"run": "1", "step": "train"}
    assert "run 1, train" in shop.ok("model", "list").out


def test_a_terminal_is_not_obeyed_by_names_and_descriptions(shop: Bench) -> None:
    shop.ok("data", "create", "-f", "taxi.yml", "--description", "red \033[31m and\nmore")
    shown = shop.ok("data", "list").out
    assert "\033" not in shown
    assert len(shown.splitlines()) == 2


REFUSALS = {
    "no file": (("data", "create", "-f", "none.yml"), "there is no such file"),
    "nothing given": (("data", "create"), "name its YAML"),
    "no name": (("data", "create", "--path", "data"), "has no name"),
    "no path": (("data", "create", "-f", "taxi.yml", "--set", "path="), "has no path"),
    "a path that is not there": (("data", "create", "-f", "taxi.yml", "--set", "path=data/tax.csv"), "'taxi.csv'?"),
    "a path outside": (("data", "create", "-f", "taxi.yml", "--set", "path=/etc/hostname"), "leaves the workspace"),
    "a folder as uri_file": (("data", "create", "-f", "taxi.yml", "--set", "path=data"), "write 'type: uri_folder'"),
    "a file as uri_folder": (("data", "create", "-f", "taxi.yml", "--type", "uri_folder"), "write 'type: uri_file'"),
    "an unknown type": (("data", "create", "-f", "taxi.yml", "--type", "uri_fil"), "did you mean 'uri_file'?"),
    "an unknown key": (("data", "create", "-f", "taxi.yml", "--set", "pth=data"), "did you mean 'path'?"),
    "a name with a colon": (("data", "create", "-f", "taxi.yml", "-n", "a:b"), "cannot be a name"),
    "a name with a slash": (("data", "create", "-f", "taxi.yml", "-n", "../a"), "cannot be a name"),
    "a name with ESC": (("data", "create", "-f", "taxi.yml", "-n", "a\033b"), "cannot be a name"),
    "a name of 300 letters": (("data", "create", "-f", "taxi.yml", "-n", "a" * 300), "cannot be a name"),
    "a version with @": (("data", "create", "-f", "taxi.yml", "-v", "1@2"), "cannot be a version"),
    "a version called latest": (("data", "create", "-f", "taxi.yml", "-v", "latest"), "cannot be called latest"),
    "a component as data": (("data", "create", "-f", "components/train.yml"), "mlpw component create"),
    "data as a component": (("component", "create", "-f", "taxi.yml"), ""),
    "a pipeline as a component": (("component", "create", "-f", "job.yml"), "mlpw run job.yml"),
    "code that is absolute": (("component", "create", "-f", "components/train.yml", "--set", "code=/tmp"), "absolute"),
    "code that is not there": (("component", "create", "-f", "components/train.yml", "--set", "code=../sr"), "'src'?"),
    "an environment of nothing": (("environment", "create", "-f", "taxi.yml"), ""),
    "a conda file that is not there": (("environment", "create", "-n", "e", "--conda-file", "c.yml"), "does not exist"),
    "a set without =": (("data", "create", "-f", "taxi.yml", "--set", "path"), "expected KEY=VALUE"),
    "no such version": (("data", "show", "none:1"), "register it"),
    "version and label": (("data", "show", "taxi:1", "--label", "latest"), "not both"),
    "two names": (("data", "show", "taxi", "--name", "taxi"), "a name is needed, once"),
    "a broken reference": (("data", "show", "taxi@"), "expected NAME"),
    "archive of nothing": (("model", "archive", "none"), "no model 'none'"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_kept_is_refused_in_one_line(shop: Bench, arguments: tuple[str, ...], said: str) -> None:
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\n"
    shop.write("job.yml", f"{schema}type: pipeline\njobs: {{a: {{command: echo}}}}\n")
    assert said in shop.refused(*arguments)
    assert not (shop.root / ".mlpw").exists()
