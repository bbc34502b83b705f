"""A step as a container: made once, its log carried without gap or repetition, ended when somebody wants it.

What is known for sure comes from the engine's word on the container alone: a log that ends, or is cut, proves nothing.
A host that cannot be reached is waited for; only a container that a reachable host does not have is lost. Everything
needed to go on is kept beside the attempt, so that another shim can take over at any time.
"""

import contextlib
import json
import os
import select
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from core.computes.containers.asking import Asking
from core.computes.containers.cursor import Cursor
from core.computes.containers.ending import OverError, is_fresh, is_over, meaning, refusal
from core.computes.containers.follower import Follower
from core.computes.containers.frames import BrokenStreamError
from core.computes.containers.gauge import Gauge, Used
from core.computes.containers.hearing import Hearing, Listening
from core.computes.containers.host import Host
from core.computes.containers.kept import Kept, read_kept
from core.computes.containers.making import Making
from core.computes.containers.progress import Progress
from core.computes.containers.reported import Reported, mark_of
from core.computes.containers.staging import StagedData
from core.computes.protocol import ContainerSpec
from core.computes.shim.keeping import Machine, keep
from core.computes.shim.log import cut_back
from core.computes.shim.observing import Observing
from core.computes.shim.output import Output
from core.computes.shim.result import Fields, is_full
from core.errors import StoreError
from core.hosts.engine import Engine
from core.hosts.errors import HostError, HostUnreachableError
from core.layout import AttemptFolder

ASK_SECONDS = 5.0  # a log that says nothing for so long may be a dead link: the engine is asked
SAVE_SECONDS = 0.25
FINAL_READS = 5
_PAUSES = (0.01, 1.0)

_T = TypeVar("_T")


def run(request: dict[str, Any], end: int, machine: Machine) -> None:
    """Keep the container of the attempt that `request` names; see `core.computes.shim.keeping.keep`."""
    keep(request, end, machine, Container)


class Container:
    """The step's container and what it says."""

    def __init__(self, request: dict[str, Any], marker: str, wake: int, machine: Machine) -> None:
        self._request, self._machine = request, machine
        self._paths: dict[str, str] = request["paths"]
        self._resumes = bool(request.get("resume"))
        self._wake = wake
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(self._rope, False)
        self._poll = select.poll()
        for file in (wake, self._bell):
            self._poll.register(file, select.POLLIN)
        self._started_at, self._started = time.time(), time.monotonic()
        self._observing = Observing("", self._paths, self._poll)
        self._heard_at = self._saved_at = 0.0
        self._full = False
        self._used = Used()

    def run(self) -> Fields:
        """From the spec to the result."""
        try:
            self._prepare()
        except (OSError, ValueError) as error:
            return self._fields({"status": "not_started", "error": f"cannot prepare the attempt: {error}"})
        try:
            found = self._keep()
        except OverError as over:
            found = over.fields
        return self._end(found)

    def clean(self) -> None:
        """Be rid of the container: its end is known. One that cannot be removed now is found by `mlpw gc`."""
        if hasattr(self, "_host") and self._host.engine is not None:
            with contextlib.suppress(HostError):
                if self._kept.container:
                    self._host.engine.remove(self._kept.container)
                if self._staged is not None:
                    self._staged.leave(self._host.engine)

    # What is there

    def _prepare(self) -> None:
        with open(self._paths["spec"], "rb", buffering=0) as file:
            self._spec: dict[str, Any] = json.loads(file.readall())
        self._container = ContainerSpec.from_json(self._spec["container"])
        self._kept = self._take_up()
        is_away = bool(self._kept.unreachable_since)
        self._host = Host(self._container.target, self._rest, self._note_away, is_away=is_away)
        self._output = Output(self._request, self._spec)
        self._asking = Asking(
            self._paths,
            self._spec,
            self._signal,
            self._note_asked,
            self._is_known_to_run,
            reason=self._kept.asked,
            resumes=self._resumes,
        )
        attempt = AttemptFolder(Path(self._paths["folder"]))
        self._staged = StagedData(self._container, attempt, self._hear) if self._container.staging else None
        self._progress = Progress(self._show, self._output.note)
        self._made = self._making()
        reported = Reported(mark_of(self._container), str(attempt.events))
        self._hearing = Hearing(self._output, Cursor.from_json(self._kept.cursor), reported)

    def _take_up(self) -> Kept:
        """What an earlier shim of this attempt kept, with the log as it says; else the first to be kept."""
        kept = read_kept(self._paths["container"]) if self._resumes else None
        kept = kept or Kept(self._container.target.name, engine=os.environ.get("DOCKER_HOST", ""))
        if kept.engine:  # this machine's engine is the one of the first shim, whatever is set now
            os.environ["DOCKER_HOST"] = kept.engine
        else:
            os.environ.pop("DOCKER_HOST", None)
        if self._resumes:
            cut_back(self._paths["log"], self._paths["log_times"], kept.place)
        self._used = Used(**kept.used) if kept.used else Used()  # type: ignore[arg-type]
        return kept

    def _making(self) -> Making:
        return Making(
            self._container,
            self._spec,
            self._request["secrets"],
            self._kept,
            staged=self._staged,
            staged_is_over=self._progress.end,
            check_cancel=self._check_cancel,
        )

    def _keep(self) -> Fields:
        """From making the container, or finding it again, to its end."""
        if not self._resumes:  # else nobody saw what was opened meanwhile, and all of the code counts
            self._observing = Observing(self._spec.get("observed", ""), self._paths, self._poll)
        state = self._begin()
        pause = _PAUSES[0]
        while not is_over(state):
            began = time.monotonic()
            self._follow()
            state = self._state()
            if not is_over(state):  # it is about to be, or its log was cut
                pause = _PAUSES[0] if time.monotonic() - began > 1 else min(pause * 2, _PAUSES[1])
                self._rest(pause)
        self._read_rest()
        if self._staged is not None:
            self._reach(self._staged.bring)
            if state.get("ExitCode") == 0:
                self._reach(self._staged.collect)
        is_here = self._resumes and self._container.target.shares_files
        if is_here and self._kept.boot not in ("", self._machine.boot_id):  # what it wrote may be lost
            raise OverError("lost", "the machine was started anew while the step ran", restarted=True)
        return meaning(state, self._container, self._kept, self._reach)

    def _begin(self) -> Mapping[str, Any]:
        """The state of a container that was started, by now or before."""
        state = self._state_or_none() if self._resumes else None
        if state is None:
            if self._kept.container:
                raise self._gone()
            self._check_cancel()
            self._kept.container = self._reach(self._made.create)
            self._save()
            state = {"Status": "created", "Error": ""}
        if is_fresh(state):
            self._check_cancel()
            state = self._reach(self._made.start)
        if not self._kept.started_at:
            self._kept.started_at = time.time()
            self._save()
        return state

    def _state(self) -> Mapping[str, Any]:
        state = self._state_or_none()
        if state is None:
            raise self._gone()
        return state

    def _state_or_none(self) -> Mapping[str, Any] | None:
        return self._reach(self._made.state)

    def _gone(self) -> OverError:
        if self._kept.asked:
            return OverError(self._kept.asked)
        return OverError("lost", f"its container is gone from {self._container.target.name}")

    # The host

    def _reach(self, call: Callable[[Engine], _T]) -> _T:
        """The answer of the host, however long it cannot be reached.

        A refusal is an end for a container that never ran; one that exists may still run.
        """
        try:
            return self._host.ask(call, insists=bool(self._kept.started_at))
        except HostError as error:
            raise OverError("not_started", refusal(error.message)) from error
        except StoreError as error:  # data that was to be sent is not what it was
            raise OverError("not_started", error.message) from error

    def _note_away(self, since: float) -> None:
        """For whoever looks: the host cannot be reached, or answers again (0)."""
        now = time.monotonic()
        self._kept.unreachable_since = since - (now - self._heard_at) if since and self._heard_at else since
        self._heard_at = now
        self._write()

    def _rest(self, seconds: float) -> None:
        """Wait for the host; who was cancelled does not wait for ever."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._wait(left)
            if not self._kept.container:
                self._check_cancel()
            self._advance()

    def _hear(self, words: str) -> None:
        """How a transfer goes."""
        self._progress.hear(words)
        if not self._kept.container:
            self._check_cancel()

    def _show(self, moving: str) -> None:
        self._kept.moving = moving
        self._write()

    def _check_cancel(self) -> None:
        """Before there is a container, to be cancelled is to be over."""
        if self._asking.is_cancelled:
            raise OverError("cancelled")

    # The log

    def _follow(self) -> None:
        """Carry what the container says, until its log ends or the engine says that it is over."""
        engine = self._host.engine
        if engine is None:
            return
        follower = Follower(engine, self._kept.container, self._hearing.since, self._rope)
        gauge = Gauge(engine, self._kept.container, self._used)
        listening = self._hearing.listen()
        self._heard_at = time.monotonic()
        try:
            while not follower.is_over:
                self._wait(self._pause())
                for piece in follower.take():
                    self._carry(piece, listening)
                    self._heard_at = time.monotonic()
                if gauge.reading is not self._used:
                    self._used = gauge.reading
                    self._save()
                self._advance()
                if time.monotonic() - self._heard_at < ASK_SECONDS:
                    continue
                if is_over(self._state()) or self._host.engine is not engine:
                    return
                self._heard_at = time.monotonic()
        except BrokenStreamError:
            return  # read again, from the last whole frame
        finally:
            follower.leave()
            gauge.stop()
            self._save()

    def _read_rest(self) -> None:
        """After the end: even a log that ended well may have left out the last lines."""
        for _ in range(FINAL_READS):
            if self._reach(self._read_on).is_whole:
                break
        self._hearing.finish()

    def _read_on(self, engine: Engine) -> Listening:
        listening = self._hearing.listen()
        log = engine.log(self._kept.container, since=self._hearing.since, follow=False)
        with contextlib.suppress(BrokenStreamError), log as pieces:
            for piece in pieces:
                self._carry(piece, listening)
        return listening

    def _carry(self, piece: bytes, listening: Listening) -> None:
        listening.take(piece)
        if time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save()

    def _save(self) -> None:
        """Note how far the log is."""
        self._saved_at = time.monotonic()
        self._hearing.mark(self._kept)
        self._kept.used = self._used.as_json()
        self._write()

    def _write(self) -> None:
        self._kept.boot = self._kept.boot or self._machine.boot_id
        self._kept.write(self._paths["container"])

    # Time and signals

    def _wait(self, seconds: float) -> None:
        """Until a signal, something of the log, an opened file, or the time comes."""
        ready = self._poll.poll(int(max(0.0, seconds) * 1000) + (seconds > 0))
        for file, _ in ready:
            if file == self._observing.fileno():
                self._observing.look()
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(file, 4096)
        if not ready:
            self._full = self._full or is_full(self._paths["folder"])

    def _advance(self) -> None:
        """Tell what was opened, and have the container end when somebody wants it or its time is over."""
        self._observing.tell(time.monotonic())
        if not self._asking.advance(self._kept.started_at, is_reachable=self._host.engine is not None):
            raise OverError(self._kept.asked, survivors=1)

    def _note_asked(self, reason: str, note: str) -> None:
        self._kept.asked = reason
        self._output.note(note)
        self._save()

    def _signal(self, name: str) -> bool:
        """Whether it was heard: a container that has ended hears nothing more, and need not."""
        if self._host.engine is None:
            return False
        try:
            self._host.engine.kill(self._kept.container, name)
        except HostUnreachableError:
            return False
        except HostError:
            return True
        return True

    def _is_known_to_run(self) -> bool:
        """Whether its host says so now."""
        try:
            return self._host.engine is not None and not is_over(
                self._host.engine.inspect(self._kept.container)["State"]
            )
        except HostError:
            return False

    def _pause(self) -> float:
        now = time.monotonic()
        return max(0.01, min(self._asking.pause(self._kept.started_at), self._observing.due(now) - now))

    # The end

    def _end(self, found: Fields) -> Fields:
        self._output.flush()
        self._output.end()
        self._observing.end()
        disk_full = self._full or self._output.disk_full or is_full(self._paths["folder"])
        return self._fields({"disk_full": disk_full, **self._output.fields(), **found})

    def _fields(self, found: Fields) -> Fields:
        now = time.time()
        started = self._kept.started_at if hasattr(self, "_kept") and self._kept.started_at else self._started_at
        return {
            "error": "",
            "started_at": started,
            "ended_at": now,
            "duration_s": now - started if self._resumes else time.monotonic() - self._started,
            "max_rss_bytes": self._used.most_memory,
            "cpu_s": self._used.cpu_s,
            "timeout_s": self._spec["timeout_s"] if hasattr(self, "_spec") else 0.0,
            **found,
        }
