"""Data: files, folders, tables, datastores, addresses mapped to this machine, versions with a name."""

import shutil

import pytest

from tests.support.shell import Shell

READ = "cat $(find ${{inputs.data}} -type f | sort) > ${{outputs.out}}"


def reading(shell: Shell, data: str, more: str = "", command: str = READ) -> str:
    """A pipeline with one step that prints all of its data."""
    shell.write(
        "p.yml",
        f"type: pipeline\ninputs:\n  data: {data}\njobs:\n  a:\n    command: {command}\n    environment: {{image: x}}\n"
        "    inputs: {data: '${{parent.inputs.data}}'}\n    outputs: {out: {type: uri_file}}\n" + more,
    )
    return "p.yml"


@pytest.fixture
def data(shell: Shell) -> Shell:
    """A workspace with a file, a folder and a table."""
    shell.write("raw/a.csv", "a\n")
    shell.write("raw/deep/b.csv", "b\n")
    shell.write("table/MLTable", "paths: [{file: ./t.csv}]\n")
    shell.write("table/t.csv", "t\n")
    return shell


FORMS = [
    ("{type: uri_file, path: raw/a.csv}", ["a"], 0),
    ("{path: ./raw/a.csv}", ["a"], 0),
    ("{type: uri_file, path: 'file:raw/a.csv'}", ["a"], 0),
    ("{type: uri_folder, path: raw}", ["a", "b"], 0),
    ("{type: uri_folder, path: ./raw/, mode: direct}", ["a", "b"], 0),
    ("{type: uri_folder, path: raw, mode: eval_mount}", ["a", "b"], 0),
    ("{type: uri_folder, path: raw, mode: download}", ["a", "b"], 0),
    ("{type: mltable, path: table}", ["paths: [{file: ./t.csv}]", "t"], 0),
    ("{type: uri_folder, path: 'azureml:./raw/'}", ["a", "b"], 0),
    ("{type: uri_file, path: 'azureml://datastores/blob/paths/in/x.csv'}", ["x"], 0),
    ("{type: uri_file, path: 'https://example.org/titanic.csv'}", ["titanic"], 0),
    ("{type: uri_folder, path: 'wasbs://c@account.blob.core.windows.net/taxi'}", ["a", "b"], 0),
    ("{type: uri_folder, path: raw/a.csv}", ["a"], 1),
    ("{type: uri_file, path: raw}", ["a", "b"], 1),
]


@pytest.mark.parametrize(("written", "lines", "warnings"), FORMS, ids=[form for form, _, _ in FORMS])
def test_a_step_reads_its_data(data: Shell, written: str, lines: list[str], warnings: int) -> None:
    data.write("elsewhere/in/x.csv", "x\n")
    data.write("titanic.csv", "titanic\n")
    data.write(
        "mlpw.yml",
        "datastores: {blob: ./elsewhere}\ndata:\n  https://example.org/titanic.csv: titanic.csv\n"
        "  wasbs://*/taxi: ./raw\n",
    )

    run = data.run(reading(data, written))

    assert run.lines("a") == lines
    assert len(run.said.warnings) == warnings, run.said.warnings


def test_a_path_in_the_default_datastore_needs_no_mapping_and_may_come_to_be_during_the_run(shell: Shell) -> None:
    """One public example reads what an earlier step wrote there."""
    shell.write(
        "p.yml",
        """
        type: pipeline
        jobs:
          write:
            command: echo late > ${{outputs.out}}/f; echo > ${{outputs.done}}
            environment: {image: x}
            outputs:
              out: {type: uri_folder, path: "azureml://datastores/workspaceblobstore/paths/late"}
              done: {type: uri_file}
          read:
            command: cat ${{inputs.data}}/f > ${{outputs.out}}
            environment: {image: x}
            inputs:
              data: {type: uri_folder, path: "azureml://datastores/workspaceblobstore/paths/late"}
              after: "${{parent.jobs.write.outputs.done}}"
            outputs: {out: {type: uri_file}}
    """,
    )

    assert shell.run("p.yml").text("read") == "late\n"


def test_an_output_with_a_name_becomes_a_version_that_other_pipelines_can_use(shell: Shell) -> None:
    shell.write(
        "make.yml",
        """
        type: pipeline
        inputs: {word: one}
        jobs:
          a:
            command: echo ${{inputs.word}} > ${{outputs.out}}/f
            environment: {image: x}
            inputs: {word: "${{parent.inputs.word}}"}
            outputs: {out: {type: uri_folder, name: words}}
          b:
            command: echo named > ${{outputs.out}}
            environment: {image: x}
            outputs: {out: {type: uri_file, name: named, version: "2026-01"}}
    """,
    )
    shell.run("make.yml")
    latest = reading(shell, "{type: uri_folder, path: 'azureml:words@latest'}")
    assert shell.run(latest).text("a") == "one\n"

    shell.run("make.yml", "--set", "inputs.word=two")

    assert shell.plan("p.yml")["a"].startswith("input data changed")
    assert shell.run("p.yml").text("a") == "two\n"
    shell.run(reading(shell, "{type: uri_folder, path: 'azureml:words:1'}"))
    assert shell.run("p.yml").text("a") == "one\n"
    assert shell.run(reading(shell, "{type: uri_file, path: 'azureml:named:2026-01'}")).text("a") == "named\n"
    assert "data 'words' has no version 9; it has" in shell.refused(
        "run", reading(shell, "{type: uri_folder, path: 'azureml:words:9'}")
    )
    shutil.rmtree(shell.root / ".mlpw" / "runs")
    assert set(shell.run("make.yml", "--set", "inputs.word=one").statuses.values()) == {"reused"}


def test_a_step_that_changes_its_input_fails_and_is_told_so(data: Shell) -> None:
    path = reading(
        data, "{type: uri_folder, path: raw}", command="echo more >> ${{inputs.data}}/a.csv; touch ${{outputs.out}}"
    )

    run = data.run(path, code=1)

    assert run.statuses == {"a": "failed"}
    assert "data" in run.json["steps"]["a"]["error"]


def test_an_input_left_empty_is_no_output(shell: Shell) -> None:
    """A uri_folder exists and is empty before the step starts; of a uri_file only its folder does."""
    shell.write(
        "p.yml",
        """
        type: pipeline
        jobs:
          a:
            command: ls -A ${{outputs.folder}} | wc -l > ${{outputs.file}}; ls -A $(dirname ${{outputs.file}}) | wc -l
            environment: {image: x}
            outputs: {folder: {type: uri_folder}, file: {type: uri_file}}
          b:
            command: test ! -e ${{outputs.file}} && echo absent > ${{outputs.file}}
            environment: {image: x}
            outputs: {file: {type: uri_file}}
    """,
    )

    run = shell.run("p.yml")

    assert run.text("a", "file").strip() == "0"
    assert run.text("b", "file") == "absent\n"


MISTAKES = [
    ("{type: uri_file, path: raw/a.cvs}", "p.yml:3:32: input 'data' of the pipeline 'raw/a.cvs' does not exist; did"),
    ("{type: uri_file, path: ../outside.csv}", "leaves the workspace"),
    ("{type: uri_file, path: /etc/passwd}", "list /etc under 'data_outside' in mlpw.yml to allow it"),
    ("{type: uri_fiel, path: raw}", "did you mean 'uri_file'?"),
    ("{type: uri_file, paht: raw}", "did you mean 'path'?"),
    ("{type: uri_file, path: raw, mode: ro_mont}", "did you mean 'ro_mount'?"),
    ("{type: uri_file, path: 'azureml://datastores/blob/paths/x'}", "add 'datastores: {blob: ./folder}' to mlpw.yml"),
    ("{type: uri_file, path: 'azureml:nothing:1'}", "data 'nothing:1' is not registered in this workspace"),
]


@pytest.mark.parametrize(("written", "said"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_data_that_cannot_be(data: Shell, written: str, said: str) -> None:
    (data.root.parent / "outside.csv").touch()

    assert said in data.refused("run", reading(data, written))


def test_an_address_that_cannot_be_reached_fails_its_step_and_says_how_to_map_it(data: Shell) -> None:
    run = data.run(reading(data, "{type: uri_file, path: 'http://127.0.0.1:9/titanic.csv'}"), code=1)

    error = run.json["steps"]["a"]["error"]
    assert error.startswith("p.yml:3:32: http://127.0.0.1:9/titanic.csv cannot be fetched: ")
    assert "mlpw.yml" in error


def test_data_outside_is_allowed_when_it_is_listed(data: Shell) -> None:
    outside = data.root.parent / "outside"
    outside.mkdir()
    (outside / "f").write_text("outside\n")
    data.write("mlpw.yml", "data_outside: [../outside]\n")

    assert data.run(reading(data, "{type: uri_folder, path: ../outside}")).text("a") == "outside\n"
