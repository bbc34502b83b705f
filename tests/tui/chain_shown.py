"""The pipeline prepare -> train -> report in the workbench: what is shown of it, and how it comes to run."""

from typing import Any

from textual.pilot import Pilot

from tests.support.bench import Bench
from tests.support.screen import until, until_shown
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.widgets.status import Status


def shown(app: Workbench) -> RunScreen:
    """Its Run screen."""
    assert isinstance(app.run_screen, RunScreen)
    return app.run_screen


def statuses(app: Workbench) -> dict[str, Status]:
    """What stands at each step."""
    return {name: state.status for name, state in shown(app).scene.states.items()}


async def running(pilot: Pilot[Any], chain: Bench, *, keys: str) -> None:
    """train runs, having opened t.sh, behind its gate; prepare and report have ended."""
    (chain.outside / "gate").unlink()
    chain.write({"src/t.sh": "cat $1/f; echo 2"})
    await until_shown(pilot, "● 1 stale")
    await pilot.press(*keys.split())
    await until(pilot, lambda: chain.started().count("train") == 2, "train")
    await until_shown(pilot, "▶ train")
    told = chain.attempt(2, "train").opened_so_far
    await until(pilot, lambda: told.exists() and "t.sh" in told.read_text(), "what it opened")
