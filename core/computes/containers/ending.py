"""What the engine's word on a container means for its step."""

import signal
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from core.computes.containers.frames import seconds_of
from core.computes.containers.kept import Kept
from core.computes.protocol import ContainerSpec
from core.computes.shim.result import Fields
from core.hosts.engine import Engine
from core.hosts.errors import NotThereError

_NEVER = "0001-01-01T00:00:00Z"
_NO_COMMAND, _KILLED = 127, 128 + signal.SIGKILL
#: How an engine that ends, or is started after a crash, leaves the containers that it does not let live on.
_HOSTS_CODES = (128 + signal.SIGTERM, _KILLED, 255)
#: A container that an engine finds at its start is ended so soon.
_START_SECONDS = 10

_T = TypeVar("_T")


class OverError(Exception):
    """The attempt is over, whatever the container does; `fields` say how."""

    def __init__(self, status: str, error: str = "", **more: Any) -> None:
        super().__init__(error)
        self.fields: Fields = {"status": status, "error": error, **more}


class Reach(Protocol):
    """Gives the answer of a host, however long it cannot be reached."""

    def __call__(self, call: Callable[[Engine], _T]) -> _T:
        """See the class."""
        ...


def is_over(state: Mapping[str, Any]) -> bool:
    """Whether a container (the `State` of its inspection) has run, or will never."""
    return state["Status"] in ("exited", "dead") or (state["Status"] == "created" and bool(state["Error"]))


def is_fresh(state: Mapping[str, Any]) -> bool:
    """Whether it was made and not started yet."""
    return state["Status"] == "created" and not state["Error"]


def meaning(state: Mapping[str, Any], container: ContainerSpec, kept: Kept, reach: Reach) -> Fields:
    """What the result says of a container that is over; `reach` asks its engine what else there is to know."""
    may_be_hosts = int(state["ExitCode"]) in _HOSTS_CODES and not kept.asked
    engine_started = reach(lambda engine: engine.started_at()) if may_be_hosts else ""
    found = ended(state, asked=bool(kept.asked), engine_started=engine_started, host=container.target.name)
    found["memory_limit"] = container.memory
    if kept.asked:
        return {**found, "status": kept.asked}
    code = found["exit_code"] if found["status"] == "exited" else 0
    if code == _NO_COMMAND:
        return found if reach(lambda engine: _has_shell(engine, kept.container)) else _NO_SHELL
    if code == _KILLED and container.memory and not found["oom_kills"]:
        # an engine under load may see the end before it hears of the lack of memory
        since, until = seconds_of(state["StartedAt"])[0], seconds_of(state["FinishedAt"])[0] + 2
        heard = reach(lambda engine: engine.ran_out_of_memory(kept.container, since, until))
        return {**found, "oom_kills": 1 if heard else None}
    return found


def ended(state: Mapping[str, Any], *, asked: bool, engine_started: str, host: str) -> Fields:
    """What the result says of a container that is over; `asked`: we wanted it to end.

    `engine_started` is when the engine last started, "" when nobody knows: what it ended itself is lost, not failed.
    """
    if state["StartedAt"] == _NEVER or (state["Error"] and state["ExitCode"] in (125, 126, 127, 128)):
        return {"status": "not_started", "error": refusal(str(state["Error"]))}
    code = int(state["ExitCode"])
    fields: Fields = {"status": "exited", "exit_code": code, "signal": None, "oom_kills": int(bool(state["OOMKilled"]))}
    duration = _between(state["StartedAt"], state["FinishedAt"])
    if duration > 0:
        fields["duration_s"] = duration
    if not asked and code in _HOSTS_CODES and not state["OOMKilled"] and _is_hosts(state, engine_started):
        words = f"the engine of {host} was started anew while the step ran"
        return {**fields, "status": "lost", "error": words, "restarted": True, "exit_code": None}
    return fields


def refusal(words: str) -> str:
    """An engine's refusal to make or start a container, and what to do about it where that is known."""
    short = words.replace(": unknown", "").rpartition("unable to start container process: ")[2]
    short = short.removeprefix("failed to create shim task: ")
    for sign, advice in _ADVICE.items():
        if sign.lower() in words.lower():
            return f"{short}; {advice}"
    return short


def _has_shell(engine: Engine, container: str) -> bool:
    try:
        with engine.get(container, "/bin/sh"):
            return True
    except NotThereError:
        return False


def _is_hosts(state: Mapping[str, Any], engine_started: str) -> bool:
    """Whether the engine is another one than the one that started the container, and came when that ended, or later."""
    if not engine_started:
        return False
    begun = _between(engine_started, state["StartedAt"]) < 0
    return begun and _between(engine_started, state["FinishedAt"]) < _START_SECONDS


def _between(start: str, end: str) -> float:
    """Seconds from one timestamp to another, 0 when either is none."""
    try:
        (first, first_ns), (last, last_ns) = seconds_of(start), seconds_of(end)
    except ValueError:
        return 0.0
    return last - first + (last_ns - first_ns) / 1e9


_NEEDS_SHELL = "a step's command runs in sh, which the image must have"
_NO_SHELL: Fields = {"status": "not_started", "error": f"its image has no /bin/sh; {_NEEDS_SHELL}"}
_ADVICE = {
    '"/bin/sh"': _NEEDS_SHELL,
    "could not select device driver": "install nvidia-container-toolkit on the host, or ask for no gpus",
    "bind source path does not exist": "the host does not see this machine's files: is its socket another machine's?",
    "Range of CPUs": "ask for fewer cpus in docker_args",
    "Requested CPUs are not available": "change cpuset-cpus in docker_args",
    "Unknown runtime specified nvidia": "install nvidia-container-toolkit there and run 'nvidia-ctk runtime configure'",
    "wrong rlimit value": "change ulimit in docker_args, whose names are those of 'prlimit --help'",
    'error mounting "tmpfs"': "change tmpfs in docker_args, as in /scratch:size=1g",
    "Minimum memory limit": "ask for more memory in docker_args",
    "is denied: Mounts denied": "let Docker share this folder in its settings",
    "no space left on device": "free some space on the host: mlpw gc, docker system prune",
}
