"""Running uv: its output line by line into a log, nothing secret in it, and stopped when asked."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from core.environments.pip_settings import UvSettings
from core.errors import EnvironmentBuildError

_FOREIGN = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "UV_SYSTEM_PYTHON",
            "UV_PROJECT_ENVIRONMENT", "UV_CONSTRAINT", "UV_OVERRIDE")  # fmt: skip
_WAKE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run of uv ended, and what it said."""

    code: int
    text: str

    @property
    def succeeded(self) -> bool:
        """Whether uv did what it was asked."""
        return self.code == 0


@dataclass(frozen=True, slots=True)
class Uv:
    """uv with this machine's settings, writing to one build log.

    `on_line` gets every line of output; `cancelled` is asked a few times a second.
    """

    settings: UvSettings
    log: TextIO
    on_line: Callable[[str], None]
    cancelled: Callable[[], bool]

    def run(
        self, *arguments: str | Path, extra: Mapping[str, str] | None = None, seconds: float = float("inf")
    ) -> Finished:
        """Run `uv ARGUMENTS` to its end; output is logged as it comes.

        Raises EnvironmentBuildError when uv is not there or `cancelled` says so; nothing of uv is left then.
        """
        words = [str(each) for each in arguments]
        self.say(f"$ uv {' '.join(words)}")
        process = subprocess.Popen(
            [uv_program(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(self.settings, extra or {}),
            cwd="/",  # a pyproject.toml or uv.toml of the workspace must not configure the build
            start_new_session=True,
        )
        try:
            return self._follow(process, time.monotonic() + seconds)
        finally:
            _end(process)

    def run_quietly(self, arguments: Sequence[str], given: str) -> str:
        """Ask uv something; its standard output, or '' when it failed."""
        self.say(f"$ uv {' '.join(arguments)} < {given.strip()}")
        done = subprocess.run(
            [uv_program(), *arguments],
            input=given.encode(),
            capture_output=True,
            env=_environment(self.settings, {}),
            cwd="/",
            check=False,
        )
        self.say((done.stdout if done.returncode == 0 else done.stderr).decode("utf-8", "replace").strip())
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

    def without_additional_indexes(self) -> "Uv":
        """uv with the main index alone, of those that pip is configured with."""
        kept = {name: value for name, value in self.settings.variables.items() if name != "UV_EXTRA_INDEX_URL"}
        return (
            self if kept == self.settings.variables else replace(self, settings=replace(self.settings, variables=kept))
        )

    def announce(self, line: str) -> None:
        """Tell whoever watches, here and in the log, what is done next."""
        self.say(line)
        self.on_line(line)

    def say(self, line: str) -> None:
        """Write a line of our own to the log."""
        self.log.write(self.clean(line) + "\n")
        self.log.flush()

    def clean(self, line: str) -> str:
        """A line without the addresses and passwords of the machine's configuration."""
        for secret in self.settings.secrets:
            line = line.replace(secret, "***")
        return without_credentials(line)

    def _follow(self, process: subprocess.Popen[bytes], deadline: float) -> Finished:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        lines: list[str] = []
        pending = b""
        while True:
            if self.cancelled():
                raise EnvironmentBuildError("the build of the environment was cancelled")
            if time.monotonic() > deadline:
                return Finished(124, "\n".join([*lines, "error: gave up waiting"]))
            if not select.select([descriptor], [], [], _WAKE_SECONDS)[0]:
                continue
            chunk = os.read(descriptor, 65536)
            *whole, pending = (pending + chunk).split(b"\n") if chunk else (pending, b"")
            lines.extend(line for raw in whole if (line := self._take(raw)))
            if not chunk:
                return Finished(process.wait(), "\n".join(lines))

    def _take(self, raw: bytes) -> str:
        line = self.clean(raw.decode("utf-8", "replace").rstrip())
        if line:
            self.say(line)
            self.on_line(line.strip())
        return line


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop uv and what it started, if anything still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()


def uv_version() -> str:
    """What uv calls itself: "uv 0.5.1".

    Raises EnvironmentBuildError when it is not there or does not start.
    """
    try:
        done = subprocess.run([uv_program(), "--version"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentBuildError(f"uv does not start: {error}", hint="install it again: pip install uv") from None
    return done.stdout.decode("utf-8", "replace").strip()


def uv_program() -> str:
    """Where uv is.

    Raises EnvironmentBuildError when it is not installed.
    """
    from uv import find_uv_bin  # only a build needs it; start-up does not

    try:
        return find_uv_bin()
    except FileNotFoundError:
        if found := shutil.which("uv"):
            return found
        raise EnvironmentBuildError("the program 'uv' is not installed", hint="run: pip install uv") from None


def _environment(settings: UvSettings, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return {"NO_COLOR": "1", "UV_NO_PROGRESS": "1", "UV_LINK_MODE": "hardlink", **kept, **settings.variables, **extra}


def without_credentials(line: str) -> str:
    """'https://user:token@host/x' -> 'https://***@host/x', wherever it stands in a line."""
    parts = line.split("://")
    for i, part in enumerate(parts[1:], 1):
        host = part.split("/", 1)[0].split(" ", 1)[0]
        if "@" in host:
            parts[i] = "***" + part[host.rindex("@") :]
    return "://".join(parts)
