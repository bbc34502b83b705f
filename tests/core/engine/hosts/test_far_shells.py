"""A shell where a step runs far away: what is piped into it is what it runs, and its output comes back whole."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.core.engine.hosts.conftest import contained, has_said, pipeline
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.far import leave_nothing, write_target
from tests.support.waiting import eventually

LARGE = b"".join(b"%d\n" % number for number in range(600_000))
#: A busy machine takes its time to start hosts, to put the agent's image together and to send it.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session", params=["far", "away"])
def far(request: pytest.FixtureRequest, docker_hosts: DockerHosts) -> DockerHost:
    """Reached by SSH, and by TLS."""
    return docker_hosts.start(request.param, ssh=request.param == "far", tls=request.param == "away")


@pytest.fixture
def bench(new_bench: Callable[[str], Bench], far: DockerHost) -> Iterator[Bench]:
    """A workspace whose one step, `only`, reads a file on the host."""
    bench = new_bench("workspace")
    write_target(bench.root, far)
    bench.write({"raw/a.txt": "taken\n"})
    pipeline(bench, {"only": contained("cat ${{inputs.raw}}/a.txt", far.name, data={"raw": "raw/"})})
    yield bench
    leave_nothing(far)


def shell(
    bench: Bench, *words: str, typed: bytes, step: str = "pipeline.yml only"
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tui", "shell", *step.split(), *words],
        cwd=bench.root,
        input=typed,
        capture_output=True,
        check=False,  # one that waits for ever is ended by the test's own time
    )


def test_a_script_that_is_piped_into_it_ends_where_it_ends(bench: Bench) -> None:
    said = shell(bench, typed=b"cat $AZURE_ML_INPUT_raw/a.txt\necho err >&2\n(exit 4)\n")
    assert (said.returncode, said.stdout) == (4, b"taken\n"), said.stderr
    assert b"err" in said.stderr


def test_all_of_a_large_input_comes_back(bench: Bench) -> None:
    """More than any buffer on the way holds: who only sends would wait for ever."""
    said = shell(bench, "--", "cat; echo end", typed=LARGE)
    assert said.returncode == 0, said.stderr
    assert hashlib.sha256(said.stdout).hexdigest() == hashlib.sha256(LARGE + b"end\n").hexdigest()


def test_input_ends_in_a_step_that_runs_already(bench: Bench, far: DockerHost) -> None:
    pipeline(bench, {"only": contained("echo ready; until [ -e open ]; do sleep 0.05; done", far.name)})
    number = bench.start()
    eventually(lambda: has_said(bench, number, "only", "ready\n"), "its first word")
    said = shell(bench, "--", "wc -c; touch open", typed=LARGE, step=f"{number}/only")
    assert (said.returncode, int(said.stdout)) == (0, len(LARGE)), said.stderr
    bench.end_of(number)
    assert bench.statuses(number) == {"only": "succeeded"}
