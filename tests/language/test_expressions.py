"""Every form of `${{ ... }}`, and every way to bind an output."""

import pytest

from tests.support.shell import Report, Shell

PIPELINE = """
type: pipeline
inputs:
  word: hello
  group.inner: grouped
  data: {type: uri_file, path: data.txt}
  count: 3
outputs:
  promoted: {type: uri_file}
  nested: {type: uri_file}
  delivered: {type: uri_folder, path: ./delivered}
settings:
  default_datastore: azureml:shelf
jobs:
  first:
    command: >-
      echo word ${{inputs.word}} > ${{outputs.out}};
      echo spaced ${{ inputs.word }} >> ${{outputs.out}};
      echo name ${{name}} >> ${{outputs.out}};
      echo path ${{inputs.data.path}} >> ${{outputs.out}};
      cat ${{inputs.data}} >> ${{outputs.out}};
      echo text ${{inputs.text}} >> ${{outputs.out}};
      echo group ${{inputs.grouped}} >> ${{outputs.out}};
      echo store ${{inputs.store}} >> ${{outputs.out}};
      touch ${{outputs.other}}/seen; echo kept > ./outputs/kept.txt; echo logged > ./logs/log.txt
    environment: {image: python}
    inputs:
      word: ${{parent.inputs.word}}
      data: ${{parent.inputs.data}}
      text: "${{parent.inputs.word}} times ${{parent.inputs.count}}"
      grouped: ${{parent.inputs.group.inner}}
      store: ${{default_datastore}}
    outputs:
      out: ${{parent.outputs.promoted}}
      other:
  sibling:
    command: cat ${{inputs.made}} > ${{outputs.out}}; echo ${{inputs.same}} >> ${{outputs.out}}
    environment: {image: python}
    inputs:
      made: ${{parent.jobs.first.outputs.out}}
      same: ${{parent.jobs.first.inputs.text}}
    outputs:
      out: {type: uri_file, mode: rw_mount}
  long:
    command: cat ${{inputs.made}} > ${{outputs.out}}/f; ls ${{inputs.kept}} > ${{outputs.beside}}
    environment: {image: python}
    inputs:
      made: {type: uri_file, mode: ro_mount, path: "${{parent.jobs.sibling.outputs.out}}"}
      kept: ${{parent.jobs.first.outputs.artifacts}}
    outputs:
      out: {type: uri_folder, path: "${{parent.outputs.delivered}}"}
      beside: {type: uri_file, path: "./beside/${{name}}.txt"}
  outer:
    type: pipeline
    component: outer.yml
    inputs: {seed: "${{parent.inputs.count}}"}
    outputs: {made: "${{parent.outputs.nested}}"}
"""


@pytest.fixture(scope="module")
def run(shared: Shell) -> Report:
    """One pipeline with every form."""
    shared.write("data.txt", "content\n")
    shared.write("pipeline.yml", PIPELINE)
    shared.write(
        "outer.yml",
        """
        name: outer
        type: pipeline
        inputs: {seed: {type: integer}}
        outputs: {made: {type: uri_file}}
        jobs:
          inner:
            type: pipeline
            component: parts/inner.yml
            inputs: {seed: "${{parent.inputs.seed}}"}
            outputs: {made: "${{parent.outputs.made}}"}
    """,
    )
    shared.write(
        "parts/inner.yml",
        """
        name: inner
        type: pipeline
        inputs: {seed: {type: integer}}
        outputs: {made: {type: uri_file}}
        jobs:
          leaf:
            command: echo leaf ${{inputs.seed}} > ${{outputs.made}}
            environment: {image: python}
            inputs: {seed: "${{parent.inputs.seed}}"}
            outputs: {made: "${{parent.outputs.made}}"}
    """,
    )
    return shared.run("pipeline.yml")


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (0, "word hello"),
        (1, "spaced hello"),
        (2, "name pipeline-0001"),
        (4, "content"),
        (5, "text hello times 3"),
        (6, "group grouped"),
        (7, "store shelf"),
    ],
)
def test_an_expression_in_a_command_or_input_stands_for_this(run: Report, number: int, line: str) -> None:
    assert run.lines("first")[number] == line


def test_a_data_input_is_the_path_of_the_users_own_file(shared: Shell, run: Report) -> None:
    assert run.lines("first")[3] == f"path {shared.root / 'data.txt'}"


def test_a_sibling_gives_its_outputs_and_its_inputs(run: Report) -> None:
    assert run.lines("sibling")[:8] == run.lines("first")
    assert run.lines("sibling")[8] == "hello times 3"


def test_a_binding_may_be_a_mapping_with_type_and_mode(run: Report) -> None:
    assert run.text("long") == run.text("sibling")


def test_the_artifacts_of_a_step_are_an_output_without_declaration(run: Report) -> None:
    assert run.lines("long", "beside") == ["logs", "outputs"]


def test_an_output_without_anything_said_is_a_folder(run: Report) -> None:
    assert [path.name for path in run.path("first", "other").iterdir()] == ["seen"]


def test_outputs_of_the_pipeline_are_those_of_the_steps_behind_them(run: Report) -> None:
    outputs, steps = run.json["outputs"], run.json["steps"]
    assert outputs["promoted"] == steps["first"]["outputs"]["out"]
    assert outputs["nested"] == steps["outer.inner.leaf"]["outputs"]["made"]
    assert outputs["delivered"] == steps["long"]["outputs"]["out"]


def test_steps_two_pipelines_deep_have_dotted_names(run: Report) -> None:
    assert set(run.json["steps"]) == {"first", "sibling", "long", "outer.inner.leaf"}
    assert run.text("outer.inner.leaf", "made") == "leaf 3\n"


def test_an_output_with_a_path_is_delivered_there(shared: Shell, run: Report) -> None:
    assert (shared.root / "delivered/f").read_text() == run.text("long")
    assert (shared.root / "beside/pipeline-0001.txt").read_text() == "logs\noutputs\n"


MISTAKES = [
    ("${{parent.inputs.wrod}}", "the pipeline has no input 'wrod'; did you mean 'word'?"),
    ("${{parent.jobs.frist.outputs.out}}", "step 'frist' is not defined; did you mean 'first'?"),
    ("${{parent.jobs.first.outputs.ot}}", "step 'first' has no output 'ot'; did you mean 'out'?"),
    ("${{parent.jobs.second.outputs.out}}", "step 'second' takes its own output 'out'"),
    ("${{inputs.word}}", "'${{inputs.word}}' stands for nothing in input 'x' of step 'second'"),
    ("${{parent.input.word}}", "did you mean 'inputs'?"),
    ("${{parent.inputs.word", "'${{' is not closed"),
]


@pytest.mark.parametrize(("expression", "said"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_an_expression_that_stands_for_nothing_is_an_error_at_its_place(
    shell: Shell, expression: str, said: str
) -> None:
    shell.write(
        "p.yml",
        f"""
        type: pipeline
        inputs: {{word: hello}}
        jobs:
          first: {{command: "touch ${{{{outputs.out}}}}/x", environment: {{image: x}}, outputs: {{out: }}}}
          second:
            command: echo ${{{{inputs.x}}}}
            environment: {{image: x}}
            inputs:
              x: "{expression}"
            outputs: {{out: }}
    """,
    )

    line = shell.refused("run", "p.yml")

    assert line.startswith("p.yml:9:")
    assert said in line


@pytest.mark.parametrize(
    ("command", "column", "said"),
    [
        ("echo ${{inputs.wrod}}", 15, "the input 'wrod' is not declared; did you mean 'word'?"),
        ("echo ${{outputs.out}}", 15, "the output 'out' is not declared"),
        ("echo ${{parent.inputs.word}}", 15, "bind it to an input of the step"),
        ("echo `cat ${{inputs.word}}`", 20, "cannot be filled in safely"),
        ('echo "${{inputs.word}}', 15, "cannot be filled in safely"),
    ],
)
def test_a_command_that_cannot_be_filled_is_an_error_at_its_place(
    shell: Shell, command: str, column: int, said: str
) -> None:
    shell.write(
        "c.yml", f"name: c\ninputs: {{word: {{type: string}}}}\nenvironment: {{image: x}}\ncommand: {command}\n"
    )
    shell.write("p.yml", "type: pipeline\njobs: {a: {component: c.yml, inputs: {word: x}}}\n")

    line = shell.refused("run", "p.yml")

    assert line.startswith(f"c.yml:4:{column}: ")
    assert said in line
