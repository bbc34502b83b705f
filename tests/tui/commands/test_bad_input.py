"""Bad input through the real command: one clear line, exit code 2, nothing changed on disk."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.definitions.bad_yaml import ALL
from tests.support.commands import Bench

GOOD = """
type: pipeline
inputs:
  word: hello
  rate: 0.5
  data: {type: uri_file, path: data.txt}
jobs:
  first:
    command: echo ${{inputs.word}} > ${{outputs.made}}
    environment: {image: python}
    inputs: {word: "${{parent.inputs.word}}"}
    outputs: {made: {type: uri_file}}
  second:
    command: cat ${{inputs.made}}
    environment: {image: python}
    inputs: {made: "${{parent.jobs.first.outputs.made}}"}
"""


@pytest.fixture
def desk(bench: Bench) -> Bench:
    bench.write("data.txt", "1\n")
    bench.write("pipe.yml", GOOD)
    return bench


def untouched(desk: Bench) -> None:
    assert not (desk.root / ".mlpw").exists()


@pytest.mark.parametrize("name", [name for name, bad in ALL.items() if len(bad.data) < 100_000])
def test_bad_yaml_is_one_line(desk: Bench, name: str) -> None:
    (desk.root / "bad.yml").write_bytes(ALL[name].data)
    assert "bad.yml" in desk.refused("run", "bad.yml")
    untouched(desk)


#: What is wrong with the pipeline: text of it, what stands there instead, words of the message.
GRAPHS = {
    "a cycle": ('{word: "${{parent.inputs.word}}"}', '{word: "${{parent.jobs.second.outputs.x}}"}', "second"),
    "an unknown step": ("jobs.first.outputs", "jobs.frist.outputs", "did you mean 'first'?"),
    "an unknown output": ("first.outputs.made", "first.outputs.mad", "did you mean 'made'?"),
    "an unknown pipeline input": ('"${{parent.inputs.word}}"', '"${{parent.inputs.wrod}}"', "did you mean 'word'?"),
    "an undeclared input in the command": ("${{inputs.word}}", "${{inputs.wrd}}", "did you mean 'word'?"),
    "a step of its own output": ("jobs.first.outputs.made", "jobs.second.outputs.made", "second"),
    "no jobs": ("jobs:", "steps:", "jobs"),
    "an empty step": ("  second:\n", "  third:\n  second:\n", "step 'third' is empty"),
    "a step without a command": ("    command: cat ${{inputs.made}}\n", "", "neither a component nor a command"),
    "a misspelt type": ("type: pipeline", "type: pipline", "did you mean 'pipeline'?"),
    "a component that is not there": ("command: cat ${{inputs.made}}", "component: ./none.yml", "does not exist"),
    "an unregistered component": ("command: cat ${{inputs.made}}", "component: azureml:none:1", "not registered"),
    "a step's name with a newline": ("  second:", '  "a\\nb":', "cannot name a step"),
    "a step's name with ESC": ("  second:", '  "a\\e[31mb":', "cannot name a step"),
    "a step's name that turns text around": ("  second:", '  "a\\u202eb":', "cannot name a step"),
    "a step's name with a leading dash": ("  second:", '  "-rf":', "cannot name a step"),
    "a step's name with a slash": ("  second:", '  "../b":', "cannot name a step"),
    "a step's name of 300 letters": ("  second:", f"  {'a' * 300}:", "cannot name a step"),
    "an output's name with a slash": ("{made: {type: uri_file}}", '{"../x": {type: uri_file}}', "cannot name"),
    "an unclosed expression": ("${{inputs.made}}", "${{inputs.made", "${{"),
    "data that is not there": ("path: data.txt", "path: dta.txt", "did you mean 'data.txt'?"),
    "data outside the workspace": ("path: data.txt", "path: ../../../etc/hostname", "leaves the workspace"),
    "an absolute path outside": ("path: data.txt", "path: /etc/hostname", "leaves the workspace"),
    "a datastore without a folder": ("path: data.txt", "path: azureml://datastores/none/paths/x", "datastore"),
    "code that is not there": ("    command: cat", "    code: ./sr\n    command: cat", "does not exist"),
    "code outside the workspace": ("    command: cat", "    code: ../../..\n    command: cat", "leaves the workspace"),
    "code in git": ("    command: cat", "    code: git+https://x.org/y\n    command: cat", "not on this machine"),
    "a placeholder in backticks": ("cat ${{inputs.made}}", "echo `cat ${{inputs.made}}`", "inside `...`"),
    "a timeout that is no number": ("    command: cat", "    limits: {timeout: soon}\n    command: cat", "timeout"),
    "an image that is a list": ("{image: python}", "{image: [python]}", "image"),
    "a conda file that is not there": ("{image: python}", "{conda_file: conda.yml}", "does not exist"),
}


@pytest.mark.parametrize(("old", "new", "said"), GRAPHS.values(), ids=GRAPHS)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_bad_graph_is_one_line(desk: Bench, command: str, old: str, new: str, said: str) -> None:
    assert old in GOOD
    desk.write("pipe.yml", GOOD.replace(old, new, 1))
    line = desk.refused(command, "pipe.yml")
    assert said in line
    assert line.isprintable()
    untouched(desk)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        before = Path.cwd()
        os.chdir(path.parent)  # the address of a socket is short
        try:
            made.bind(path.name)
        finally:
            os.chdir(before)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def outside(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def unreadable(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [fifo, listening, dangling, circle, outside, unreadable])
def test_data_that_is_no_file_of_the_workspace_is_one_line(desk: Bench, make: Callable[[Path], None]) -> None:
    (desk.root / "data.txt").unlink()
    make(desk.root / "data.txt")
    assert "data.txt" in desk.refused("run", "pipe.yml")
    untouched(desk)


@pytest.mark.parametrize("make", [fifo, listening, dangling, circle, Path.mkdir])
def test_a_pipeline_that_is_no_file_is_one_line(desk: Bench, make: Callable[[Path], None]) -> None:
    make(desk.root / "other.yml")
    assert "other.yml" in desk.refused("run", "other.yml")
    untouched(desk)


ARGUMENTS = {
    "no pipeline": (("run",), "missing argument 'PIPELINE'"),
    "a pipeline that is not there": (("run", "pip.yml"), "did you mean 'pipe.yml'?"),
    "a pipeline's name with ESC": (("run", "a\033[31mb"), "no such file"),
    "a pipeline's name of 300 letters": (("run", "a" * 300), "file name too long"),
    "a pipeline's name that is no UTF-8": (("run", "a\udcffb"), "no such file"),
    "a pipeline's name with a newline": (("run", "a\nb"), "no such file"),
    "a set without =": (("run", "pipe.yml", "--set", "inputs.word"), "expected KEY=VALUE"),
    "a set of nothing": (("run", "pipe.yml", "--set", "=3"), "expected KEY=VALUE"),
    "a set with an empty part": (("run", "pipe.yml", "--set", "inputs..word=3"), "dotted name"),
    "a set of an unknown input": (("run", "pipe.yml", "--set", "inputs.wrod=3"), "did you mean 'word'?"),
    "a set of an unknown section": (("run", "pipe.yml", "--set", "input.word=3"), "did you mean 'inputs'?"),
    "a set of an unknown setting": (("run", "pipe.yml", "--set", "settings.default_comput=x"), "default_compute"),
    "a set of an unknown step": (("run", "pipe.yml", "--set", "jobs.frst.command=x"), "did you mean 'first'?"),
    "a set below a value": (("run", "pipe.yml", "--set", "inputs.word.x.y=3"), "single value"),
    "a parameter with NUL": (("run", "pipe.yml", "--set", "inputs.word=a\0b"), "NUL"),
    "a parameter of 200 kB": (("run", "pipe.yml", "--set", f"inputs.word={'x' * 200_000}"), "131,071"),
    "data set to nothing there": (("run", "pipe.yml", "--set", "inputs.data.path=./none"), "does not exist"),
    "data set to outside": (("run", "pipe.yml", "--set", "inputs.data.path=/etc/hostname"), "leaves the workspace"),
    "an unknown step to force": (("run", "pipe.yml", "--force-step", "frst"), "did you mean 'first'?"),
    "an unknown step for --only": (("plan", "pipe.yml", "--only", "secnd"), "did you mean 'second'?"),
    "an unknown step for --from": (("plan", "pipe.yml", "--from", "x"), "no step 'x'"),
    "an unknown step for --to": (("plan", "pipe.yml", "--to", "a\033b"), "no step"),
    "a step whose producer has no result": (("run", "pipe.yml", "--only", "second"), "run it too"),
    "an unknown option": (("run", "pipe.yml", "--forse"), "no such option"),
    "an unknown command": (("rnu", "pipe.yml"), "did you mean 'run'?"),
    "a file as command": (("pipe.yml",), "mlpw run pipe.yml"),
    "a command with NUL": (("a\0b",), "no command"),
    "an unknown run": (("show", "7"), "no run 7"),
    "an unknown asset": (("show", "taxi:1"), "no run and no asset"),
    "no asset's name": (("show", "a:b:c:d"), "is no run and no asset"),
    "logs of no run": (("logs", "latest"), "there is no run yet"),
    "logs of a word": (("logs", "train"), "is no run"),
    "logs of a number too large": (("logs", "9" * 30), "is no run"),
    "cancel of no run": (("cancel", "3"), "no run 3"),
    "a limit of zero": (("runs", "-n", "0"), "not in the range"),
    "an unknown kind": (("ls", "pipelnes"), "did you mean 'pipelines'?"),
    "an unknown shell": (("completion", "tcsh"), "'tcsh' is not one of"),
    "a folder that is not there": (("-C", "none", "runs"), "does not exist"),
    "a file as folder": (("-C", "pipe.yml", "runs"), "is a file"),
    "days that are no number": (("gc", "--older-than", "week"), "not a valid float"),
    "init on a file": (("init", "pipe.yml"), "is not a folder"),
}


@pytest.mark.parametrize(("arguments", "said"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_bad_arguments_are_one_line(desk: Bench, arguments: tuple[str, ...], said: str) -> None:
    line = desk.refused(*arguments)
    assert said.lower() in line.lower()
    assert len(line) < 1000
    untouched(desk)


SETTINGS = {
    "an unknown key": ("nam: x\n", "did you mean 'name'?"),
    "a list": ("- a\n", "must be a mapping"),
    "a broken file": ("name: [\n", "mlpw.yml"),
    "memory that is no size": ("local: {memory: much}\n", "is no size"),
}


@pytest.mark.parametrize(("text", "said"), SETTINGS.values(), ids=SETTINGS)
def test_a_bad_settings_file_is_one_line(desk: Bench, text: str, said: str) -> None:
    desk.write("mlpw.yml", text)
    assert said in desk.refused("run", "pipe.yml")
    untouched(desk)


def test_a_private_folder_of_somebody_else_is_refused(desk: Bench) -> None:
    desk.write(".mlpw/theirs.txt", "not ours")
    assert "was not made by mlpw" in desk.refused("run", "pipe.yml")
    assert "was not made by mlpw" in desk.refused("runs")


def test_a_database_that_is_none_is_refused(desk: Bench) -> None:
    desk.write(".mlpw/mlpw.db", "no database at all, but long enough to be read as one\n" * 100)
    assert "is not a database of mlpw" in desk.refused("runs")


def test_records_of_a_newer_mlpw_are_refused(ran: Bench) -> None:
    sqlite3 = pytest.importorskip("sqlite3")

    with sqlite3.connect(ran.root / ".mlpw/mlpw.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "upgrade mlpw" in ran.refused("runs")


def test_planning_changes_nothing(desk: Bench) -> None:
    before = desk.everything()
    for _ in range(2):
        desk.ok("plan", "pipe.yml")
    assert desk.everything() == before
    untouched(desk)


def test_the_installed_program_refuses_as_well(desk: Bench) -> None:
    before = desk.everything()
    ended = subprocess.run(
        [sys.executable, "-m", "tui", "run", "pip.yml"], cwd=desk.root, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "mlpw: pip.yml: there is no such file; did you mean 'pipe.yml'?\n"
    assert desk.everything() == before
