"""`mlpw shell`: a person stands where the step stands."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.bench import Bench
from tests.support.shell import MLPW, Said, Shell, environment
from tests.support.steps import ENVIRONMENT
from tests.support.waiting import PATIENCE_SECONDS, eventually

OUT = {"out": {"type": "uri_folder"}}


@pytest.fixture
def words(new_bench: Callable[[str], Bench]) -> Bench:
    """first -> second; second takes a parameter, a variable and the users' data too."""
    bench = new_bench("words")
    bench.write({"src/words.txt": "alpha\n", "data/a.txt": "data\n"})
    write(bench)
    return bench


def write(bench: Bench, ending: str = "true") -> None:
    bench.pipeline(
        {
            "first": {
                "type": "command",
                "command": "cat words.txt > ${{outputs.out}}/w.txt",
                "code": "./src",
                "environment": ENVIRONMENT,
                "outputs": OUT,
            },
            "second": {
                "type": "command",
                "command": "cat ${{inputs.words}}/w.txt; echo ${{inputs.shout}} > ${{outputs.out}}/said; " + ending,
                "environment": ENVIRONMENT,
                "environment_variables": {"GREETING": "hello there"},
                "inputs": {
                    "words": "${{parent.jobs.first.outputs.out}}",
                    "data": {"type": "uri_folder", "path": "./data"},
                    "shout": "so loud",
                },
                "outputs": OUT,
            },
        }
    )


def mlpw(bench: Bench, *arguments: str) -> Said:
    return Shell(bench.root).mlpw(*arguments)


def about_inputs(said: Said) -> list[str]:
    return [note for note in said.notes if note.startswith("input ")]


def left(bench: Bench) -> list[str]:
    """What is left in the folder for half-made things."""
    folder = bench.root / ".mlpw" / "tmp"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


LOOK = (
    'pwd; cat "$AZURE_ML_INPUT_words/w.txt" "$AZURE_ML_INPUT_data/a.txt"; echo "$GREETING";'
    'python -c "import sys; print(sys.prefix)"'
)
ASK = """
import os, urllib.request
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/get?run_id=" + os.environ["MLFLOW_RUN_ID"]
token = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
print(urllib.request.urlopen(urllib.request.Request(url, headers=token)).status)
"""


def test_a_step_that_ran_is_as_it_was_in_its_run(words: Bench) -> None:
    words.run()
    words.write({"src/words.txt": "changed since\n"})

    said = mlpw(words, "shell", "1/second", "--", LOOK)

    folder, word, data, greeting, prefix = said.out.splitlines()
    assert (said.code, word, data, greeting) == (0, "alpha", "data", "hello there")
    assert Path(folder).is_relative_to(words.root / ".mlpw" / "tmp")
    assert "/.mlpw/envs/" in prefix or Path(prefix).is_relative_to((words.root / ".mlpw" / "envs").resolve())
    assert about_inputs(said) == []
    assert left(words) == []


def test_the_command_that_is_shown_runs_there_and_leaves_the_store_alone(words: Bench) -> None:
    words.run()
    told: dict[str, Any] = json.loads(mlpw(words, "shell", "1/second", "--json").out)

    said = mlpw(
        words, "shell", "1/second", "--", 'echo mine > "$AZURE_ML_OUTPUT_out/said"; cat "$AZURE_ML_OUTPUT_out/said"'
    )

    assert told["step"] == "second"
    assert "echo so loud > " in told["command"]
    assert told["variables"]["GREETING"] == "hello there"
    assert (said.out, words.text(1, "second")) == ("mine\n", "so loud\n")


def test_a_step_that_failed_has_the_code_it_failed_with(words: Bench) -> None:
    write(words, ending="exit 3")
    words.run()
    write(words)

    said = mlpw(words, "shell", "latest/second", "--json")

    assert "exit 3" in json.loads(said.out)["command"]


def test_a_step_as_it_stands_now_takes_the_newest_results_and_says_which(words: Bench) -> None:
    words.run()
    words.write({"src/words.txt": "beta\n"})

    first = mlpw(words, "shell", "pipeline.yml", "first", "--", "cat", "words.txt")
    second = mlpw(words, "shell", "pipeline.yml", "second", "--", LOOK)

    assert first.out == "beta\n"
    assert second.out.splitlines()[1] == "alpha"
    assert about_inputs(second) == ["input 'words' is that of run 1: step 'first' is not up to date"]


def test_a_step_that_never_could_run_has_an_empty_folder_for_what_is_not_made_yet(words: Bench) -> None:
    said = mlpw(words, "shell", "pipeline.yml", "second", "--", "ls", "-A")

    assert about_inputs(said) == ["input 'words' is an empty folder: step 'first' has not made it yet"]
    assert (said.code, sorted(said.out.split())) == (0, ["logs", "outputs"])
    assert words.started() == []


def test_values_are_set_as_for_a_run(words: Bench) -> None:
    said = mlpw(words, "shell", "pipeline.yml", "second", "--set", "jobs.second.inputs.shout=quiet", "--json")

    assert "echo quiet" in json.loads(said.out)["command"]


def test_the_exit_code_is_that_of_the_command(words: Bench) -> None:
    assert mlpw(words, "shell", "pipeline.yml", "first", "--", "exit 7").code == 7
    assert mlpw(words, "shell", "pipeline.yml", "first", "--", "kill -TERM $$").code == 128 + 15
    assert left(words) == []


def test_mistakes_are_said_in_a_line(words: Bench) -> None:
    assert "no step 'secnod'" in mlpw(words, "shell", "pipeline.yml", "secnod").err
    assert "which step of" in mlpw(words, "shell", "pipeline.yml").err
    assert "no run 9" in mlpw(words, "shell", "9/second").err
    assert (
        "cannot run 'nothing-like-it' there"
        in mlpw(words, "shell", "pipeline.yml", "first", "--", "nothing-like-it", "x").err
    )


def test_what_a_killed_shell_left_is_removed_by_gc(words: Bench) -> None:
    words.run()
    command = f"touch {words.outside}/there; {words.gate()}"
    shell = subprocess.Popen([MLPW, "shell", "1/second", "--", command], cwd=words.root, env=environment(None))
    eventually(lambda: (words.outside / "there").exists() or shell.poll() is not None, "the shell's command")
    assert shell.poll() is None
    assert left(words) != []
    shell.kill()
    shell.wait()
    words.open_gate()

    assert mlpw(words, "gc").code == 0
    assert left(words) == []


def test_metrics_that_are_tried_out_are_heard_and_kept_nowhere(words: Bench) -> None:
    words.run()
    said = mlpw(words, "shell", "1/second", "--", "python", "-c", ASK)

    assert (said.out, said.code) == ("200\n", 0), said


def test_a_person_gets_a_prompt_the_command_and_its_history(words: Bench) -> None:
    words.run()
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child becomes the command
        os.chdir(words.root)
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, MLPW, "shell", "1/second"])
    shown = ""

    def until(text: str) -> None:
        nonlocal shown
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    shown += os.read(terminal, 65536).decode("utf-8", "replace")
                except OSError:
                    raise AssertionError(shown) from None

    until("(mlpw second)")
    assert "second of run 1, in a copy that goes when you leave" in shown
    assert "echo so loud > " in shown
    os.write(terminal, b"\x10")  # ctrl-p: the line before in history
    until("/w.txt; echo")
    os.write(terminal, b"\nexit 4\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_step_of_a_run_is_shown_with_its_command_inputs_and_history(words: Bench) -> None:
    words.run()
    words.run()

    told = json.loads(mlpw(words, "show", "2/second", "--json").out)
    said = mlpw(words, "show", "2/second").out

    assert "echo so loud > " in told["command"]
    assert told["inputs"]["words"]["digest"] == words.steps(1)["first"].outputs["out"]
    assert told["inputs"]["shout"]["value"] == "so loud"
    assert told["variables"] == {"GREETING": "hello there"}
    assert [(row["run"], row["status"]) for row in told["history"]] == [("2", "reused"), ("1", "succeeded")]
    assert "echo so loud > " in said
    assert "in other runs" in said
