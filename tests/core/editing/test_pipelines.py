"""Edits of pipelines: each changes the lines it must, and nothing else, however the file is written."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

from core.definitions.yaml_reader import parse_yaml, plain
from core.editing import pipelines
from core.editing.document import Document
from core.editing.pipelines import NewStep, Source
from core.errors import DefinitionError, UsageError

SAMPLE = Path(__file__).parents[3] / "sample_workspace"

#: Shapes that public pipelines have: comments everywhere, empty lines or none, quotes, long forms, lists, blocks.
SPACED = """\
# A pipeline that people wrote by hand.
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline

inputs:
  raw:              # where it comes from
    type: uri_folder
    path: ./data    # relative
  rate: "0.10"      # a text

# <jobs>
jobs:
  # First of all.
  prepare:   # two words about it
    type: command
    component: ./prepare.yml
    inputs:
      raw: ${{parent.inputs.raw}}
      # kept: this comment stands alone

  train:
    type: command
    component: azureml:train@latest
    inputs:
      data:
        type: uri_folder
        mode: download
        path: ${{ parent.jobs.prepare.outputs.out }}
      rate: ${{parent.inputs.rate}}
    outputs:
      model: ${{parent.outputs.model}}

  # What it is worth.
  report:
    command: >-
      python report.py
      --model ${{inputs.model}} --raw '${{inputs.raw}}'
    inputs:
      model: "${{parent.jobs.train.outputs.model}}"
      raw: '${{parent.jobs.prepare.outputs.out}}'
    environment:
      image: python
# </jobs>

outputs:
  model: {type: uri_folder}
"""
TIGHT = """\
type: pipeline
jobs:
    a:
        component: ./a.yml
        outputs:
            o:
    b:
        component: ./b.yml
        inputs: {x: "${{parent.jobs.a.outputs.o}}", y: 3}
settings: {default_compute: azureml:cpu, on_init: a}
"""
FLOW = (
    '{"type": "pipeline", "jobs": {"a": {"command": "echo"}, '
    '"b": {"command": "cat", "inputs": {"x": "${{parent.jobs.a.outputs.o}}"}}}}\n'
)
JSON = """\
{
 "type": "pipeline",
 "jobs": {
  "a": {
   "command": "echo"
  },
  "b": {
   "command": "cat",
   "inputs": {
    "x": "${{parent.jobs.a.outputs.o}}"
   }
  }
 }
}"""
SHAPES = {"spaced": SPACED, "tight": TIGHT, "flow": FLOW, "json": JSON}
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "windows": lambda text: text.replace("\n", "\r\n"),
    "no last line end": lambda text: text.rstrip("\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "not only ascii": lambda text: text if text.startswith("{") else "# größer, 大\n" + text,
}
SAMPLES = [*sorted((SAMPLE / "pipelines").glob("*.yml")), SAMPLE / "components" / "train_models.yml"]
EVERY = {
    **{f"{name}, {form}": change(text) for name, text in SHAPES.items() for form, change in FORMS.items()},
    **{path.name: path.read_text() for path in SAMPLES},
}


def document(text: str) -> Document:
    return Document(text, "pipeline.yml")


def read(text: str) -> dict[str, object]:
    found = plain(parse_yaml(text.encode(), "pipeline.yml"))
    assert isinstance(found, dict)
    return found


def jobs(text: str) -> dict[str, dict[str, object]]:
    return read(text)["jobs"]  # type: ignore[return-value]  # what the file holds


def changed(before: str, after: str) -> list[str]:
    """The lines that differ, with - and + before them."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[0] + line[2:] for line in lines if line[0] in "-+"]


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_a_step_added_and_taken_out_again_leaves_every_byte_as_it_was(text: str) -> None:
    step = NewStep("added", component="./c.yml", inputs={"x": "${{parent.inputs.raw}}", "n": 3})
    new = pipelines.add_step(document(text), step)
    expected = {"type": "command", "component": "./c.yml", "inputs": {"x": "${{parent.inputs.raw}}", "n": 3}}
    assert jobs(new) == {**jobs(text), "added": expected}
    assert list(jobs(new))[-1] == "added"
    kept = [line for line in changed(text, new) if line.startswith("-")]
    assert len(kept) <= (1 if text.lstrip("\ufeff").startswith("{") else 0)
    assert pipelines.remove_step(document(new), "added") == text


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_a_rename_goes_wherever_the_step_is_named_and_back(text: str) -> None:
    for step in document(text).keys(("jobs",)):
        new = pipelines.rename_step(document(text), step, "on")  # a word that YAML would take for true
        assert [name for name in jobs(new) if name not in jobs(text)] == ["on"]
        assert f"parent.jobs.{step}." not in str(read(new))
        named = sum(f"parent.jobs.{step}." in line.replace(" ", "") for line in text.splitlines())
        assert len(changed(text, new)) <= 2 * (named + 2)
        assert pipelines.rename_step(document(new), "on", step).replace(f"'{step}'", step).replace(
            f'"{step}"', step
        ) == text.replace(f'"{step}"', step)


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_values_are_put_where_they_belong_with_one_line_each(text: str) -> None:
    for step in document(text).keys(("jobs",)):
        new = pipelines.set_value(document(text), f"jobs.{step}.compute", "azureml:gpu")
        assert jobs(new)[step] == {**jobs(text)[step], "compute": "azureml:gpu"}
        assert len([line for line in changed(text, new) if line.startswith("+")]) <= 2
        new = pipelines.connect(document(text), step, "extra", Source("o", "other"))
        given = jobs(new)[step]["inputs"]
        assert isinstance(given, dict)
        assert given["extra"] == "${{parent.jobs.other.outputs.o}}"
        assert pipelines.disconnect(document(new), step, "extra") == text


def test_a_step_goes_with_its_comment_and_all_that_took_its_outputs() -> None:
    new = pipelines.remove_step(document(SPACED), "prepare")
    assert changed(SPACED, new) == [
        *("-  # First of all.", "-  prepare:   # two words about it", "-    type: command"),
        *("-    component: ./prepare.yml", "-    inputs:", "-      raw: ${{parent.inputs.raw}}"),
        *("-      # kept: this comment stands alone", "-"),
        *("-      data:", "-        type: uri_folder", "-        mode: download"),
        *("-        path: ${{ parent.jobs.prepare.outputs.out }}",),
        *("-      raw: '${{parent.jobs.prepare.outputs.out}}'",),
    ]


def test_a_bound_long_form_keeps_its_type_and_mode() -> None:
    new = pipelines.connect(document(SPACED), "train", "data", Source("raw"))
    assert changed(SPACED, new) == [
        "-        path: ${{ parent.jobs.prepare.outputs.out }}",
        "+        path: ${{parent.inputs.raw}}",
    ]


def test_a_value_keeps_its_quotes_and_the_comment_beside_it() -> None:
    new = pipelines.set_value(document(SPACED), "inputs.rate", "high")
    assert changed(SPACED, new) == ['-  rate: "0.10"      # a text', '+  rate: "high"      # a text']
    new = pipelines.set_value(document(SPACED), "inputs.raw", "../other # place")
    assert changed(SPACED, new) == [
        "-    path: ./data    # relative",
        "+    path: '../other # place'    # relative",
    ]


@pytest.mark.parametrize(
    ("given", "written"),
    [("0.05", "0.05"), ("0.050", "'0.050'"), ("1e-3", "1e-3"), ("no", "'no'"), ("true", "true"), ("010", "'010'"),
     ("", "''"), ("~", "'~'"),
     ("a: b", "'a: b'"), ("it's", "it's"), ("- x", "'- x'"), ("é", "é"), ("1:30", "'1:30'"), ("-5", "-5")],
)  # fmt: skip
def test_a_value_as_typed_is_what_is_read(given: str, written: str) -> None:
    new = pipelines.set_value(document(TIGHT), "jobs.a.display_name", given)
    assert changed(TIGHT, new) == [f"+        display_name: {written}"]
    found = jobs(new)["a"]["display_name"]
    assert (given.lower() if isinstance(found, bool) else given) == str(found).lower() or float(given) == found


def test_a_declared_type_says_what_a_value_as_typed_is() -> None:
    for kind, written in (("number", "0.050"), ("string", "'0.050'"), ("", "'0.050'")):
        new = pipelines.set_value(document(TIGHT), "jobs.a.inputs.rate", "0.050", kind)
        assert changed(TIGHT, new) == ["+        inputs:", f"+            rate: {written}"]
    new = pipelines.set_value(document(TIGHT), "jobs.b.inputs.y", "5", "string")
    assert jobs(new)["b"]["inputs"] == {"x": "${{parent.jobs.a.outputs.o}}", "y": "5"}


def test_several_lines_are_written_as_a_block() -> None:
    new = pipelines.set_value(document(SPACED), "jobs.report.command", "one\ntwo '${{inputs.raw}}'")
    assert jobs(new)["report"]["command"] == "one\ntwo '${{inputs.raw}}'"
    assert "+    command: |-" in changed(SPACED, new)


def test_the_last_input_goes_with_the_word_inputs_but_never_with_a_comment_of_its_own() -> None:
    new = pipelines.disconnect(document(SPACED), "prepare", "raw")
    assert changed(SPACED, new) == [
        "-    inputs:",
        "+    inputs: {}",
        "-      raw: ${{parent.inputs.raw}}",
    ]
    assert jobs(new)["prepare"]["inputs"] == {}
    assert jobs(pipelines.connect(document(new), "prepare", "raw", Source("raw"))) == jobs(SPACED)
    assert "inputs" not in jobs(pipelines.disconnect(document(JSON), "b", "x"))["b"]


def test_inputs_and_outputs_of_the_pipeline_stand_where_people_write_them() -> None:
    new = pipelines.add_output(document(TIGHT), "out", "uri_file", "b", "o")
    new = pipelines.add_input(document(new), "rate", "number", "0.10")
    new = pipelines.add_input(document(new), "data", "uri_folder")
    assert new.startswith(
        "type: pipeline\ninputs:\n    rate: 0.10\n    data:\n        type: uri_folder\noutputs:\n    out:\n"
    )
    assert jobs(new)["b"]["outputs"] == {"o": "${{parent.outputs.out}}"}


def test_an_input_that_waits_for_a_value_goes_when_nothing_takes_it() -> None:
    text = pipelines.add_input(document(TIGHT), "data", "uri_folder")
    text = pipelines.connect(document(text), "b", "z", Source("data"))
    assert pipelines.inputs_named_by(document(text), "b") == ["data"]
    assert pipelines.drop_open_inputs(document(text), ["data"]) == text
    free = pipelines.disconnect(document(text), "b", "z")
    assert pipelines.drop_open_inputs(document(free), ["data", "none"]) == TIGHT


def test_steps_of_a_pipeline_inside_a_step_are_another_scope() -> None:
    text = (
        "jobs:\n  a: {command: x}\n  b:\n    inputs:\n      i: ${{parent.jobs.a.outputs.o}}\n"
        "    jobs:\n      c: {inputs: {i: '${{parent.jobs.a.outputs.o}}'}}\n      a: {command: y}\n"
    )
    assert changed(text, pipelines.rename_step(document(text), "a", "z")) == [
        *("-  a: {command: x}", "+  z: {command: x}"),
        *("-      i: ${{parent.jobs.a.outputs.o}}", "+      i: ${{parent.jobs.z.outputs.o}}"),
    ]


def test_a_name_that_begins_like_another_is_another() -> None:
    text = "jobs:\n  a: {command: x}\n  ab: {command: '${{parent.jobs.a.outputs.o}} ${{parent.jobs.ab.outputs.o}}'}\n"
    assert "parent.jobs.z.outputs" in pipelines.rename_step(document(text), "a", "z")
    assert "parent.jobs.ab.outputs" in pipelines.rename_step(document(text), "a", "z")


REFUSED: list[tuple[str, Callable[[Document], str], str]] = [
    (SPACED, lambda d: pipelines.remove_step(d, "trian"), "did you mean 'train'"),
    (SPACED, lambda d: pipelines.rename_step(d, "train", "report"), "there is a step 'report' already"),
    (SPACED, lambda d: pipelines.add_step(d, NewStep("train", command="x")), "there is a step 'train' already"),
    (SPACED, lambda d: pipelines.disconnect(d, "train", "dat"), "did you mean 'data'"),
    (SPACED, lambda d: pipelines.remove_step(d, "train.inner"), "edit the file of its component"),
    (SPACED, lambda d: pipelines.add_input(d, "raw", ""), "has an input 'raw' already"),
    (SPACED, lambda d: pipelines.unset(d, "settings.x"), "there is no 'settings.x'"),
    ("command: x\n", lambda d: pipelines.add_step(d, NewStep("a", command="x")), "holds no steps"),
    ("jobs: {a: &x {command: x}, b: *x}\n", lambda d: pipelines.set_value(d, "jobs.b.compute", "y"), "is an alias"),
    ("jobs: {a: {compute: &x y}, b: {compute: *x}}\n", lambda d: pipelines.set_value(d, "jobs.a.compute", "z"),
     "has an anchor"),
    ("jobs:\n  a:\n    x: 1\n    x: 1\n", lambda d: pipelines.set_value(d, "jobs.a.x", "2"), "is written twice"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edit", "said"), REFUSED, ids=[said for _, _, said in REFUSED])
def test_what_cannot_be_done_is_said(text: str, edit: Callable[[Document], str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        edit(document(text))


def test_a_file_that_is_no_yaml_is_said_as_the_loader_says_it() -> None:
    with pytest.raises(DefinitionError, match="not valid YAML"):
        document("jobs: [\n")
