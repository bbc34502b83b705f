"""The life of a spare supervisor: load everything, wait for the number of a run, own it. `core.engine.spare` asks."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.computes.local import LocalCompute
from core.computes.shim.system import name_process
from core.engine.spare import ORDER_BYTES
from core.engine.supervisor import Ready, own
from core.errors import MlpwError
from core.layout import Layout
from core.records.database import DatabaseError
from core.records.records import Records

if TYPE_CHECKING:
    from core.planning.graph import Graph

#: How it shows in ps while it waits, ready, and when it has its run.
SPARE_NAME, _SUPERVISOR_NAME = "mlpw-spare", "mlpw-supervisor"


def main() -> None:
    """`waiting ROOT LIKE`: own the run that is asked for on standard input; end when nobody can ask any more.

    LIKE is a run whose graph the asked one's will probably equal, 0 for none.
    """
    layout = Layout(Path(sys.argv[1]))
    line = _line()
    compute = LocalCompute()
    try:
        compute.prepare()
        load()
        ready = Ready(compute, _graphs(layout, int(sys.argv[2])))
        gc.collect()
        gc.freeze()
        name_process(SPARE_NAME)
        order = _receive(line)
    finally:
        line.close()
    if order is None:
        compute.close()
        return
    run, starting, log = order
    name_process(_SUPERVISOR_NAME)
    os.chdir(layout.root)
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    own(layout, run, starting, ready=ready)


def _line() -> socket.socket:
    """The socket on standard input, which becomes empty, as that of any supervisor."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    line = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return line


def load() -> None:
    """Import, and read of mlpw's own files, what a run does when it gets there."""
    import core.engine.driver  # noqa: F401
    from core.computes.machine import capacity
    from core.environments.curated import resolve_curated

    capacity()
    resolve_curated("")


def _graphs(layout: Layout, run: int) -> dict[str, Graph]:
    """The graph of a run, under the name that the records have for it."""
    from core.planning.graph_json import graph_from_json

    if not run or not layout.database.exists():
        return {}
    with (
        contextlib.suppress(MlpwError, DatabaseError, KeyError, TypeError, ValueError),
        Records(layout.database) as records,
    ):
        return {records.runs.graph_name(run): graph_from_json(records.runs.graph(run))}
    return {}


def _receive(line: socket.socket) -> tuple[int, int, int] | None:
    """The run's number, and the descriptors of its start's lock and of its log; None when nobody asks any more."""
    try:
        text, files, _, _ = socket.recv_fds(line, ORDER_BYTES, 2)
    except OSError:
        return None
    if len(text) != ORDER_BYTES or len(files) != 2:
        return None
    for file in files:
        os.set_inheritable(file, False)
    return int.from_bytes(text, "big"), files[0], files[1]
