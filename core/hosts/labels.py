"""The labels of a step's container, which say whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WORKSPACE, RUN, STEP = "mlpw.workspace", "mlpw.run", "mlpw.step"
ATTEMPT, FOLDER = "mlpw.attempt", "mlpw.attempt_folder"


@dataclass(frozen=True, slots=True)
class RunningStep:
    """A container that runs a step: its id, and as its labels say the workspace's, the run's number and the step."""

    container: str = ""
    workspace: str = ""
    run: int = 0
    step: str = ""


def running_step(container: Mapping[str, Any]) -> RunningStep:
    """What the engine's list of containers says of one."""
    told = container.get("Labels") or {}
    run = str(told.get(RUN, ""))
    number = int(run) if run.isascii() and run.isdecimal() else 0
    return RunningStep(str(container["Id"]), str(told.get(WORKSPACE, "")), number, str(told.get(STEP, "")))
