"""Where steps come from: files, names, the root of the pipeline, the pipeline's own lines, nested pipelines."""

import pytest

from tests.support.shell import Shell

SAY = """
name: say
version: 1
type: command
inputs: {word: {type: string, default: hello}}
outputs: {out: {type: uri_file}}
code: ../src
environment: {image: python}
command: sh say.sh ${{inputs.word}} > ${{outputs.out}}
"""


@pytest.fixture
def parts(shell: Shell) -> Shell:
    """A workspace with a component in a folder of its own; its code lies beside that folder."""
    shell.write("parts/say.yml", SAY)
    shell.write("src/say.sh", "echo said $1\n")
    return shell


@pytest.mark.parametrize("inputs", ["", "inputs: {word: bye}"])
def test_a_command_component_at_the_root_is_a_pipeline_of_one_step(parts: Shell, inputs: str) -> None:
    parts.write("p.yml", f"type: pipeline\ncomponent: parts/say.yml\n{inputs}\n")

    run = parts.run("p.yml")

    assert run.text("say") == ("said bye\n" if inputs else "said hello\n")
    assert run.json["outputs"]["out"] == run.json["steps"]["say"]["outputs"]["out"]


def test_a_pipeline_component_at_the_root_runs_its_steps(parts: Shell) -> None:
    """azureml-examples: pipelines-with-components/pipeline_with_pipeline_component/pipeline_with_train_eval."""
    parts.write(
        "parts/two.yml",
        """
        type: pipeline
        name: two
        inputs: {word: {type: string}}
        outputs: {last: {type: uri_file}}
        jobs:
          one: {component: ./say.yml, inputs: {word: "${{parent.inputs.word}}"}}
          two: {component: ./say.yml, outputs: {out: "${{parent.outputs.last}}"}}
    """,
    )
    parts.write("p.yml", "type: pipeline\ncomponent: file:./parts/two.yml\ninputs: {word: hi}\n")

    run = parts.run("p.yml", "--set", "inputs.word=set")

    assert run.text("one") == "said set\n"
    assert run.json["outputs"]["last"] == run.json["steps"]["two"]["outputs"]["out"]


def test_a_standalone_command_job_is_a_pipeline_of_one_step(shell: Shell) -> None:
    """azureml-examples: cli/jobs/single-step and cli/jobs/basics/hello-world.yml."""
    shell.write("src/main.py", "import sys; print(sys.argv[1:])\n")
    shell.write(
        "hello-world.yml",
        """
        $schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
        command: python main.py ${{inputs.rate}} > ${{outputs.out}}/f
        code: src
        inputs: {rate: 0.1}
        outputs: {out: {type: uri_folder}}
        environment: {image: library/python:latest}
        compute: azureml:cpu-cluster
        tags: {hello: world}
        experiment_name: first
        display_name: hello
    """,
    )

    run = shell.run("hello-world.yml", "--set", "inputs.rate=0.2")

    assert run.statuses == {"hello_world": "succeeded"}
    assert run.text("hello_world") == "['0.2']\n"
    assert shell.plan("hello-world.yml") == {"hello_world": "rate 0.2 -> 0.1"}


def test_a_component_may_stand_in_the_step_itself(shell: Shell) -> None:
    shell.write(
        "p.yml",
        """
        type: pipeline
        jobs:
          a:
            component:
              type: command
              inputs: {n: {type: integer, default: 2}}
              outputs: {out: {type: uri_file}}
              environment: {image: python}
              command: echo ${{inputs.n}} > ${{outputs.out}}
            outputs: {}
    """,
    )

    assert shell.run("p.yml").text("a") == "2\n"


def test_a_step_may_change_what_its_component_says(parts: Shell) -> None:
    parts.edit("parts/say.yml", "code: ../src\n", "code: ../src\nenvironment_variables: {A: '1', B: '1'}\n")
    parts.edit("parts/say.yml", "sh say.sh ${{inputs.word}}", "echo $A$B")
    parts.write("p.yml", "type: pipeline\njobs: {a: {component: parts/say.yml, environment_variables: {B: 2}}}\n")

    assert parts.run("p.yml").text("a") == "12\n"


def test_code_may_be_a_single_file_and_its_folder_a_sibling(shell: Shell) -> None:
    shell.write("lib/one.py", "print('one')\n")
    shell.write("lib/two.py", "")
    shell.write(
        "deep/down/p.yml",
        """
        type: pipeline
        jobs:
          a:
            command: python one.py > ${{outputs.out}}; ls >> ${{outputs.out}}
            code: ../../lib/one.py
            environment: {image: python}
            outputs: {out: {type: uri_file}}
    """,
    )

    assert shell.run("deep/down/p.yml").lines("a") == ["one", "logs", "one.py", "outputs"]


def test_code_leaves_out_what_the_ignore_file_names(shell: Shell) -> None:
    shell.write("src/.amlignore", "*.tmp\ncache/\n")
    shell.write("src/.gitignore", "kept.txt\n")
    for name in ("main.py", "kept.txt", "x.tmp", "cache/big"):
        shell.write(f"src/{name}", "")
    shell.write(
        "p.yml",
        "type: pipeline\njobs:\n  a:\n    command: ls > ${{outputs.out}}\n    code: src\n"
        "    environment: {image: x}\n    outputs: {out: {type: uri_file}}\n",
    )

    assert shell.run("p.yml").lines("a") == ["kept.txt", "logs", "main.py", "outputs"]
    shell.write("src/y.tmp", "changed")
    assert shell.plan("p.yml") == {"a": "up_to_date"}


def test_a_definition_of_the_workspace_stands_in_for_the_latest_of_a_name_nobody_registered(parts: Shell) -> None:
    parts.write("p.yml", "type: pipeline\njobs: {a: {component: 'azureml:say@latest'}}\n")

    run = parts.run("p.yml")

    assert run.text("a") == "said hello\n"
    assert "component 'say' is not registered: parts/say.yml stands in for it" in run.said.warnings[0]


MISTAKES = [
    (
        "component: parts/sya.yml",
        "p.yml:3:18: component of step 'a' 'parts/sya.yml' does not exist; did you mean 'say.yml'?",
    ),
    ("component: azureml:say:1", "register it with 'mlpw component create -f parts/say.yml'"),
    ("component: azureml:sai@latest", "register it with 'mlpw component create -f FILE'"),
    ("component: azureml://registries/r/components/say/versions/1", "lives in the registry 'r'"),
    ("component: parts/say.yml, inputs: {word: a, wrod: b}", ""),
    ("component: src", "is a folder"),
    ("component: src/say.sh", "src/say.sh:1:1: a component must be a mapping"),
    ("inputs: {}", "step 'a' has neither a component nor a command"),
    ("comand: echo, environment: {image: x}", "there is a 'comand': did you mean 'command'?"),
    ("component: p.yml", "p.yml:3:18: a pipeline includes itself: p.yml -> p.yml"),
]


@pytest.mark.parametrize(("step", "said"), MISTAKES, ids=[step for step, _ in MISTAKES])
def test_a_step_that_leads_nowhere(parts: Shell, step: str, said: str) -> None:
    parts.write("p.yml", f"type: pipeline\njobs:\n  a: {{{step}}}\n")
    if not said:
        assert parts.ok("plan", "p.yml").warnings[0].endswith("it is ignored; did you mean 'word'?")
        return

    assert said in parts.refused("run", "p.yml")
