"""Serves beside a step in a container; called with the settings in JSON and the number of a socket that listens.

With `echo`, a mark, the settings ask for what is journaled to be said in the step's output, too.
"""

from __future__ import annotations

import importlib
import json
import socket
import sys
from pathlib import Path


def main() -> None:
    """Python was given this file and knows no package: the folder above its own is where one is found."""
    folder = Path(__file__).absolute().parent
    sys.path.append(str(folder.parent))
    settings = json.loads(sys.argv[1])
    recorder = importlib.import_module(folder.name)
    mark = settings.pop("echo", "")
    if mark:
        recorder.echo(Path(settings["events"]), mark)
    recorder.serve(socket.socket(fileno=int(sys.argv[2])), settings)


if __name__ == "__main__":
    main()
