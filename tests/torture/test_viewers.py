"""`mlpw run` in a terminal and without one: whoever watches may go at any moment, the run does not mind."""

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from core.records.model import RunStatus
from tests.support.bench import Bench
from tests.support.shell import MLPW, Said
from tests.support.steps import step
from tests.support.waiting import eventually

LINES = [*(f"line {i}" for i in range(1, 201)), "after"]


class Viewer:
    """`mlpw run` with a test at its other end, through a pty or a plain pipe."""

    def __init__(self, bench: Bench, *, terminal: bool) -> None:
        self._mine, theirs = pty.openpty() if terminal else os.pipe()
        os.set_blocking(self._mine, False)
        self.process = subprocess.Popen(
            [MLPW, "run", str(bench.file)],
            cwd=bench.root,
            stdin=theirs if terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,  # what a test sends to it must not reach the test
        )
        os.close(theirs)
        self._said = b""

    def said(self) -> str:
        """All it has written so far."""
        with suppress(OSError):  # nothing new, or the terminal's other end is closed
            while chunk := os.read(self._mine, 65536):
                self._said += chunk
        return self._said.decode(errors="replace")

    def press_ctrl_c(self) -> None:
        """As a terminal does: every process of the viewer's group hears it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Its exit code."""
        eventually(lambda: (self.said(), self.process.poll())[1] is not None, "the end of the viewer")
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._mine)


@pytest.fixture(params=["terminal", "pipe"])
def viewer(bench: Bench, request: pytest.FixtureRequest) -> Iterator[Viewer]:
    """Watches a run whose first step waits at the gate."""
    command = f"for i in $(seq 200); do echo line $i; done; {bench.gate()}; echo after"
    bench.pipeline({"slow": step(command, makes=["out"]), "next": step("echo next", takes={"x": "slow.out"})})
    made = Viewer(bench, terminal=request.param == "terminal")
    bench.until_started("slow")
    yield made
    made.close()


def mlpw(bench: Bench, *arguments: str) -> Said:
    ended = subprocess.run([MLPW, *arguments], cwd=bench.root, capture_output=True, text=True, check=False)
    return Said(ended.returncode, ended.stdout, ended.stderr)


def test_a_run_goes_on_when_its_viewer_is_killed(bench: Bench, viewer: Viewer) -> None:
    viewer.process.kill()
    viewer.process.wait()
    bench.open_gate()
    eventually(lambda: bench.status(1).is_final, "the end of the run, with no command's help")

    assert bench.status(1) is RunStatus.SUCCEEDED
    assert mlpw(bench, "logs", "1/slow").out.splitlines() == LINES
    assert "2 succeeded" in mlpw(bench, "runs").out
    assert bench.started() == ["slow", "next"]
    bench.until_quiet()


def test_the_first_ctrl_c_cancels(bench: Bench, viewer: Viewer) -> None:
    viewer.press_ctrl_c()

    assert viewer.end() == 130
    assert bench.status(1) is RunStatus.CANCELLED
    bench.until_quiet()


def test_the_second_ctrl_c_leaves_the_run_to_itself(bench: Bench, viewer: Viewer) -> None:
    supervisor = bench.until_supervised(1)
    os.kill(supervisor, signal.SIGSTOP)  # so that it cannot obey the first before the second comes
    try:
        viewer.press_ctrl_c()
        eventually(lambda: "Ctrl-C again" in viewer.said(), "an answer to the first Ctrl-C")
        viewer.press_ctrl_c()
        assert viewer.end() == 130
        assert not bench.status(1).is_final
    finally:
        os.kill(supervisor, signal.SIGCONT)

    assert "mlpw logs 1 -f" in viewer.said()
    assert bench.end_of(1).status is RunStatus.CANCELLED
    bench.until_quiet()


def test_after_viewer_and_supervisor_were_killed_the_next_viewer_shows_it_whole(bench: Bench, viewer: Viewer) -> None:
    viewer.process.kill()
    viewer.process.wait()
    bench.kill_supervisor(1)
    with subprocess.Popen(
        [MLPW, "logs", "1/slow", "-f"], cwd=bench.root, stdout=subprocess.PIPE, text=True
    ) as next_one:
        bench.until_supervised(1)
        bench.open_gate()
        said, _ = next_one.communicate()

    assert said.splitlines() == LINES
    assert bench.end_of(1).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]
