"""`mlpw edit` and `mlpw clone`: pipelines changed from the command line."""

import pytest

from tests.support.commands import Bench

PIPE = """\
# mine
type: pipeline
inputs:
  word: hello   # said first
jobs:
  say:
    command: echo ${{inputs.word}} > ${{outputs.said}}
    environment: {image: python}
    inputs:
      word: ${{parent.inputs.word}}
    outputs:
      said: {type: uri_file}
"""
SHOUT = """\
name: shout
type: command
inputs:
  text: {type: uri_file}
  times: {type: integer, default: 1, max: 9}
outputs:
  loud: {type: uri_file}
environment: {image: python}
command: for i in $(seq ${{inputs.times}}); do tr a-z A-Z < ${{inputs.text}}; done | tee ${{outputs.loud}}
"""


@pytest.fixture
def desk(bench: Bench) -> Bench:
    bench.write("pipelines/pipe.yml", PIPE)
    bench.write("components/shout.yml", SHOUT)
    return bench


def text(desk: Bench) -> str:
    return (desk.root / "pipelines/pipe.yml").read_text()


def test_a_pipeline_of_three_steps_is_built_from_a_blank_one_and_runs(bench: Bench) -> None:
    pipe = "pipelines/pipeline.yml"
    bench.ok("init", "--template", "blank")
    bench.write("components/shout.yml", SHOUT)
    bench.ok("edit", "add-step", pipe, "--name", "say", "--command", "echo hello > ${{outputs.said}}")
    bench.ok("edit", "add-step", pipe, "--component", "components/shout.yml", "--open")
    bench.ok("edit", "connect", pipe, "say.said", "shout.text")
    bench.ok("edit", "set", pipe, "jobs.shout.inputs.times=2")
    count = "wc -l < ${{inputs.lines}} > ${{outputs.number}}; cat ${{outputs.number}}"
    given = ("--input", "lines=shout.loud", "--output", "number=uri_file")
    bench.ok("edit", "add-step", pipe, "--name", "amount", "--command", count, *given)
    bench.ok("edit", "rename-step", pipe, "amount", "count")
    bench.ok("edit", "remove-step", pipe, "start")
    bench.ok("edit", "add-output", pipe, "number", "count.number")
    ran = bench.ok("run", pipe, "--json").json
    assert {name: step["status"] for name, step in ran["steps"].items()} == {
        "say": "succeeded",
        "shout": "succeeded",
        "count": "succeeded",
    }
    assert bench.ok("logs", "1/count").out.strip() == "2"
    assert list(ran["outputs"]) == ["number"]


def test_an_edit_shows_its_change_and_is_taken_back(desk: Bench) -> None:
    said = desk.ok("edit", "set", "pipelines/pipe.yml", "inputs.word=bye").out.splitlines()
    changed = ["-  word: hello   # said first", "+  word: bye   # said first"]
    assert [line for line in said[2:] if line[0] in "+-"] == changed
    assert "word: bye   # said first" in text(desk)
    again = desk.ok("edit", "undo", "pipelines/pipe.yml", "--json").json
    assert again["title"] == "undo: set inputs.word=bye"
    assert text(desk) == PIPE
    desk.ok("edit", "redo", "pipelines/pipe.yml")
    assert "word: bye   # said first" in text(desk)


def test_several_values_are_one_edit(desk: Bench) -> None:
    desk.ok("edit", "add-input", "pipelines/pipe.yml", "rate", "--type", "number", "--value", "0.10")
    assert "  rate: 0.10\n" in text(desk)
    changes = ("inputs.word=x", "jobs.say.compute=azureml:gpu", "--unset", "inputs.rate")
    desk.ok("edit", "set", "pipelines/pipe.yml", *changes)
    assert text(desk) == PIPE.replace("hello ", "x ").replace(
        "    environment: {image: python}\n", "    environment: {image: python}\n    compute: azureml:gpu\n"
    )
    desk.ok("edit", "undo", "pipelines/pipe.yml")
    desk.ok("edit", "undo", "pipelines/pipe.yml")
    assert text(desk) == PIPE


def test_a_dry_run_only_shows(desk: Bench) -> None:
    before = desk.everything()
    told = desk.ok("edit", "rename-step", "pipelines/pipe.yml", "say", "tell", "--dry-run", "--json").json
    assert (told["written"], "+  tell:" in told["diff"]) == (False, True)
    assert desk.everything() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add-step", "pipelines/pipe.yml", "--component", "components/shout.yml"), "required input 'text'"),
        (("add-step", "pipelines/pipe.yml", "--component", "components/shuot.yml"), "did you mean 'shout.yml'"),
        (("add-step", "pipelines/pipe.yml"), "needs a component or a command"),
        (("add-step", "pipelines/pipe.yml", "--command", "true"), "give --name"),
        (("remove-step", "pipelines/pipe.yml", "sya"), "did you mean 'say'"),
        (("remove-step", "pipelines/pipe.yml", "say"), "no jobs"),
        (("connect", "pipelines/pipe.yml", "say", "say.word"), "is not STEP.OUTPUT"),
        (("connect", "pipelines/pipe.yml", "say.said", "say.word"), "say"),
        (("disconnect", "pipelines/pipe.yml", "say.word"), "word"),
        (("set", "pipelines/pipe.yml", "inputs.word"), "expected a name"),
        (("set", "pipelines/pipe.yml", "job.say.compute=x"), "did you mean 'jobs'"),
        (("unset", "pipelines/pipe.yml", "inputs.wrod"), "there is no 'inputs.wrod'"),
        (("undo", "pipelines/pipe.yml"), "to undo"),
        (("set", "pipelines/none.yml", "inputs.a=1"), "no such file"),
        (("set", "components/shout.yml", "jobs.a.compute=1"), "there is no step 'a'"),
    ],
)
def test_what_would_break_the_pipeline_is_not_made(desk: Bench, arguments: tuple[str, ...], said: str) -> None:
    assert said in desk.refused("edit", *arguments)


def test_a_component_is_named_from_where_one_stands(desk: Bench) -> None:
    desk.ok("-C", "components", "edit", "add-step", "../pipelines/pipe.yml", "--component", "shout.yml", "--open")
    assert "component: ../components/shout.yml" in text(desk)
    desk.ok("component", "create", "-f", "components/shout.yml", "--version", "3")
    desk.ok("edit", "add-step", "pipelines/pipe.yml", "--component", "shout:3", "--input", "text=say.said")
    assert "  shout_2:\n    type: command\n    component: azureml:shout:3\n" in text(desk)


def test_a_clone_stands_beside_the_first_and_runs(desk: Bench) -> None:
    assert desk.ok("clone", "pipelines/pipe.yml", "other", "--json").json == {"file": "pipelines/other.yml"}
    assert desk.ok("plan", "pipelines/other.yml").code == 0
    assert "is there already" in desk.refused("clone", "pipelines/pipe.yml", "other")
