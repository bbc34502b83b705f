"""Starting supervisors: one detached process per run, found again through the lock it holds."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.computes import processes
from core.engine.patience import is_over, note_start
from core.layout import Layout
from core.store.locks import Lock, is_held, read_holder

if TYPE_CHECKING:
    from core.engine.spare import Spare
    from core.planning.graph import Graph

#: The package is imported from where this process found it, never from the folder somebody stands in.
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from core.engine.supervisor import main; main()"

#: A killed process is waited for so long; its lock is believed then, as its pid may be one of another machine's.
_DYING_SECONDS = 0.5

#: Supervisors that are children of this process.
_forked: list[int] = []


def run_lock(layout: Layout, run: int) -> Path:
    """The file that a run's supervisor holds locked."""
    return layout.run(run) / "supervisor.lock"


def has_supervisor(layout: Layout, run: int) -> bool:
    """Whether a living process owns the run, or is about to; one that was just killed does not."""
    # The run's lock twice, as one who is about to own the run takes it before letting the other go
    own = run_lock(layout, run)
    return _is_owned(own) or is_held(_start_lock(layout, run)) or is_held(own)


def start_supervisor(layout: Layout, run: int, spare: Spare | None = None) -> None:
    """Start the run's supervisor in a session of its own, so that no terminal's end reaches it.

    A `spare` that waits becomes it. Nothing happens while another one is starting; one too many finds the run's lock
    held and leaves.
    """
    starting = Lock(_start_lock(layout, run))
    if not starting.try_acquire():
        return
    note_start(layout, run)
    try:
        log = _open_log(layout, run)
        try:
            if spare is None or not spare.take(run, (starting.fd, log)):
                _start(layout, run, starting, log)
        finally:
            os.close(log)
    finally:
        os.close(starting.fd)  # not released: the lock is the supervisor's now, until it has the run's


def fork_supervisor(layout: Layout, run: int, graph: Graph, let_go: Callable[[], None]) -> None:
    """The same by a fork of this process, which knows the graph and has imported half of what a supervisor needs.

    `let_go` closes every connection to the records, which must not be carried through a fork
    (sqlite.org/howtocorrupt.html, 2.6). A process that has threads starts a new one after all.
    """
    if not _is_alone():
        start_supervisor(layout, run)
        return
    _reap()
    starting = Lock(_start_lock(layout, run))
    if not starting.try_acquire():
        return
    try:
        note_start(layout, run)
        log = _open_log(layout, run)
        let_go()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _be_supervisor(layout, run, starting, log, graph)
        os.close(log)
        _forked.append(pid)
    finally:
        os.close(starting.fd)


def _reap() -> None:
    """Let the system forget supervisors that have ended; a command that watches goes on for days."""
    for pid in list(_forked):
        try:
            ended = os.waitpid(pid, os.WNOHANG) != (0, 0)
        except ChildProcessError:
            ended = True
        if ended:
            _forked.remove(pid)


def _is_alone() -> bool:
    """Whether this process has one thread, those of libraries included: a fork would lose the others."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


def _be_supervisor(layout: Layout, run: int, starting: Lock, log: int, graph: Graph) -> None:
    """Leave the command's terminal, folder and signals, and drive the run; never returns."""
    code = 1
    try:
        os.setsid()
        os.chdir(layout.root)
        null = os.open(os.devnull, os.O_RDONLY)
        for standard, file in ((0, null), (1, log), (2, log)):
            os.dup2(file, standard)
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        from core.engine.supervisor import own  # most commands start no run

        own(layout, run, starting.fd, graph)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)  # what the command would do at its end is not for us


def _open_log(layout: Layout, run: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    return os.open(layout.run(run) / "supervisor.log", flags, 0o666)


def _start(layout: Layout, run: int, starting: Lock, log: int) -> None:
    import subprocess  # a fork needs none

    home = str(Path(__file__).resolve().parents[2])
    subprocess.Popen(
        [sys.executable, "-P", "-c", _START, home, str(layout.root), str(run), str(starting.fd)],
        pass_fds=[starting.fd],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=layout.root,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def recover(layout: Layout, unfinished: Iterable[int]) -> list[int]:
    """Give every unfinished run that lost its supervisor a new one, which adopts what still lives; their numbers.

    A run whose supervisors die one after the other is ended instead.
    """
    orphans = [run for run in unfinished if not has_supervisor(layout, run)]
    for run in orphans:
        if is_over(layout, run):
            from core.engine.giving_up import give_up  # hardly ever needed

            give_up(layout, run)
        else:
            start_supervisor(layout, run)
    return orphans


def _is_owned(lock: Path) -> bool:
    """Whether somebody holds the lock and will go on; who was killed holds it some milliseconds longer."""
    deadline = time.monotonic() + _DYING_SECONDS
    while is_held(lock):
        holder = read_holder(lock)
        if holder is None or not processes.is_ending(holder.pid) or time.monotonic() > deadline:
            return True
        time.sleep(0.001)
    return False


def _start_lock(layout: Layout, run: int) -> Path:
    """Held by a process between its start and its owning the run."""
    return layout.run(run) / "supervisor.start"
