"""The README's pictures, from the real workbench on the sample and on hosts: python -m bench.loop_pictures.

Change a step (with a mistake in it), see what would run and why, watch it run, read why it failed, put it right, run
what is left. Takes two minutes, most of them for the first run of the sample, which builds its environment.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from bench.host_picture import take_hosts
from bench.installing import CHECKOUT
from bench.pictures import write_picture
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.widgets.status import Status

_PIPELINE = "pipelines/flight_delays.yml"
_STEP = "train.boosting"
_SOURCE = "src/train_boosting/train_boosting.py"
_RIGHT, _WRONG = "compress=3)", "compres=3)"
_SIZE = (134, 36)
_PATIENCE = 180.0


async def take_loop(workspace: Path, out: Path) -> None:
    """Go round the loop once; `out` gets workbench.svg and loop-1-plan.svg to loop-4-again.svg."""
    session = Session(workspace)
    app = Workbench(session, workspace / ".mlpw" / "cache" / "view.json")
    async with app.run_test(size=_SIZE) as pilot:
        await _until(pilot, lambda: _screen(app).scene.is_planned, "a plan")
        _edit(workspace, _RIGHT, _WRONG)
        await _until(pilot, lambda: _status(app) is Status.STALE, "a stale step")
        await _press(pilot, "enter")
        await _picture(pilot, out / "workbench.svg")
        await _press(pilot, "r")
        await _picture(pilot, out / "loop-1-plan.svg")
        await _press(pilot, "enter")
        await _until(pilot, lambda: _status(app) is Status.RUNNING and _log_lines(app) >= 3, "a running step")
        await _picture(pilot, out / "loop-2-run.svg")
        await _until(pilot, lambda: _status(app) is Status.FAILED and not _is_live(app), "a failed step")
        await _picture(pilot, out / "loop-3-failure.svg")
        _edit(workspace, _WRONG, _RIGHT)
        await _until(pilot, lambda: _screen(app).scene.is_planned and _status(app) is not Status.FAILED, "a new plan")
        await _picture(pilot, out / "loop-4-again.svg")
    session.close()


def _screen(app: Workbench) -> RunScreen:
    assert app.run_screen is not None
    return app.run_screen


def _status(app: Workbench) -> Status:
    state = _screen(app).scene.states.get(_STEP)
    return state.status if state else Status.UNKNOWN


def _is_live(app: Workbench) -> bool:
    run = _screen(app).scene.run
    return run is not None and run.is_live


def _log_lines(app: Workbench) -> int:
    return _screen(app).log_pane.extent()[2]


def _edit(workspace: Path, before: str, after: str) -> None:
    source = workspace / _SOURCE
    source.write_text(source.read_text().replace(before, after))


async def _press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause(0.8)


async def _picture(pilot: Pilot[int], file: Path) -> None:
    await pilot.pause(1.2)
    write_picture(pilot.app, file)


async def _until(pilot: Pilot[int], met: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not met():
        if time.monotonic() > end:
            raise TimeoutError(f"the workbench never showed {what}")
        await pilot.pause(0.1)


def main() -> None:
    """Copy the sample, run it once, go round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=CHECKOUT / "docs")
    parser.add_argument("--workspace", type=Path, help="a copy of the sample that was run already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        own = Path(scratch)
        os.environ |= {"XDG_CONFIG_HOME": str(own / "config"), "XDG_STATE_HOME": str(own / "state")}
        # One place for everybody, since pictures show it; a copy that was run before may be elsewhere.
        workspace = given.workspace or Path(tempfile.gettempdir(), "flights")
        if given.workspace is None:
            shutil.rmtree(workspace, ignore_errors=True)
            shutil.copytree(CHECKOUT / "sample_workspace", workspace, ignore=shutil.ignore_patterns(".mlpw"))
            command = [sys.executable, "-m", "tui", "-C", str(workspace), "run", _PIPELINE]
            subprocess.run(command, check=True, cwd=CHECKOUT)
        asyncio.run(take_loop(workspace, given.out))
        hosted = own / "flights"
        hosted.mkdir()
        asyncio.run(take_hosts(hosted, given.out))


if __name__ == "__main__":
    main()
