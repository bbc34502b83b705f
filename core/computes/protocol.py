"""What every kind of compute takes and gives: an attempt to run, where it stands, how it ended."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from core.definitions.compute_target import ComputeTarget
from core.layout import AttemptFolder

LOG_LIMIT_BYTES = 1 << 30
GRACE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RecorderHook:
    """A Python package by its folder, whose `serve(listening_socket, settings)` answers what a step reports."""

    folder: str
    settings: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"folder": self.folder, "settings": dict(self.settings)}


@dataclass(frozen=True, slots=True)
class Mount:
    """A path of the host in a container; `source` is what the engine sees, `target` what the step sees."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Staged:
    """Content for a container on a host that shares no files with us: `digest`, or what lies `inside` of it.

    It is at `source` here, in the store when that is "", and at `target` for the step.
    """

    digest: str
    target: str
    source: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Staging:
    """What such a host must have for an attempt, and what is kept of it there.

    `workspace` is the root whose store has the content. The step only reads `needs`; `copies` and `folders` are its
    own, below the attempt's folder, of which `mounted` are the tops; so are `files`, empty at first and each mounted.
    `places` are paths by name that are kept there afterwards; `gathered` folders by name go together there first.
    `brought` are paths that are copied here when the step has ended; so are files called as one of `told`, when they
    are small and in `places`. `keeper` is the workspace's name there.
    """

    workspace: str
    needs: Sequence[Staged] = ()
    copies: Sequence[Staged] = ()
    folders: Sequence[str] = ()
    files: Sequence[str] = ()
    mounted: Sequence[str] = ()
    brought: Sequence[str] = ()
    told: Sequence[str] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    gathered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keeper: str = ""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What a step's container is made from besides its command; `labels` find it again, `name` is made once.

    `user` is "uid:gid". `cpus` 0, `memory` 0 (bytes) and `gpus` 0 set no limit and no request; `shm_size` 0 is the
    engine's default. `arguments` are what `docker_args` may add, as the API's HostConfig keys. `staging` is there for a
    host that shares no files with us; its mounts come from that. `why` says why this target, where several would do,
    `passed_over` why not others.
    """

    target: ComputeTarget
    image: str
    name: str
    labels: Mapping[str, str]
    mounts: Sequence[Mount] = ()
    user: str = ""
    cpus: float = 0
    memory: int = 0
    gpus: int = 0
    shm_size: int = 0
    arguments: Mapping[str, object] = field(default_factory=dict)
    staging: Staging | None = None
    why: str = ""
    passed_over: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        plain = asdict(self)
        plain["target"]["location"] = None
        return plain

    @staticmethod
    def from_json(plain: Mapping[str, Any]) -> "ContainerSpec":
        """What `as_json` gave."""
        mounts = tuple(Mount(**mount) for mount in plain["mounts"])
        staging = plain["staging"]
        if staging is not None:
            sent = {name: tuple(Staged(**each) for each in staging[name]) for name in ("needs", "copies")}
            staging = Staging(**{**staging, **sent})
        target = ComputeTarget(**plain["target"])
        return ContainerSpec(**{**plain, "target": target, "mounts": mounts, "staging": staging})


@dataclass(frozen=True, slots=True)
class AttemptSpec:
    """One try of a step, as it is written to spec.json: no secret value is in it.

    `env` are the step's own environment variables; `surroundings` those it inherits, which may hold secrets and are
    written nowhere. `timeout_s` 0 means none (Azure ML's `limits.timeout`); `grace_s` lies between
    SIGTERM and SIGKILL; a log over `log_limit_bytes` keeps its head and its last 16 MiB. `observed` is a folder:
    which of its files are opened is noted in the attempt's folder; "" for none. With a `container`, `argv` and `cwd`
    are inside of it, and no surroundings are inherited.
    """

    argv: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    timeout_s: float = 0.0
    grace_s: float = GRACE_SECONDS
    log_limit_bytes: int = LOG_LIMIT_BYTES
    nice: int = 0
    recorder: RecorderHook | None = None
    observed: str = ""
    container: ContainerSpec | None = None
    surroundings: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Plain values, all but the surroundings."""
        return {
            "argv": list(self.argv),
            "cwd": self.cwd,
            "env": dict(self.env),
            "timeout_s": self.timeout_s,
            "grace_s": self.grace_s,
            "log_limit_bytes": self.log_limit_bytes,
            "nice": self.nice,
            "recorder": self.recorder.as_json() if self.recorder else None,
            "observed": self.observed,
            "container": self.container.as_json() if self.container else None,
        }


class State(StrEnum):
    """Where an attempt stands. `LOST`: it started, and what kept it is gone without saying how it ended."""

    NEVER_STARTED = "never_started"
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"
    UNREACHABLE = "unreachable"


class Ending(StrEnum):
    """Why an attempt is over."""

    EXITED = "exited"
    TIMED_OUT = "timeout"
    CANCELLED = "cancelled"
    NOT_STARTED = "not_started"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. Times are seconds since the epoch, `duration_s` by the monotonic clock.

    `exit_code` is None unless the main process exited, `signal` None unless a signal ended it. `oom_kills` counts
    processes the kernel ended for lack of memory meanwhile, None when it does not tell. `leftovers` are processes that
    outlived the main one and were ended, `survivors` those that could not be. `max_rss_bytes` is the largest process's.
    `restarted`: it was lost because the machine was started anew. `memory_limit` is in bytes, 0 when it had none.
    """

    ending: Ending
    exit_code: int | None = None
    signal: int | None = None
    error: str = ""
    started_at: float = 0.0
    ended_at: float = 0.0
    duration_s: float = 0.0
    timeout_s: float = 0.0
    max_rss_bytes: int = 0
    cpu_s: float = 0.0
    oom_kills: int | None = None
    leftovers: int = 0
    survivors: int = 0
    log_bytes: int = 0
    log_left_out: int = 0
    log_lost: int = 0
    disk_full: bool = False
    restarted: bool = False
    memory_limit: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether the step's result may be kept: it exited 0, and no full disk can have cut what it wrote."""
        return self.ending is Ending.EXITED and self.exit_code == 0 and not self.disk_full

    def __str__(self) -> str:
        return ", ".join((self._ending_words(), *self._remarks()))

    def _ending_words(self) -> str:
        match self.ending:
            case Ending.CANCELLED:
                return "cancelled"
            case Ending.TIMED_OUT:
                return f"timed out after {self.timeout_s:g} s"
            case Ending.NOT_STARTED:
                return f"cannot start: {self.error}"
            case Ending.LOST:
                return f"lost: {self.error}" if self.error else "lost"
            case Ending.EXITED:
                return self._exit_words()

    def _exit_words(self) -> str:
        if self.signal is not None:
            return f"killed by {signal_name(self.signal)}{self._memory_words(self.signal)}"
        code = self.exit_code or 0
        known = {126: " (command not executable)", 127: " (command not found)"}.get(code, "")
        if 128 < code < 128 + signal.NSIG:  # how a shell says that a signal ended what it ran
            known = f" (killed by {signal_name(code - 128)}{self._memory_words(code - 128)})"
        return f"exit code {code}{known}"

    def _memory_words(self, number: int) -> str:
        if self.oom_kills:
            limit = f", its docker_args say --memory {_as_asked(self.memory_limit)}" if self.memory_limit else ""
            return f": out of memory{limit}"
        return ", perhaps out of memory" if number == signal.SIGKILL and self.oom_kills is None else ""

    def _remarks(self) -> list[str]:
        remarks = []
        if self.disk_full:
            remarks.append("the disk was full")
        if self.survivors:
            remarks.append(f"{self.survivors} processes could not be ended")
        if self.oom_kills and not self.succeeded and self.signal is None and (self.exit_code or 0) <= 128:
            remarks.append("the kernel ended a process for lack of memory meanwhile")
        return remarks


def _as_asked(memory: int) -> str:
    """Bytes as docker_args would say them: 1536m."""
    units = (("g", 2**30), ("m", 2**20), ("k", 2**10))
    return next((f"{memory // size}{unit}" for unit, size in units if memory % size == 0), f"{memory}b")


class Compute(Protocol):
    """Where attempts run. The attempt folder is the key: everything about an attempt can be asked by it, at any time.

    Only `wait` blocks; `fileno()` becomes readable when `wait(0)` has something to tell.
    """

    def submit(
        self,
        attempt: AttemptFolder,
        spec: AttemptSpec,
        *,
        secrets: Mapping[str, str] = ...,
        masks: Sequence[str] = ...,
        locks: Sequence[int] = ...,
    ) -> None:
        """Start an attempt, once however often it is asked; `wait` will report it.

        `secrets` are environment variables that are written nowhere and masked in the log, as `masks` are; `locks` are
        descriptors of locked files, kept open as long as the attempt runs.
        """

    def adopt(self, attempt: AttemptFolder) -> State:
        """Let `wait` report an attempt that somebody else started; returns where it stands."""

    def give_up(self, attempt: AttemptFolder) -> State:
        """Make sure that an attempt which never started never will, before the step is tried again elsewhere.

        Returns where it stands: `ENDED` when given up, `RUNNING` when a late request has started it after all.
        """

    def find(self, attempt: AttemptFolder) -> State:
        """Where an attempt stands, also one of a supervisor that is gone."""

    def wait(self, timeout: float | None) -> list[AttemptFolder]:
        """Attempts that are over since the last call; blocks up to `timeout` seconds (None: until one is)."""

    def outcome(self, attempt: AttemptFolder) -> Outcome | None:
        """How an attempt ended, None while it is not over."""

    def cancel(self, attempt: AttemptFolder, grace_s: float | None = None) -> None:
        """Ask an attempt to end; done only when `wait` or `find` says so."""

    def away_since(self, attempt: AttemptFolder) -> float:
        """Since when its host cannot be reached, in seconds since the epoch; 0 while it answers."""

    def moving(self, attempt: AttemptFolder) -> str:
        """How its data on its way to its host goes, in words; "" when there is none."""

    def has_begun(self, attempt: AttemptFolder) -> bool:
        """Whether its command was started on its host; before that, data and a container are made ready there."""

    def fileno(self) -> int:
        """For select and poll."""

    def close(self) -> None:
        """Stop looking; what runs goes on."""


def signal_name(number: int) -> str:
    """SIGKILL for 9; `signal 99` for what has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
