"""Environments that are kept: what is remembered of each, whether it still works, and how to be rid of it."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import Notice
from core.layout import Layout

_REMEMBERED = "mlpw.json"
HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """A built environment: its folder, the version of its Python ("3.10.13"), and what is not as it was asked for.

    `silent_hosts` could not be reached when it was built, so that packages from there are missing.
    """

    path: Path
    python: str
    remarks: tuple[str, ...] = ()
    silent_hosts: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    #: Variables that a curated environment sets.
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.path / "bin"

    @property
    def digest(self) -> str:
        """The name it is kept under."""
        return self.path.name


def environments(layout: Layout) -> tuple[PythonEnvironment, ...]:
    """Every kept environment of a workspace that works on this machine."""
    if not layout.environments.is_dir():
        return ()
    found = (read_kept(folder) for folder in sorted(layout.environments.iterdir()) if folder.is_dir())
    return tuple(each for each in found if each)


def size(environment: PythonEnvironment) -> int:
    """Bytes on disk that removing it would free; files shared with uv's cache by hard links are not counted."""
    freed = 0
    for folder, _, names in os.walk(environment.path):
        for name in names:
            status = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - 20,000 files: Path objects double the time
            freed += status.st_size if status.st_nlink == 1 else 0
    return freed


def last_used(environment: PythonEnvironment) -> float:
    """Seconds since the epoch when it was last prepared for a step."""
    return (environment.path / _REMEMBERED).stat().st_mtime


def remove(environment: PythonEnvironment, layout: Layout) -> None:
    """Delete a kept environment and its log; it is out of sight before the first file goes."""
    layout.temporary.mkdir(parents=True, exist_ok=True)
    aside = layout.temporary / f"env-{environment.digest}-{os.urandom(4).hex()}"
    try:
        environment.path.rename(aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside, ignore_errors=True)
    environment.path.with_suffix(".log").unlink(missing_ok=True)


def touch(path: Path) -> None:
    """Note that an environment is used now."""
    try:
        os.utime(path / _REMEMBERED)
    except OSError:
        return  # a read-only workspace still runs


def write_kept(folder: Path, environment: PythonEnvironment) -> None:
    """Leave in a finished environment what must be known of it later; nothing without this file counts as finished."""
    remembered = {
        "python": environment.python,
        "remarks": list(environment.remarks),
        "silent_hosts": list(environment.silent_hosts),
        "machine": machine(),
        "installed": _installed(folder),
    }
    (folder / _REMEMBERED).write_text(json.dumps(remembered, indent=1), "utf-8")


def remembered_python(folder: Path) -> str:
    """The version of the Python in an environment's folder, "" when there is none; nothing else is looked at."""
    try:
        return str(json.loads((folder / _REMEMBERED).read_text("utf-8"))["python"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def read_kept(folder: Path) -> PythonEnvironment | None:
    """The environment in a folder if it is whole and its Python is on this machine, else None.

    A workspace may have been copied from another machine, a Python uninstalled, or a host that could not be reached
    be there again: each means None.
    """
    try:
        remembered = json.loads((folder / _REMEMBERED).read_text("utf-8"))
        home = _home(folder)
        works = (
            remembered["machine"] == machine()
            and (folder / "bin" / "python").exists()
            and home is not None
            and home.is_dir()
            and set(remembered["installed"]) <= set(_installed(folder))
        )
        silent = tuple(remembered.get("silent_hosts", ()))
        if not works or any(map(_answers, silent)):
            return None
        return PythonEnvironment(folder, remembered["python"], tuple(remembered["remarks"]), silent)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(host: str) -> bool:
    """Whether a host can be reached by now: then what was left out of an environment can be had."""
    import socket  # few environments left something out

    try:
        socket.create_connection((host, HTTPS_PORT), timeout=1.0).close()
    except OSError:
        return False
    return True


def installed_version(folder: Path, name: str) -> str:
    """The version of a distribution in an environment, '' when it is not there; `name` as PyPI compares names."""
    for entry in _installed(folder):
        found, _, version = entry.removesuffix(".dist-info").rpartition("-")
        if found.lower().replace("_", "-").replace(".", "-") == name:
            return version
    return ""


def machine() -> str:
    """The kind of machine whose programs an environment holds: 'linux-x86_64'."""
    return f"{sys.platform}-{os.uname().machine}"


def _home(folder: Path) -> Path | None:
    """The folder of the Python that an environment was built on."""
    for line in (folder / "pyvenv.cfg").read_text("utf-8").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "home":
            return Path(value.strip())
    return None


def _installed(folder: Path) -> list[str]:
    """The names of the installed distributions' folders."""
    return sorted(entry.name for entry in folder.glob("lib/python3*/site-packages/*.dist-info"))
