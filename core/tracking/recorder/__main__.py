"""`python FOLDER SETTINGS` serves beside a step in a container; the settings, in JSON, have the `port` to listen at."""

from __future__ import annotations

import importlib
import json
import socket
import sys
from pathlib import Path


def main() -> None:
    """Python was given the folder and knows no package: the folder above it is where one is found."""
    folder = Path(__file__).absolute().parent
    sys.path[0] = str(folder.parent)
    settings = json.loads(sys.argv[1])
    listening = socket.create_server(("127.0.0.1", settings.pop("port")), backlog=64)
    importlib.import_module(folder.name).serve(listening, settings)


if __name__ == "__main__":
    main()
