"""What a step in a container costs beside `docker run` of the same command, one after the other on one host."""

import json
import subprocess
import time
from collections.abc import Iterator

from bench.installing import run_quietly
from bench.measuring import Timing, figure
from bench.results import MLPW, Measurement
from bench.rig import Rig
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts

#: Steps of a run: its own start is shared by so many.
STEPS = 10


def measure_containing(rig: Rig) -> Iterator[Measurement]:
    """A run whose steps run one at a time, and as many `docker run --rm --init`; seconds of one step."""
    hosts = DockerHosts()
    try:
        host = hosts.start("bench")
        folder = rig.new_folder("containing")
        (folder / "computes").mkdir(parents=True)
        target = {"type": "docker", "name": "box", "host": f"unix://{host.socket}", "concurrency": 1}
        (folder / "computes" / "box.yml").write_text(json.dumps(target))
        timings: dict[str, list[Timing]] = {MLPW: [], "docker run": []}
        for repeat in range(rig.settings.repeats):
            for name in sorted(timings, reverse=bool(repeat % 2)):
                commands = [f"echo {repeat} {number}" for number in range(STEPS)]
                (folder / "pipeline.yml").write_text(json.dumps({"type": "pipeline", "jobs": _jobs(commands)}))
                start = time.perf_counter()
                if name == MLPW:
                    run_quietly([str(rig.mlpw.scripts / "mlpw"), "run", "pipeline.yml"], folder, rig.variables)
                else:
                    _docker_run(host, commands)
                timings[name].append(Timing((time.perf_counter() - start) / STEPS, 0.0))
        yield Measurement("step in a container", STEPS, {name: figure(each) for name, each in timings.items()})
    finally:
        hosts.close()


def _jobs(commands: list[str]) -> dict[str, object]:
    """All of them at once; the host takes one at a time."""
    step = {"type": "command", "compute": "box", "environment": {"image": BASE_IMAGE}}
    return {f"s{number}": {**step, "command": command} for number, command in enumerate(commands)}


def _docker_run(host: DockerHost, commands: list[str]) -> None:
    docker = ["docker", "-H", f"unix://{host.socket}", "run", "--rm", "--init", BASE_IMAGE, "sh", "-c"]
    for command in commands:
        subprocess.run([*docker, command], check=True, capture_output=True)
