"""The eight traps of real Azure ML YAML, each run through the real command."""

from pathlib import Path

import pytest

from tests.support.shell import Shell


def test_trap_1_a_nested_pipeline_passes_an_undeclared_input(shell: Shell) -> None:
    """azureml-examples: nyc_taxi_data_regression_with_pipeline_component."""
    shell.write(
        "inner.yml",
        """
        name: inner
        type: pipeline
        inputs: {ratio: {type: number, default: 0.5}}
        jobs:
          a:
            command: echo ${{inputs.r}} > ${{outputs.out}}
            environment: {image: x}
            inputs: {r: "${{parent.inputs.ratio}}"}
            outputs: {out: {type: uri_file}}
    """,
    )
    shell.write(
        "p.yml", "type: pipeline\njobs:\n  outer: {type: pipeline, component: inner.yml, inputs: {ratoi: 0.2}}\n"
    )

    run = shell.run("p.yml")

    assert run.text("outer.a") == "0.5\n"
    assert run.said.warnings == [
        "p.yml:3:58: step 'outer' gives input 'ratoi', which its component does not declare; it is ignored; "
        "did you mean 'ratio'?"
    ]


def test_trap_2_name_in_a_step_is_ignored_and_type_among_literals_is_an_input(shell: Shell) -> None:
    shell.write(
        "p.yml",
        """
        type: pipeline
        inputs: {type: fast, size: 3}
        jobs:
          a:
            name: another
            command: echo ${{inputs.type}} ${{inputs.size}} > ${{outputs.out}}
            environment: {image: x}
            inputs: {type: "${{parent.inputs.type}}", size: "${{parent.inputs.size}}"}
            outputs: {out: {type: uri_file}}
    """,
    )

    run = shell.run("p.yml")

    assert run.text("a") == "fast 3\n"
    assert run.said.warnings == []


def test_trap_3_what_azure_ai_ml_dumps_runs(shell: Shell) -> None:
    shell.write("data/x", "content\n")
    shell.write(
        "c.yml",
        """
        name: c
        version: '1'
        type: command
        inputs: {lr: {type: number, default: '0.1'}, n: {type: integer, default: '3'}, data: {type: uri_folder}}
        outputs: {out: {type: uri_file}}
        environment: {image: x}
        command: echo ${{inputs.lr}} ${{inputs.n}} > ${{outputs.out}}; cat ${{inputs.data}}/x >> ${{outputs.out}}
    """,
    )
    shell.write(
        "p.yml",
        """
        type: pipeline
        inputs:
          lr: '0.2'
          data: {type: uri_folder, path: "azureml:./data/"}
        jobs:
          a:
            type: command
            component: c.yml
            inputs:
              lr: {path: "${{parent.inputs.lr}}"}
              data: {path: "${{parent.inputs.data}}"}
    """,
    )

    assert shell.run("p.yml").lines("a") == ["0.2 3", "content"]


WITHOUT_PATH = """
type: pipeline
inputs:
  raw:
    type: uri_folder
jobs:
  a:
    command: ls ${{inputs.raw}} > ${{outputs.out}}
    environment: {image: x}
    inputs: {raw: "${{parent.inputs.raw}}"}
    outputs: {out: {type: uri_file}}
"""


def test_trap_4_an_input_without_a_path_says_what_to_set(shell: Shell) -> None:
    shell.write("p.yml", WITHOUT_PATH)

    line = shell.refused("run", "p.yml")

    assert line.startswith("p.yml:3:3: input 'raw' of the pipeline has no value")
    assert "--set inputs.raw=PATH" in line
    assert list(shell.plan("p.yml")) == ["a"], "it can be looked at"


@pytest.mark.parametrize("key", ["inputs.raw", "inputs.raw.path"])
def test_trap_4_setting_it_runs(shell: Shell, key: str) -> None:
    shell.write("p.yml", WITHOUT_PATH)
    shell.write("d/x")

    assert shell.run("p.yml", "--set", f"{key}=./d").lines("a") == ["x"]


def test_trap_5_three_ways_to_write_a_path_are_one_reference(shell: Shell) -> None:
    shell.write("parts/src/f", "")
    shell.write("parts/c.yml", "name: c\ncommand: ls\ncode: src\nenvironment: {image: x}\n")
    written = ["./parts/c.yml", "parts/c.yml", "file:./parts/c.yml"]
    jobs = "".join(f"  s{i}: {{component: '{path}'}}\n" for i, path in enumerate(written))
    shell.write("p.yml", f"type: pipeline\njobs:\n{jobs}")

    run = shell.run("p.yml")

    assert run.statuses.keys() == {"s0", "s1", "s2"}
    assert set(run.statuses.values()) <= {"succeeded", "reused"}
    assert "succeeded" in run.statuses.values()
    assert list(run.statuses.values()).count("succeeded") == 1, "one fingerprint runs once"


def test_trap_6_a_step_lists_the_users_folder_itself_unless_it_downloads(shell: Shell) -> None:
    for i in range(30):
        shell.write(f"data/{i * 7919 % 31}.csv", str(i))
    shell.write("list.py", "import os, sys\nprint(sys.argv[1], *os.listdir(sys.argv[1]), sep='\\n')\n")
    shell.write(
        "p.yml",
        """
        type: pipeline
        inputs: {data: {type: uri_folder, path: data}}
        jobs:
          a: &a
            command: python list.py ${{inputs.data}} > ${{outputs.out}}
            code: list.py
            environment: {image: x}
            inputs: {data: "${{parent.inputs.data}}"}
            outputs: {out: {type: uri_file}}
          b:
            command: touch ${{inputs.data}}/new; python list.py ${{inputs.data}} > ${{outputs.out}}
            code: list.py
            environment: {image: x}
            inputs: {data: {type: uri_folder, path: data, mode: download}}
            outputs: {out: {type: uri_file}}
    """,
    )

    run = shell.run("p.yml")

    names = [path.name for path in (shell.root / "data").iterdir()]
    assert run.lines("a") == [str(shell.root / "data"), *names]
    assert Path(run.lines("b")[0]) != shell.root / "data"
    assert sorted(run.lines("b")[1:]) == sorted([*names, "new"])


@pytest.mark.parametrize(
    "reference",
    [
        "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "azureml://registries/azureml/environments/sklearn-1.5/versions/10",
    ],
)
def test_trap_7_the_curated_sklearn_is_python_310_with_pandas_1(shell: Shell, reference: str) -> None:
    """What differs from a plain environment is told without building the curated one."""
    shell.write("p.yml", "type: pipeline\njobs: {a: {command: 'true', environment: {image: x}}}\n")
    shell.run("p.yml")
    shell.write("p.yml", f"type: pipeline\njobs: {{a: {{command: 'true', environment: '{reference}'}}}}\n")

    reasons = shell.plan("p.yml")["a"]

    for part in ("python added: 3.10", "pandas added: ~=1.5", "scikit-learn added: ~=1.5", "numpy added: >=1.22,<2"):
        assert f"environment changed: {part}" in reasons
    assert "mlflow added" in reasons
    assert "matplotlib added" in reasons


def test_trap_8_a_python_that_cannot_be_had_is_replaced_by_the_nearest_and_that_is_said(shell: Shell) -> None:
    shell.write(
        "p.yml",
        """
        type: pipeline
        jobs:
          a:
            command: python -c 'import sys; print(sys.version_info[:2])' > ${{outputs.out}}
            environment:
              image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04
              conda_file: {name: old, channels: [conda-forge], dependencies: [python=3.4, pip]}
            outputs: {out: {type: uri_file}}
    """,
    )

    run = shell.run("p.yml")

    assert run.text("a").startswith("(3, ")
    assert any("3.4" in note for note in run.said.notes), run.said.err
