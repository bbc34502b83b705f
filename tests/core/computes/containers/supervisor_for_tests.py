"""A supervisor that can be killed: `python -m tests.core.computes.containers.supervisor_for_tests ROOT TARGET COMMAND`.

TARGET is a ComputeTarget as JSON.
"""

import json
import sys
from pathlib import Path

from core.definitions.compute_target import ComputeTarget
from tests.core.computes.containers.conftest import Desk


def main(root: Path, target: ComputeTarget, command: str) -> None:
    desk = Desk(root, target)
    desk.start(command)
    desk.compute.wait(None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), ComputeTarget(**json.loads(sys.argv[2])), sys.argv[3])
