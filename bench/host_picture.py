"""The README's picture of Docker hosts: two machines reached by SSH, as tests make them, one of them at work.

Needs what tests of Docker hosts need: see CONTRIBUTING.md.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from textual.pilot import Pilot

from bench.installing import CHECKOUT
from bench.pictures import write_picture
from tests.support.docker_hosts import BASE_IMAGE, DockerHosts
from tests.support.far import write_target
from tests.support.screen import screen_text
from tui.app import Workbench
from tui.session import Session

_SIZE = (120, 20)
_PATIENCE = 120.0
_STEPS = ("train_boosting", "train_forest")


async def take_hosts(workspace: Path, out: Path) -> None:
    """Make the workspace, begin a run on a host, and write docs' hosts.svg, with that host selected."""
    with _at_work(workspace):
        session = Session(workspace)
        app = Workbench(session, workspace / ".mlpw" / "cache" / "view.json")
        async with app.run_test(size=_SIZE) as pilot:
            await pilot.press("9", "j", "j", "enter")
            await _until_shown(pilot, *_STEPS, "2 of 2", "paused", "engine    Docker")
            await pilot.pause(5.0)  # how busy they are is known at the second look
            write_picture(app, out / "hosts.svg")
        session.close()


@contextlib.contextmanager
def _at_work(workspace: Path) -> Iterator[None]:
    hosts = DockerHosts()
    os.environ["MLPW_RUNTIME_DIR"] = str(hosts.runtime)
    try:
        for name, more in (("attic", {}), ("gpubox", {"concurrency": 2, "description": "Under the desk"})):
            write_target(workspace, hosts.start(name, ssh=True), **more)
        (workspace / "mlpw.yml").write_text("name: flights\n")
        work = {"type": "command", "environment": {"image": BASE_IMAGE}}
        jobs = {name: {**work, "command": f": {name}; while :; do :; done"} for name in _STEPS}
        pipeline = {"type": "pipeline", "jobs": jobs, "settings": {"default_compute": "azureml:gpubox"}}
        (workspace / "train.yml").write_text(json.dumps(pipeline))
        _mlpw(workspace, "compute", "pause", "attic")
        _mlpw(workspace, "run", "--detach", "train.yml")
        try:
            yield
        finally:
            _mlpw(workspace, "cancel", "latest")
    finally:
        hosts.close()


def _mlpw(workspace: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "tui", "-C", str(workspace), *words], check=True, cwd=CHECKOUT)


async def _until_shown(pilot: Pilot[int], *texts: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not all(text in screen_text(pilot.app) for text in texts):
        if time.monotonic() > end:
            raise TimeoutError(f"the workbench never showed {', '.join(texts)}:\n{screen_text(pilot.app)}")
        await pilot.pause(0.2)
