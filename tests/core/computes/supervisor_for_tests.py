"""A supervisor that can be killed: `python -m tests.core.computes.supervisor_for_tests FOLDER COUNT COMMAND`."""

import os
import sys
from pathlib import Path

from core.computes.local import LocalCompute, shell_argv
from core.computes.protocol import AttemptSpec
from core.layout import AttemptFolder


def main(root: Path, count: int, command: str) -> None:
    compute = LocalCompute()
    for number in range(count):
        attempt = AttemptFolder(root / str(number))
        compute.submit(attempt, AttemptSpec(shell_argv(command), str(root), {"PATH": os.environ["PATH"]}))
    heard = 0
    while heard < count:
        heard += len(compute.wait(None))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
