"""Compute targets for their screen: what files define, and hosts looked at on threads of their own.

A host that is away keeps who asks it waiting for many seconds: no thread that others need asks hosts. The threads are
daemons, so that leaving the workbench waits for none.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.definitions.compute_target import LOCAL, ComputeTarget
from core.hosts.labels import RunningStep
from core.records.model import StepStatus
from core.workspace import Workspace
from core.workspace.host_watch import HostState, HostWatch, MachineWatch
from tui.wording.computes import facts_lines, target_lines

__all__ = [
    "LOCAL",
    "ComputeView",
    "FindingView",
    "HostState",
    "Pairs",
    "Standing",
    "Watchers",
    "ask",
    "computes",
    "paused",
    "set_paused",
    "standing",
    "try_host",
]

_EVERY_SECONDS, _EVERY_SECONDS_AWAY = 3.0, 10.0
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ComputeView:
    """A target: its name, host, file, what is said of it, and why it cannot be used."""

    name: str
    host: str = ""
    file: str = ""
    lines: Pairs = ()
    trouble: str = ""
    target: ComputeTarget | None = None


@dataclass(frozen=True, slots=True)
class FindingView:
    """One thing that was tried on a host."""

    name: str
    is_well: bool
    found: str
    advice: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The workspace's id on hosts, the targets that are paused, the steps that run as processes of this machine, and
    when each of its running steps began, in seconds since the epoch, by run and name.
    """

    workspace: str = ""
    paused: frozenset[str] = frozenset()
    here: tuple[RunningStep, ...] = ()
    started: Mapping[tuple[int, str], float] = field(default_factory=dict)


def computes(workspace: Workspace) -> tuple[ComputeView, ...]:
    """The machine itself, then every target of the workspace by name, then those that cannot be used."""
    from core.workspace.computes import targets

    found = targets(workspace)
    own = (("name", LOCAL), ("", "Processes of this machine: where steps run that name no host."))
    return (
        ComputeView(LOCAL, "processes of this machine", lines=own),
        *(_view(target) for _, target in sorted(found.known.items())),
        *(
            ComputeView(name, file=error.location.file if error.location else "", trouble=str(error))
            for name, error in sorted(found.broken.items())
        ),
    )


def standing(workspace: Workspace) -> Standing:
    """What the records say of the targets, without asking a host."""
    from core.engine.containers import workspace_id
    from core.engine.placing import where_it_runs

    if not workspace.is_kept:
        return Standing()
    started: dict[tuple[int, str], float] = {}
    here: list[RunningStep] = []
    for run in workspace.records.runs.unfinished():
        steps = workspace.run_graph(run.number).steps
        for record in workspace.steps(run.number):
            if record.status is not StepStatus.RUNNING or record.step not in steps:
                continue
            started[run.number, record.step] = record.started_at
            if where_it_runs(steps[record.step], workspace.attempt(record)).compute == LOCAL:
                here.append(RunningStep("", "", run.number, record.step))
    return Standing(workspace_id(workspace.layout), paused(workspace), tuple(here), started)


def paused(workspace: Workspace) -> frozenset[str]:
    """The targets on which nothing new is started for which others could do."""
    from core.workspace import computes as found

    return found.paused(workspace)


def set_paused(name: str, wanted: bool) -> Callable[[Workspace], None]:
    """Start nothing new on a target for which others could do, or use it again."""
    from core.workspace.computes import pause

    return lambda workspace: pause(workspace, name, wanted)


class Watchers:
    """A thread for each target that looks at its host every few seconds until it is stopped."""

    def __init__(self, views: Iterable[ComputeView], heard: Callable[[HostState], None]) -> None:
        """`heard` is called by those threads."""
        self._stopped = threading.Event()
        for view in views:
            if not view.trouble:
                _start(f"mlpw-watch-{view.name}", partial(_keep_looking, view, self._stopped, heard))

    def stop(self) -> None:
        """Look no more; a look that is under way says nothing."""
        self._stopped.set()


def ask(view: ComputeView, root: Path, heard: Callable[[str, Pairs, str], None]) -> None:
    """Have a thread ask a host for all about it: `heard` gets its name, what it is and has, and what is wrong."""
    _start(f"mlpw-ask-{view.name}", lambda: _ask(view, root, heard))


def try_host(view: ComputeView, heard: Callable[[str, FindingView | None], None]) -> None:
    """Have a thread try a host: `heard` gets its name and each finding, None when there is no more."""
    _start(f"mlpw-try-{view.name}", lambda: _try(view, heard))


def _view(target: ComputeTarget) -> ComputeView:
    file = target.location.file if target.location else ""
    return ComputeView(target.name, target.host, file, tuple(target_lines(target)), target=target)


def _start(name: str, work: Callable[[], None]) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()


def _keep_looking(view: ComputeView, stopped: threading.Event, heard: Callable[[HostState], None]) -> None:
    watch = HostWatch(view.target) if view.target else MachineWatch()
    with suppress(RuntimeError):  # the workbench has ended meanwhile
        while not stopped.is_set():
            state = watch.look()
            if not stopped.is_set():
                heard(state)
            # A first look cannot tell how busy it is; the second follows soon
            pause = 1.0 if state.used_cores < 0 else _EVERY_SECONDS
            stopped.wait(pause if state.is_there else _EVERY_SECONDS_AWAY)
    watch.close()


def _ask(view: ComputeView, root: Path, heard: Callable[[str, Pairs, str], None]) -> None:
    from core.workspace.computes import compute_facts

    if view.target is None:
        return
    with Workspace.open(root) as workspace:
        found = compute_facts(workspace, view.target)
    with suppress(RuntimeError):
        told = f"{found.trouble}; {found.advice}" if found.advice else found.trouble
        heard(view.name, tuple(facts_lines(found)), told)


def _try(view: ComputeView, heard: Callable[[str, FindingView | None], None]) -> None:
    from core.workspace.computes import try_out

    if view.target is None:
        return
    with suppress(RuntimeError):
        for each in try_out(view.target):
            heard(view.name, FindingView(each.name, each.is_well, each.found, each.advice))
        heard(view.name, None)
