"""The way to a host's engine by SSH: a socket of this machine that a guard keeps connected, shared by all who need it.

The user's own ssh makes the connection, so that their configuration, agent, jump hosts and known host keys hold. All
who use a host share one connection: sshd allows ten sessions on each, but any number of forwarded streams.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.definitions.compute_target import ComputeTarget
from core.hosts.ciphers import quick_first
from core.hosts.errors import HostError, HostUnreachableError
from core.hosts.ssh_words import explained
from core.store.locks import is_held

#: Seconds that a tunnel stays up though nobody needs it.
IDLE_SECONDS = 60.0
#: Seconds to wait for a tunnel; ssh gives up earlier by itself.
_PATIENCE = 60.0
_POLL_SECONDS = 0.02
#: Seconds that the tunnel's ssh may take to begin to forward one more socket.
_FORWARD_SECONDS = 10.0
_OPTIONS = {
    "BatchMode": "yes",  # nobody is there to answer
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
    "ConnectTimeout": "10",
    # Forwards of the user's own configuration may fail, as another ssh of theirs may have them: ours is looked for
    "ExitOnForwardFailure": "no",
    "StreamLocalBindUnlink": "yes",
    "StreamLocalBindMask": "0177",
    "ControlMaster": "no",  # a connection that ends when somebody else's ends is none to rely on
    "ControlPath": "none",
    "ControlPersist": "no",  # else ssh leaves the guard's hands
    "RemoteCommand": "none",
    "RequestTTY": "no",
    "PermitLocalCommand": "no",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "LogLevel": "INFO",  # what ssh says is what people are told
}


class Tunnel:
    """One user's hold on a host's tunnel: as long as anybody has one, the guard keeps it connected."""

    def __init__(self, target: ComputeTarget) -> None:
        """Have the tunnel connected. Raises HostUnreachableError with what ssh says, and what to do about it."""
        self._target = target
        self._base = base_of(target)
        self._users = os.open(f"{self._base}.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._connect()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where the engine answers."""
        return f"unix://{self._base}.sock"

    def close(self) -> None:
        """Need it no longer; it stays up a little while."""
        if self._users >= 0:
            os.close(self._users)
        self._users = -1

    @property
    def folder(self) -> str:
        """A folder beside the engine's socket, for sockets of ours there."""
        return str(Path(str(self._told().get("remote", ""))).parent / "mlpw")

    @contextlib.contextmanager
    def reach(self, path: str) -> Iterator[socket.socket]:
        """A connection to a socket of the host, which stays whole after the context; in it, hear whether it is one.

        Raises OSError; one that nobody listens on is closed at once.
        """
        local = Path(f"{self._base}.{os.urandom(4).hex()}")
        place = f"{local}:{path}"
        try:
            self._ask_ssh("forward", place)
            plain = socket.socket(socket.AF_UNIX)
            plain.connect(str(local))
            yield plain
        finally:
            with contextlib.suppress(OSError):
                self._ask_ssh("cancel", place)
            local.unlink(missing_ok=True)

    def _ask_ssh(self, what: str, place: str) -> None:
        """Have the tunnel's ssh begin or end to forward a socket."""
        ssh = [*ssh_command(self._target), "-S", f"{self._base}.ctl", "-O", what, "-L", place, self._target.host]
        try:
            subprocess.run(ssh, stdin=subprocess.DEVNULL, capture_output=True, timeout=_FORWARD_SECONDS, check=True)
        except subprocess.SubprocessError as error:
            raise OSError(f"ssh does not {what} it") from error

    def said(self) -> str:
        """What ssh said about streams that it could not forward, "" for nothing."""
        try:
            return Path(f"{self._base}.words").read_text(errors="replace").strip()[-2000:]
        except OSError:
            return ""

    def _connect(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        state, tried, words = self._state()
        is_guarded = is_held(f"{self._base}.guard")
        if is_guarded and state == "up" and Path(f"{self._base}.sock").exists():
            return
        # What was tried before we asked says nothing about now
        known = tried - 1 if is_guarded and state == "starting" else tried
        self._wake()
        while time.monotonic() < deadline:
            if not is_held(f"{self._base}.guard"):
                self._start_guard()
            state, tried, words = self._state()
            if tried > known and state == "up":
                return
            if tried > known and state == "down":
                message, hint = explained(words, self._target)
                raise HostUnreachableError(f"{self._target.name} cannot be reached: {message}", hint=hint)
            time.sleep(_POLL_SECONDS)
        raise HostUnreachableError(f"{self._target.name} cannot be reached: no tunnel within {_PATIENCE:.0f} s")

    def _state(self) -> tuple[str, int, str]:
        told = self._told()
        return str(told.get("state", "")), int(told.get("try", 0)), str(told.get("words", ""))

    def _told(self) -> dict[str, Any]:
        """What the guard says."""
        try:
            told: dict[str, Any] = json.loads(Path(f"{self._base}.state").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told

    def _start_guard(self) -> None:
        script = Path(__file__).with_name("tunnel_guard.py")
        ssh = ssh_command(self._target)
        asked = {
            "base": self._base,
            "ssh": [*ssh, *quick_first(ssh, self._target.host)],
            "host": self._target.host,
            "idle_s": IDLE_SECONDS,
        }
        starting = os.open(f"{self._base}.starting", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(starting, fcntl.LOCK_EX)  # one at a time; who waited finds the guard that another started
            if not is_held(f"{self._base}.guard"):
                command = [sys.executable, "-I", "-S", str(script), json.dumps(asked)]
                with Path(f"{self._base}.log").open("wb") as log:
                    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", check=False)
        finally:
            os.close(starting)

    def _wake(self) -> None:
        """Have the guard try now, with the agent that has our keys."""
        with contextlib.suppress(OSError):  # none is there yet, or nobody listens any more
            pipe = os.open(f"{self._base}.wake", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(pipe, f"{os.environ.get('SSH_AUTH_SOCK', '')}\n".encode())
            finally:
                os.close(pipe)


def base_of(target: ComputeTarget) -> str:
    """The beginning of the paths of a host's tunnel."""
    told = json.dumps([target.host, target.ssh_config])
    return str(runtime_folder() / hashlib.sha256(told.encode()).hexdigest()[:16])


def runtime_folder() -> Path:
    """A folder of this user alone, with a short path, that a new boot finds empty or not at all.

    Raises HostError when somebody else has it.
    """
    named = os.environ.get("MLPW_RUNTIME_DIR")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if named:
        folder = Path(named)
    elif runtime and Path(runtime).is_dir() and len(runtime) < 60:
        folder = Path(runtime) / "mlpw"
    else:
        folder = Path(f"/tmp/mlpw-{os.getuid()}")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077 or not stat.S_ISDIR(status.st_mode):
        raise HostError(f"{folder} is not a folder of yours alone", hint="move it away, or set MLPW_RUNTIME_DIR")
    return folder


def ssh_command(target: ComputeTarget) -> list[str]:
    """ssh with the options that a connection without anybody in front of it needs; the host's key is always checked.

    Whether an unknown key is refused or noted is the user's configuration; a changed one is refused.
    """
    options = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", *(["-F", target.ssh_config] if target.ssh_config else []), *options]
