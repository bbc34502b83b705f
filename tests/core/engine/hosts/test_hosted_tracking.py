"""What a step in a container reports reaches its run, though the container has a network of its own, or none."""

import json
from pathlib import Path

import pytest

from tests.core.engine.hosts.conftest import contained, pipeline, run
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost
from tests.support.python_image import PYTHON_IMAGE, import_python, write_python_image

#: Asks once: the recorder listens already.
LOG = """
import json, os, urllib.request
address, run = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_RUN_ID"]
for step in range(3):
    body = {"run_id": run, "key": "loss", "value": 0.5 / (step + 1), "timestamp": 1, "step": step}
    path = f"{address}/api/2.0/mlflow/runs/log-metric"
    urllib.request.urlopen(urllib.request.Request(path, json.dumps(body).encode()), timeout=300).read()
"""


@pytest.mark.parametrize("network", ["bridge", "none"])
def test_metrics_are_recorded(hosted: Bench, host: DockerHost, tmp_path: Path, network: str) -> None:
    import_python(host, write_python_image(tmp_path / "python.tar"))
    hosted.write({"src/log.py": LOG})
    resources = {"docker_args": f"--network {network}"}
    pipeline(hosted, {"only": contained("python log.py", environment={"image": PYTHON_IMAGE}, code="./src",
                                        resources=resources)})  # fmt: skip
    number = run(hosted)
    assert hosted.statuses(number) == {"only": "succeeded"}, hosted.log(number, "only")
    events = [json.loads(line) for line in hosted.attempt(number, "only").events.read_text().splitlines()]
    points = [point["value"] for event in events if event["type"] == "log" for point in event["metrics"]]
    assert points == [0.5, 0.25, 0.5 / 3]
