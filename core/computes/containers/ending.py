"""What the engine's word on a container means for its step."""

import signal
from collections.abc import Mapping
from typing import Any

from core.computes.containers.frames import seconds_of
from core.computes.shim.result import Fields

_NEVER = "0001-01-01T00:00:00Z"
_KILLED = 128 + signal.SIGKILL
#: How an engine that ends, or is started after a crash, leaves the containers that it does not let live on.
_HOSTS_CODES = (128 + signal.SIGTERM, _KILLED, 255)
#: A container that an engine finds at its start is ended so soon.
_START_SECONDS = 10


def is_over(state: Mapping[str, Any]) -> bool:
    """Whether a container (the `State` of its inspection) has run, or will never."""
    return state["Status"] in ("exited", "dead") or (state["Status"] == "created" and bool(state["Error"]))


def is_fresh(state: Mapping[str, Any]) -> bool:
    """Whether it was made and not started yet."""
    return state["Status"] == "created" and not state["Error"]


def is_hosts_code(state: Mapping[str, Any]) -> bool:
    """Whether a container ended as an engine leaves those that it ends itself."""
    return int(state["ExitCode"]) in _HOSTS_CODES


def may_be_out_of_memory(state: Mapping[str, Any], memory: int) -> bool:
    """Whether a container with a limit (bytes, 0 for none) was killed, and nobody said why.

    An engine under load may see its end before it hears of the lack of memory.
    """
    return bool(memory) and int(state["ExitCode"]) == _KILLED and not state["OOMKilled"]


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
        if sign in words:
            return f"{short}; {advice}"
    return short


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


_ADVICE = {
    '"/bin/sh"': "a step's command runs in sh, which the image must have",
    "could not select device driver": "install nvidia-container-toolkit on the host, or ask for no gpus",
    "bind source path does not exist": "the host does not see this machine's files: is its socket another machine's?",
    "Range of CPUs": "ask for fewer cpus in docker_args",
    "Minimum memory limit": "ask for more memory in docker_args",
    "is denied: Mounts denied": "let Docker share this folder in its settings",
    "no space left on device": "free some space on the host: docker system prune",
}
