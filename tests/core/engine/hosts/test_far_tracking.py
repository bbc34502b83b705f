"""What a step on a host that shares no files with us reports is here while it runs, and is whole afterwards."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.computes import attempts
from core.tracking.events import JournalReader, Metric
from tests.core.engine.hosts.conftest import contained, containers_of, pipeline, run
from tests.support.bench import Bench, kill
from tests.support.docker_hosts import DockerHost
from tests.support.far import leave_nothing, write_target
from tests.support.mlflow_client import MLFLOW_IMAGE, write_mlflow_image
from tests.support.python_image import import_python
from tests.support.steps import folder
from tests.support.waiting import eventually

#: Logs with MLflow's own client, and asks whoever types for each next hundred of points.
TRAIN = """
import pathlib, sys, time
import mlflow

mlflow.log_param("rate", 0.1)
for part in range(3):
    print(f"part {part}:", end=" ", flush=True)
    for step in range(part * 100, part * 100 + 100):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    print("logged", flush=True)
    while not pathlib.Path(f"go{part}").exists():
        time.sleep(0.05)
"""
#: A busy machine takes its time to start hosts, to put the agent's image together and to send it.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def bench(new_bench: Callable[[str], Bench], by_ssh: DockerHost, by_tls: DockerHost) -> Iterator[Bench]:
    bench = new_bench("workspace")
    for far in (by_ssh, by_tls):
        write_target(bench.root, far)
    yield bench
    for far in (by_ssh, by_tls):
        leave_nothing(far)


def points(bench: Bench, run: int, step: str = "train") -> list[int]:
    """The steps of the points that are known here by now."""
    events = JournalReader(bench.attempt(run, step).events, "").poll()
    return [event.step for event in events if isinstance(event, Metric)]


def test_metrics_are_here_while_the_step_runs_without_gap_or_repetition(
    bench: Bench, by_ssh: DockerHost, tmp_path: Path
) -> None:
    import_python(by_ssh, write_mlflow_image(tmp_path / "mlflow.tar"), MLFLOW_IMAGE)
    bench.write({"src/train.py": TRAIN})
    pipeline(bench, {"train": contained("python train.py", "far", code="./src", environment={"image": MLFLOW_IMAGE})})
    number = bench.start()
    eventually(lambda: bool(bench.steps(number)["train"].attempt), "the attempt")

    eventually(lambda: points(bench, number) == [*range(100)], "the first hundred")
    by_ssh.cut_link()
    go_on(bench, by_ssh, 0)
    eventually(lambda: bench.steps(number)["train"].detail != "", "the words about the cut")
    by_ssh.mend_link()
    eventually(lambda: points(bench, number) == [*range(200)], "the second")
    keeper = attempts.owner(bench.attempt(number, "train"))
    assert keeper is not None
    kill(keeper.pid)
    go_on(bench, by_ssh, 1)
    eventually(lambda: points(bench, number) == [*range(300)], "the third")
    assert bench.steps(number)["train"].status == "running"
    go_on(bench, by_ssh, 2)
    bench.end_of(number)

    assert bench.statuses(number) == {"train": "succeeded"}, bench.log(number, "train")
    assert points(bench, number) == [*range(300)]
    said = [line for line in bench.log(number, "train").splitlines() if line.startswith("part")]
    assert said == [f"part {part}: logged" for part in range(3)]


def go_on(bench: Bench, host: DockerHost, part: int) -> None:
    """Let the step on the host log its next part."""
    with contextlib.closing(host.engine()) as engine:
        (container,) = containers_of(bench, engine)
        mounts = engine.inspect(container)["Mounts"]
    place = next(mount["Source"] for mount in mounts if mount["Destination"].endswith("/code"))
    host.run(f"touch {place}/go{part}")


def test_metrics_in_files_far_away_are_compared_without_fetching_them(bench: Bench) -> None:
    command = """printf '{"acc": 0.%s, "deep": {"f1": 0.25}}' ${{inputs.digit}} > ${{outputs.out}}/metrics.json"""
    for digit in ("5", "6"):
        step = contained(command, "away", values={"digit": digit}, makes={"out": folder()})
        pipeline(bench, {"train": step})
        run(bench)

    with bench.workspace() as workspace:
        told = {line.name: line.cells for line in workspace.compare([1, 2]).lines if line.topic == "metrics"}
        assert not any(workspace.store.has(row.outputs["out"]) for row in workspace.steps(2))

    assert {name: [cell.text for cell in cells if cell] for name, cells in told.items()} == {
        "acc": ["0.5", "0.6"],
        "deep.f1": ["0.25", "0.25"],
    }
    assert json.loads(bench.attempt(2, "train").collected.read_text())
