"""The detached process that owns a run: started for each run, and again by whoever finds that it died."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.computes.local import LocalCompute
from core.engine.crashes import crash_at
from core.engine.giving_up import end_run, make_reserve
from core.engine.launch import run_lock
from core.engine.patience import note_life
from core.engine.request import Request
from core.errors import MlpwError
from core.layout import Layout
from core.planning.graph_json import graph_from_json
from core.records.database import DatabaseError
from core.records.model import RunStatus
from core.records.records import Records
from core.store.locks import Lock
from core.store.objects import Store

if TYPE_CHECKING:
    from core.planning.graph import Graph


@dataclass(frozen=True, slots=True)
class Ready:
    """What a supervisor may have before it has its run: its compute, and graphs by their names in the records."""

    compute: LocalCompute = field(default_factory=LocalCompute)
    graphs: Mapping[str, Graph] = field(default_factory=dict)


def main() -> None:
    """`supervisor ROOT RUN START`: own the run until it is final; leave at once when somebody else does.

    START is a file descriptor whose lock says that this process is about to own the run.
    """
    own(Layout(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))


def own(layout: Layout, run: int, starting: int, graph: Graph | None = None, ready: Ready | None = None) -> None:
    """As `main`; the graph, where it is known, need not be read again, nor made what is `ready`."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # to end is enough: the next supervisor takes over
    lock = Lock(run_lock(layout, run))
    if not lock.try_acquire():
        return
    os.ftruncate(starting, 0)  # who started this is no holder any more
    os.close(starting)
    note_life(layout, run)
    make_reserve(layout)
    with Records(layout.database) as records:
        if records.runs.get(run).status.is_final:
            return
        supervise(layout, records, run, graph, ready or Ready())


def supervise(layout: Layout, records: Records, run: int, graph: Graph | None, ready: Ready) -> None:
    """Drive the run to its end and record it; the caller holds the run's lock."""
    store, compute = Store(layout), ready.compute
    gc.disable()  # what is made until the run is driven stays to its end: to look for garbage in it is in vain
    try:
        compute.prepare()
        from core.computes.machine import capacity  # these load while the nursery starts
        from core.engine.admission import Admission, bounded
        from core.engine.driver import Driver
        from core.engine.places import Places

        records.runs.start(run)
        crash_at("run_started")
        graph = graph or ready.graphs.get(records.runs.graph_name(run)) or graph_from_json(records.runs.graph(run))
        request = Request.from_plain(records.runs.get(run).request)
        with store.keeping():
            if graph.targets:
                compute.prepare(containers=True)
            places = Places(Admission(bounded(capacity(), graph.machine)), graph.targets)
            driver = Driver(layout, records, store, compute, places, run=run, graph=graph, selection=request.selection)
            gc.freeze()
            gc.enable()
            status = driver.drive()
        crash_at("all_settled")
        records.runs.finish(run, status, _error(records, run, status))
        crash_at("finished")
    except Exception as error:
        # A fault of ours: the run must not stay open, or every later command would start it again
        with suppress(OSError):  # the log lies on the disk that may be full
            import traceback

            traceback.print_exc()
        end_run(layout, records, run, f"mlpw failed: {_told(error)}; details: {layout.run(run) / 'supervisor.log'}")
    finally:
        store.close()
        compute.close()


def _told(error: Exception) -> str:
    """A fault as a person reads it."""
    if isinstance(error, DatabaseError):
        return f"cannot write its records: {error}"
    return str(error) if isinstance(error, MlpwError | OSError) else f"{type(error).__name__}: {error}"


def _error(records: Records, run: int, status: RunStatus) -> str:
    """One line about the first step that failed."""
    if status is not RunStatus.FAILED:
        return ""
    failed = [step for step in records.runs.steps(run) if step.status == "failed"]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"{failed[0].step}: {failed[0].error}{more}" if failed else json.dumps("failed")
