"""A shell where a hosted step runs: a fresh container with its inputs, or the running one."""

import os
import pty
import subprocess
import sys

import pytest

from core.hosts.engine import Engine
from core.records.model import RunStatus, StepStatus
from tests.core.engine.hosts.conftest import contained, containers_of, pipeline, run, state_of
from tests.support.bench import Bench
from tests.support.steps import file
from tests.support.waiting import eventually


def mlpw(bench: Bench, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui", *words], cwd=bench.root, input=typed, text=True, capture_output=True, check=False
    )


@pytest.fixture
def worked(hosted: Bench) -> Bench:
    """A workspace whose one step, `only`, has run."""
    hosted.write({"raw/a.txt": "taken\n", "src/say.sh": "echo said\n"})
    says = "sh say.sh; cat ${{inputs.raw}}/a.txt > ${{outputs.out}}"
    pipeline(hosted, {"only": contained(says, code="./src", data={"raw": "raw/"}, makes={"out": file()})})
    run(hosted)
    return hosted


def test_a_program_runs_in_a_fresh_container_with_the_steps_inputs(worked: Bench, engine: Engine) -> None:
    said = mlpw(
        worked, "shell", "latest/only", "--", 'sh say.sh; cat "$AZURE_ML_INPUT_raw/a.txt"; echo err >&2; exit 6'
    )
    assert (said.returncode, said.stdout) == (6, "said\ntaken\n")
    assert "err" in said.stderr
    assert containers_of(worked, engine) == []


def test_what_is_piped_into_it_is_what_it_runs(worked: Bench) -> None:
    said = mlpw(worked, "shell", "pipeline.yml", "only", typed="cat $AZURE_ML_INPUT_raw/a.txt\nexit 4\n")
    assert (said.returncode, said.stdout) == (4, "taken\n")


def test_it_is_a_terminal_on_a_terminal(worked: Bench, engine: Engine) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(worked.root)
        os.execv(sys.executable, [sys.executable, "-m", "tui", "shell", "latest/only"])
    shown = b""

    def has(words: bytes) -> bool:
        nonlocal shown
        shown += os.read(terminal, 4096)
        return words in shown

    eventually(lambda: has(b"(mlpw only)"), "the prompt")
    os.write(terminal, b"tty && echo on''e\r")
    eventually(lambda: has(b"\r\none\r\n"), "the answer")
    os.write(terminal, b"exit\r")
    os.waitpid(pid, 0)
    os.close(terminal)
    eventually(lambda: not containers_of(worked, engine), "its removal")


def test_the_shell_of_a_running_step_is_in_its_container(hosted: Bench, engine: Engine) -> None:
    pipeline(hosted, {"long": contained("echo $$ > mine; echo ready; until [ -e open ]; do sleep 0.05; done")})
    number = hosted.start()
    eventually(lambda: state_of(hosted, engine) == "running", "the container")
    hosted.until(number, long=StepStatus.RUNNING)
    attempt = hosted.attempt(number, "long")
    eventually(lambda: attempt.log.exists() and "ready" in attempt.log.read_text(), "its first word")
    said = mlpw(hosted, "shell", f"{number}/long", "--", "cat mine; touch open")
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip().isdecimal()
    assert "the step's own container" in said.stderr
    assert hosted.end_of(number).status is RunStatus.SUCCEEDED


def test_what_a_step_is_told_to_have_run_in_is_shown(worked: Bench) -> None:
    said = mlpw(worked, "show", "latest/only").stdout
    assert "host         box (unix://" in said
    assert "container    mlpw-" in said
    assert "on box" in mlpw(worked, "show", "latest").stdout


def test_gc_removes_containers_that_nobody_keeps(worked: Bench, engine: Engine) -> None:
    from core.engine.containers import workspace_id
    from core.hosts import labels

    with worked.workspace() as workspace:
        told = {labels.WORKSPACE: workspace_id(workspace.layout), labels.FOLDER: str(worked.attempt(1, "only").root)}
    left = engine.create("mlpw-left-over", {"Image": "base:1", "Cmd": ["sleep", "1000"], "Labels": told})
    engine.start(left)
    others = engine.create("mlpw-others", {"Image": "base:1", "Cmd": ["true"], "Labels": {labels.WORKSPACE: "other"}})
    try:
        assert "1 container" in mlpw(worked, "gc", "--dry-run").stdout
        assert len(containers_of(worked, engine)) == 1
        assert "1 container" in mlpw(worked, "gc").stdout
        assert containers_of(worked, engine) == []
        assert engine.inspect(others)["State"]["Status"] == "created"
    finally:
        engine.remove(left)
        engine.remove(others)
