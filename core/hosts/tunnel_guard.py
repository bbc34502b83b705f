"""The process that keeps a tunnel: `python -I -S tunnel_guard.py REQUEST`, one for each host and user.

It imports the standard library alone, as it stays as long as anybody needs the tunnel. What it knows it tells in
KEY.state; a byte into the pipe KEY.wake makes it try at once; KEY.users is locked (shared) by everybody who needs the
tunnel, KEY.guard by the one guard there is; KEY.words is what ssh says. See core.hosts.tunnel, which is the other end.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time

#: Seconds between looks at who needs the tunnel.
_TICK = 2.0
_TICK_WITHOUT_EVENTS = 0.3
#: Seconds that ssh may take until its end of the tunnel is there; it gives up connecting by itself before.
_PATIENCE = 40.0
_FIRST_PAUSE, _LONGEST_PAUSE, _PAUSE_WHEN_ASKED, _PAUSE_AFTER_REFUSAL = 0.5, 5.0, 1.0, 3.0
_WORDS_LIMIT = 1 << 16
_MARK = "mlpw-socket "
#: Says where the engine's socket is on the host, for any user and whatever shell logs in.
_PROBE = (
    'sh -c \'d=; for s in "${DOCKER_HOST#unix://}" /run/docker.sock /var/run/docker.sock'
    ' "$XDG_RUNTIME_DIR/docker.sock" "/run/user/$(id -u)/docker.sock" "$HOME/.docker/run/docker.sock"; do'
    ' if [ -S "$s" ]; then if [ -r "$s" ] && [ -w "$s" ]; then echo "' + _MARK + '$s"; exit; fi; d="$s"; fi; done;'
    ' if [ -n "$d" ]; then echo "denied by the socket $d" >&2; else echo "no engine socket" >&2; fi; exit 9\''
)


class Guard:
    """One tunnel: ended and made again until nobody has needed it for a while."""

    def __init__(self, asked: dict[str, object]) -> None:
        self.base = str(asked["base"])
        self.ssh = [str(word) for word in asked["ssh"]] if isinstance(asked["ssh"], list) else []
        self.host = str(asked["host"])
        self.idle_s = float(str(asked["idle_s"]))
        self.remote = ""
        self.tries = _tries_before(self.base)
        self._unneeded_since = 0.0
        self._wake = _pipe(self.base + ".wake")
        self._users = os.open(self.base + ".users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def run(self) -> None:
        """Keep the tunnel until nobody needs it."""
        failures = 0
        while True:
            self.tries += 1
            began = time.monotonic()
            self._tell("starting")
            words = self._carry()
            if words is None:
                break
            failures = 0 if time.monotonic() - began > 4 * _LONGEST_PAUSE else failures + 1
            self._tell("down", words)
            if not self._rest(failures, words):
                break
        with contextlib.suppress(OSError):
            os.unlink(self.base + ".sock")
        self._tell("ended")

    def _carry(self) -> str | None:
        """One connection until its end: what ssh said; None when nobody needs it any more."""
        if not self.remote:
            try:
                self.remote = self._find_remote()
            except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
                return str(error)
        for name in (".sock", ".ctl"):
            with contextlib.suppress(OSError):
                os.unlink(self.base + name)
        with open(self.base + ".words", "wb") as said:
            forward = ["-N", "-L", f"{self.base}.sock:{self.remote}"]
            asked = ["-M", "-S", self.base + ".ctl"]  # to forward more, while it lives
            ssh = _start([*self.ssh, *asked, *forward, self.host], stderr=said.fileno())
        try:
            return self._attend(ssh)
        finally:
            ssh.kill()
            ssh.wait()

    def _attend(self, ssh: "subprocess.Popen[bytes]") -> str | None:
        deadline = time.monotonic() + _PATIENCE
        while not os.path.exists(self.base + ".sock"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                ssh.wait(0.02)
                return self._words() or f"ssh ended with {ssh.returncode}"
            if time.monotonic() > deadline:
                return self._words() or f"ssh made no tunnel within {_PATIENCE:.0f} s"
        self._tell("up")
        ended = [os.pidfd_open(ssh.pid)] if hasattr(os, "pidfd_open") else []
        try:
            while True:
                select.select([*ended, self._wake], [], [], _TICK if ended else _TICK_WITHOUT_EVENTS)
                if ssh.poll() is not None:
                    self.remote = ""  # the next boot may have it elsewhere
                    return self._words() or "the connection was closed"
                self._hear()
                if not self._is_needed():
                    return None
        finally:
            for descriptor in ended:
                os.close(descriptor)

    def _rest(self, failures: int, words: str) -> bool:
        """Wait before the next try, less long when somebody asks; False when nobody needs it."""
        began = time.monotonic()
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures, 8))
        # A machine that refuses us must not take many tries for an attack
        least = _PAUSE_AFTER_REFUSAL if "denied" in words or "verification" in words else _PAUSE_WHEN_ASKED
        longest = 10 * _LONGEST_PAUSE if least == _PAUSE_AFTER_REFUSAL else longest
        is_asked = False
        while self._is_needed():
            left = (min(least, longest) if is_asked else longest) - (time.monotonic() - began)
            if left <= 0:
                return True
            select.select([self._wake] if not is_asked else [], [], [], min(left, _TICK))
            is_asked = self._hear() or is_asked
        return False

    def _find_remote(self) -> str:
        """Where the engine's socket is on the host. Raises RuntimeError with what ssh or the host said."""
        probe = _start([*self.ssh, "-T", self.host, _PROBE], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, said = probe.communicate(timeout=_PATIENCE)
        finally:
            probe.kill()
        for line in out.decode(errors="replace").splitlines():
            if line.startswith(_MARK):
                return line.removeprefix(_MARK)
        raise RuntimeError(said.decode(errors="replace").strip()[-2000:] or f"ssh ended with {probe.returncode}")

    def _is_needed(self) -> bool:
        """Whether somebody holds the lock of users, or did a short while ago, and the folder is still there."""
        if not os.path.exists(self.base + ".users"):
            return False
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._unneeded_since = 0.0
            return True
        now = time.monotonic()
        self._unneeded_since = self._unneeded_since or now
        if now - self._unneeded_since >= self.idle_s:
            return False  # keeping the lock: whoever comes now waits until this process has ended
        fcntl.flock(self._users, fcntl.LOCK_UN)
        return True

    def _hear(self) -> bool:
        """Whether somebody asks for a try; they say which agent has their keys."""
        try:
            heard = os.read(self._wake, 1 << 16).decode(errors="replace")
        except BlockingIOError:
            return False
        agents = [line for line in heard.splitlines() if line]
        if agents:
            os.environ["SSH_AUTH_SOCK"] = agents[-1]
        return bool(heard)

    def _words(self) -> str:
        try:
            with open(self.base + ".words", "rb") as said:
                return said.read(_WORDS_LIMIT).decode(errors="replace").strip()[-2000:]
        except OSError:
            return ""

    def _tell(self, state: str, words: str = "") -> None:
        told = {"state": state, "try": self.tries, "words": words, "remote": self.remote, "pid": os.getpid()}
        with contextlib.suppress(OSError):
            with open(self.base + ".half", "w", encoding="utf-8") as half:
                json.dump(told, half)
            os.replace(self.base + ".half", self.base + ".state")


def main() -> None:
    """Be the guard, unless there is one."""
    asked = json.loads(sys.argv[1])
    lock = os.open(asked["base"] + ".guard", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _is_taken(lock):
        return
    if os.fork():
        os._exit(0)  # nobody has to wait for the guard: its lock goes with the fork
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Guard(asked).run()


def _is_taken(lock: int) -> bool:
    """Whether the lock is ours now; others look for some microseconds whether anybody has it."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


def _start(command: list[str], stderr: int, stdout: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """A program that the kernel ends when the guard is killed; the guard has one thread."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        preexec_fn=_end_with_guard,  # noqa: PLW1509
    )


def _end_with_guard() -> None:
    with contextlib.suppress(OSError, AttributeError):
        set_parent_death_signal = 1  # linux/prctl.h
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM, 0, 0, 0)


def _pipe(path: str) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def _tries_before(base: str) -> int:
    try:
        with open(base + ".state", encoding="utf-8") as told:
            return int(json.load(told)["try"])
    except (OSError, ValueError, KeyError):
        return 0


if __name__ == "__main__":
    main()
