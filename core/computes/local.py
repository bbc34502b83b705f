"""Attempts kept by shims of this machine: steps as its processes, and in containers of whatever host."""

import contextlib
import json
import os
import selectors
import time
from collections import deque
from collections.abc import Mapping, Sequence

from core.computes import attempts
from core.computes.containers.kept import is_container, read_kept, spec_of
from core.computes.link import CONTAINERS, NurseryLink
from core.computes.protocol import AttemptSpec, Ending, Outcome, State
from core.computes.watch import Watch, is_kept_on, may_resume, pause_before, settled
from core.layout import AttemptFolder

MOST_TRIES = 3
LOOK_SECONDS = 0.1  # between looks at attempts that nothing can watch: adopted ones on a system without pidfd


class LocalCompute:
    """Runs attempts through a nursery of its own, which starts with the first one (or with `prepare`).

    Those in containers have another one, which knows how to speak to hosts.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._link, self._containers = NurseryLink(), NurseryLink(CONTAINERS)
        self._watches: dict[AttemptFolder, Watch] = {}
        self._over: deque[AttemptFolder] = deque()
        self._said: dict[AttemptFolder, Outcome] = {}
        self._surroundings: tuple[Mapping[str, str], str] | None = None
        self._bell, self._bell_rope = os.pipe()
        os.set_blocking(self._bell, False)
        self._selector.register(self._bell, selectors.EVENT_READ)

    def prepare(self, *, containers: bool = False) -> None:
        """Start a nursery now, while there is other work to do; does not wait for it."""
        (self._containers if containers else self._link).start()

    def submit(
        self,
        attempt: AttemptFolder,
        spec: AttemptSpec,
        *,
        secrets: Mapping[str, str] | None = None,
        masks: Sequence[str] = (),
        locks: Sequence[int] = (),
    ) -> None:
        """Start an attempt, once however often it is asked, and by however many processes.

        `locks` are dropped by the shim, not by this call; close yours when you like.
        """
        if attempt in self._watches:
            return
        if attempts.state(attempt) is not State.NEVER_STARTED:
            self.adopt(attempt)
            return
        try:
            _write_spec(attempt, spec)
        except FileNotFoundError:
            os.makedirs(attempt.root, exist_ok=True)
            _write_spec(attempt, spec)
        request = {"paths": _paths(attempt), "secrets": dict(secrets or {}), "masks": list(masks)}
        text = f'{{"surroundings": {self._encoded(spec.surroundings)}, {json.dumps(request)[1:]}'
        kept = [os.dup(lock) for lock in locks]  # until the shim has them for sure
        self._send(Watch(attempt, -1, text.encode(), kept, in_container=spec.container is not None))

    def adopt(self, attempt: AttemptFolder) -> State:
        """Let `wait` report an attempt that somebody else started; one that never started is only said to be so.

        A container whose shim is gone gets another one, and is not lost.
        """
        found = attempts.state(attempt)
        if attempt in self._watches or found is State.NEVER_STARTED:
            return found
        if found is State.RUNNING:
            self._watch_owner(attempt)
        elif found is State.LOST and is_container(attempt):
            self._resume(Watch(attempt, -1, tries=0))
            return State.RUNNING
        else:
            self._report(attempt)
        return found

    def is_of_this_boot(self, attempt: AttemptFolder) -> bool:
        """Whether the attempt was started since the machine last was: else what it wrote may be lost.

        Of a container that is not known to be over its next shim judges.
        """
        if is_container(attempt) and not attempt.result.exists():
            return True
        return attempts.is_of_this_boot(attempt)

    def give_up(self, attempt: AttemptFolder) -> State:
        """Make sure that an attempt which never started never will; `RUNNING` when a late request has started it."""
        return attempts.give_up(attempt)

    def find(self, attempt: AttemptFolder) -> State:
        """Where an attempt stands; one that was submitted here counts as running from that moment."""
        found = attempts.state(attempt)
        if found in (State.RUNNING, State.LOST) and self.away_since(attempt):
            return State.UNREACHABLE
        if found is State.LOST and is_container(attempt):
            return State.RUNNING
        return State.RUNNING if found is State.NEVER_STARTED and attempt in self._watches else found

    def away_since(self, attempt: AttemptFolder) -> float:
        """When the host of an attempt's container was last heard, in seconds since the epoch; 0 while it answers."""
        kept = read_kept(str(attempt.container))
        return kept.unreachable_since if kept is not None else 0.0

    def moving(self, attempt: AttemptFolder) -> str:
        """How data of an attempt's container that is on its way goes; "" when there is none."""
        kept = read_kept(str(attempt.container))
        return kept.moving if kept is not None else ""

    def has_begun(self, attempt: AttemptFolder) -> bool:
        """Whether an attempt's container was started."""
        kept = read_kept(str(attempt.container))
        return kept is not None and kept.started_at > 0

    def wait(self, timeout: float | None) -> list[AttemptFolder]:
        """Attempts over since the last call, each once; blocks up to `timeout` seconds (None: until there is one)."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._over:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            for key, _ in self._selector.select(self._nap(left)):
                if isinstance(key.data, Watch):
                    self._gone(key.data)
            for watch in [watch for watch in self._watches.values() if watch.file < 0]:
                self._look(watch)
            if left == 0.0:
                break
        over = list(self._over)
        self._over.clear()
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 4096)
        return over

    def outcome(self, attempt: AttemptFolder) -> Outcome | None:
        """How an attempt ended, None while it is not over. What a killed shim left running is ended first."""
        found = attempts.outcome(attempt) or self._said.get(attempt)
        if found is None or found.ending is not Ending.LOST:
            return found
        if is_container(attempt):
            if not attempt.result.exists():
                _remove_container(attempt)
        else:
            attempts.reap_orphans(attempt)
        return found

    def cancel(self, attempt: AttemptFolder, grace_s: float | None = None) -> None:
        """Ask an attempt to end, and kill it `grace_s` seconds later; the spec says how many unless given."""
        attempts.cancel(attempt, grace_s)

    def fileno(self) -> int:
        """Readable when `wait(0)` has something to tell; off Linux not for adopted attempts: call it now and then."""
        return self._selector.fileno()

    def close(self) -> None:
        """Stop looking and let the nursery end; what runs goes on."""
        for watch in list(self._watches.values()):
            self._drop(watch)
        self._link.close()
        self._containers.close()
        self._selector.close()
        os.close(self._bell)
        os.close(self._bell_rope)

    def _encoded(self, surroundings: Mapping[str, str]) -> str:
        """As JSON; the steps of one environment hand over the same mapping, hundreds of variables long."""
        if self._surroundings is None or self._surroundings[0] is not surroundings:
            self._surroundings = surroundings, json.dumps(dict(surroundings))
        return self._surroundings[1]

    def _send(self, watch: Watch) -> None:
        """Hand a request to the nursery; the pipe's end tells when its shim, or the request, is gone."""
        watch.file, end = os.pipe()
        os.set_blocking(watch.file, False)
        try:
            (self._containers if watch.in_container else self._link).send(watch.request, (end, *watch.locks))
        except BaseException:
            os.close(watch.file)
            _close_all(watch.locks)
            raise
        finally:
            os.close(end)
        self._watches[watch.attempt] = watch
        self._selector.register(watch.file, selectors.EVENT_READ, watch)

    def _gone(self, watch: Watch) -> None:
        """A shim is gone, or never came to be."""
        said = b""
        with contextlib.suppress(OSError):
            said = os.read(watch.file, 65536)  # a pidfd cannot be read, and has nothing to say
        self._drop(watch, keep_locks=True)
        found = settled(watch.attempt)
        told = attempts.outcome_of(json.loads(said)) if said and found is not State.ENDED else None
        if told is not None and not is_kept_on(watch, told):
            self._said[watch.attempt] = told
            self._report(watch.attempt)
        elif found is State.RUNNING:  # another supervisor's shim has it
            self._watch_owner(watch.attempt)
        elif found is State.NEVER_STARTED and watch.request and watch.tries < MOST_TRIES:
            watch.tries += 1
            self._send(watch)
            return
        elif found is State.NEVER_STARTED:
            self._said[watch.attempt] = Outcome(Ending.NOT_STARTED, error=_fault(watch.attempt))
            self._report(watch.attempt)
        elif found is State.LOST and may_resume(watch):
            self._resume(watch)
            return
        else:
            self._report(watch.attempt)
        _close_all(watch.locks)

    def _resume(self, watch: Watch) -> None:
        """Have another shim take over a container whose own is gone; not at once if several got nowhere."""
        pause = pause_before(watch)
        watch.tries += 1
        watch.in_container = True
        request = {"paths": _paths(watch.attempt), "surroundings": {}, "secrets": {}, "masks": [], "resume": True}
        watch.request = json.dumps(request).encode()
        if pause:
            watch.due = time.monotonic() + pause
            self._watches[watch.attempt] = watch
        else:
            self._send(watch)

    def _look(self, watch: Watch) -> None:
        """At a shim that nothing can watch: one that is yet to come, or was already ending when it was adopted."""
        if watch.due:
            if time.monotonic() >= watch.due:
                watch.due = 0.0
                self._send(watch)
            return
        found = attempts.state(watch.attempt)
        if found is State.RUNNING:
            return
        self._drop(watch)
        if found is State.LOST and may_resume(watch):
            self._resume(watch)
        else:
            self._report(watch.attempt)

    def _watch_owner(self, attempt: AttemptFolder) -> None:
        """Watch a shim that is not ours by its pid, sure that it is the one that signed."""
        watch = Watch(attempt, -1)
        self._watches[attempt] = watch
        keeper = attempts.owner(attempt)
        if keeper is None or not hasattr(os, "pidfd_open"):
            return  # it holds the lock but has not signed yet, or nothing can watch it: look now and then
        with contextlib.suppress(OSError):
            file = os.pidfd_open(keeper.pid)
            if keeper.is_alive:
                watch.file = file
                self._selector.register(file, selectors.EVENT_READ, watch)
            else:
                os.close(file)

    def _drop(self, watch: Watch, *, keep_locks: bool = False) -> None:
        self._watches.pop(watch.attempt, None)
        if watch.file >= 0:
            self._selector.unregister(watch.file)
            os.close(watch.file)
            watch.file = -1
        if not keep_locks:
            _close_all(watch.locks)

    def _report(self, attempt: AttemptFolder) -> None:
        self._over.append(attempt)
        os.write(self._bell_rope, b"!")  # so that select() on fileno() wakes too

    def _nap(self, left: float | None) -> float | None:
        if all(watch.file >= 0 for watch in self._watches.values()):
            return left
        return LOOK_SECONDS if left is None else min(left, LOOK_SECONDS)


def shell_argv(command: str) -> tuple[str, ...]:
    """A step's `command:` as Azure ML runs it, in bash; in sh where there is none."""
    bash = next(
        (path for path in ("/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash") if os.access(path, os.X_OK)), ""
    )
    return (bash or "/bin/sh", "-c", command)


def _remove_container(attempt: AttemptFolder) -> None:
    """A try that is given up must not go on beside the next; `mlpw gc` removes what cannot be removed now."""
    from core.computes.containers.removal import remove  # only a loss needs the engine here

    remove(spec_of(attempt))


def _paths(attempt: AttemptFolder) -> dict[str, str]:
    absolute = attempt if attempt.root.is_absolute() else AttemptFolder(attempt.root.absolute())
    return {
        "folder": str(absolute.root),
        "spec": str(absolute.spec),
        "lock": str(absolute.lock),
        "owner": str(absolute.owner),
        "result": str(absolute.result),
        "log": str(absolute.log),
        "log_times": str(absolute.log_times),
        "cancel": str(absolute.cancel),
        "fault": str(absolute.fault),
        "opened": str(absolute.opened),
        "container": str(absolute.container),
        "opened_so_far": str(absolute.opened_so_far),
    }


def _write_spec(attempt: AttemptFolder, spec: AttemptSpec) -> None:
    waiting = f"{attempt.spec}.{os.getpid()}.tmp"
    with open(waiting, "wb", buffering=0) as file:
        file.write(json.dumps(spec.as_json()).encode())
    os.replace(waiting, attempt.spec)


def _fault(attempt: AttemptFolder) -> str:
    if attempt.fault.exists():
        return f"mlpw's own fault, see {attempt.fault}"
    return "the process that should keep the step ended at once, several times"


def _close_all(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)
