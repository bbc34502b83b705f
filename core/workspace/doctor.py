"""`mlpw doctor`: what of this machine and this workspace mlpw relies on, and how well it is there."""

import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import core
from core.definitions.compute_target import ComputeTarget
from core.errors import MlpwError
from core.layout import Layout
from core.records.database import filesystem_of, is_refused, sqlite_version
from core.records.records import Records
from core.store.filesystem import clone_file, missing_abilities
from core.store.locks import Lock
from core.store.space import free_space
from core.workspace.folder import check_private

#: Before it, several writers could damage a WAL (sqlite.org/wal.html, "The WAL-Reset Bug").
_SAFE_SQLITE = (3, 51, 3)
_LITTLE_BYTES = 1_000_000_000
_FEW_INODES = 10_000
_FEW_WATCHES = 8_192
_FEW_INSTANCES = 16


class Health(StrEnum):
    """How well something is there; only `bad` keeps mlpw from working."""

    OK = "ok"
    WEAK = "weak"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what to do when it is not `ok`."""

    name: str
    health: Health
    found: str
    advice: str = ""


def examine(root: Path) -> Iterator[Check]:
    """Look at the machine and at the workspace in the folder `root`; changes nothing."""
    layout = Layout(root)
    for check in _MACHINE:
        yield check()
    for look in _PLACE:
        yield look(layout)
    yield from _workspace(layout)
    yield from _hosts(layout)


def _python() -> Check:
    found = f"{platform.python_implementation()} {platform.python_version()} in {sys.prefix}"
    if sys.implementation.name != "cpython":
        return Check("Python", Health.WEAK, found, "mlpw is tested with CPython")
    return Check("Python", Health.OK, found)


def _system() -> Check:
    found = f"{platform.system()} {platform.release()} on {platform.machine()}"
    if platform.system() == "Linux":
        return Check("system", Health.OK, found)
    weaker = "processes that leave their group may survive a cancel, and every file is flushed by itself"
    return Check("system", Health.WEAK, found, f"Linux is where everything holds; here {weaker}")


def _own() -> Check:
    where = f"mlpw {core.__version__} in {Path(core.__file__).parent}"
    if getattr(core, "PRODUCT", "") != "mlpw":
        return Check("package", Health.BAD, f"'core' in {core.__file__} is not ours", "install mlpw with pipx or uv")
    return Check("package", Health.OK, where)


def _sqlite() -> Check:
    found = f"SQLite {'.'.join(map(str, sqlite_version()))}"
    if sqlite_version() >= _SAFE_SQLITE:
        return Check("database engine", Health.OK, found)
    return Check("database engine", Health.WEAK, found, "several writers at once need 3.51.3: pip install -U pysqlite3")


def _uv() -> Check:
    from core.environments.uv import uv_version

    try:
        return Check("uv", Health.OK, uv_version())
    except MlpwError as error:
        return Check("uv", Health.BAD, error.message, error.hint)


def _shell() -> Check:
    shell = Path("/bin/bash")
    if shell.exists():
        return Check("shell", Health.OK, str(shell))
    return Check("shell", Health.WEAK, "no /bin/bash, so /bin/sh runs the commands", "Azure ML uses bash: install it")


def _processes() -> Check:
    if _has_subreaper():
        return Check("processes", Health.OK, "whatever a step starts can be found and ended")
    return Check(
        "processes", Health.WEAK, "no child subreaper", "processes that hide from their group outlive a cancel"
    )


def _has_subreaper() -> bool:
    if platform.system() != "Linux":
        return False
    import ctypes  # only this needs it

    value = ctypes.c_int()
    get_child_subreaper = 37  # linux/prctl.h
    return bool(ctypes.CDLL(None).prctl(get_child_subreaper, ctypes.byref(value), 0, 0, 0) == 0)


def _capacity() -> Check:
    from core.computes.machine import capacity

    found = capacity()
    gib = 2**30
    gpus = f", {found.gpus} GPUs" if found.gpus else ""
    memory = f"{found.memory_bytes / gib:.1f} GB of memory, {found.available_bytes / gib:.1f} free"
    text = f"{found.cores} cores, {memory}{gpus}"
    if found.available_bytes < gib // 2:
        return Check("machine", Health.WEAK, text, "steps wait until memory is free")
    return Check("machine", Health.OK, text)


def _watching() -> Check:
    limits = [_number(Path("/proc/sys/fs/inotify", name)) for name in ("max_user_watches", "max_user_instances")]
    if sys.platform != "linux" or not all(limits):
        return Check("watching", Health.WEAK, "no inotify", "changes of files are noticed by looking, which is slower")
    found = f"{limits[0]:,} folders by {limits[1]:,} programs"
    if limits[0] < _FEW_WATCHES or limits[1] < _FEW_INSTANCES:
        return Check("watching", Health.WEAK, found, "sudo sysctl fs.inotify.max_user_watches=524288")
    return Check("watching", Health.OK, found)


def _docker() -> Check:
    """Only whether something answers; no host is needed for local runs."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not host.startswith("unix://"):
        return Check("docker", Health.OK, f"DOCKER_HOST is {host}, not asked; local runs need none")
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(1)
        try:
            asked.connect(host.removeprefix("unix://"))
        except OSError:
            return Check("docker", Health.OK, "not reachable; local runs need none")
    return Check("docker", Health.OK, f"answers at {host}")


def _filesystem(layout: Layout) -> Check:
    kind = filesystem_of(layout.root)
    if is_refused(kind):
        return Check(
            "filesystem", Health.BAD, f"{kind}, where SQLite loses records", "copy the workspace to a local disk"
        )
    return Check("filesystem", Health.OK, kind or "of an unknown kind")


def _space(layout: Layout) -> Check:
    space = free_space(layout.root)
    inodes = f", {space.inodes:,} inodes" if space.inodes >= 0 else ""
    found = f"{space.bytes / 1e9:.1f} GB{inodes} free"
    if space.is_exhausted:
        return Check("disk", Health.BAD, found, "make room: mlpw gc, or delete something")
    if space.bytes < _LITTLE_BYTES or 0 <= space.inodes < _FEW_INODES:
        return Check("disk", Health.WEAK, found, "make room soon: mlpw gc --dry-run says what could go")
    return Check("disk", Health.OK, found)


def _abilities(layout: Layout) -> Check:
    """Locks, links and clones, tried in a folder that is deleted at once."""
    base = layout.temporary if layout.temporary.is_dir() else layout.root
    try:
        with tempfile.TemporaryDirectory(prefix=".mlpw-doctor-", dir=base) as folder:
            return _tried(Path(folder))
    except OSError as error:
        return Check("files", Health.BAD, f"{base} cannot be written: {error.strerror}", "a workspace must be writable")


def _tried(folder: Path) -> Check:
    with Lock(folder / "lock"):
        if Lock(folder / "lock").try_acquire():
            return Check("files", Health.BAD, "a lock that is held can be taken", "use a disk where flock works")
    original = folder / "original"
    original.write_bytes(b"mlpw" * 1024)
    weak = list(missing_abilities())
    try:
        os.link(original, folder / "link")
        links = "hard links"
    except OSError:
        weak.append("no hard links")
        links = "no hard links"
    with original.open("rb") as source, (folder / "clone").open("wb") as target:
        clones = "copies share their blocks" if clone_file(source.fileno(), target.fileno()) else "copies take room"
    if weak:
        return Check("files", Health.WEAK, "; ".join(weak), "everything works, some of it slower")
    return Check("files", Health.OK, f"locks hold, {links}, {clones}")


_MACHINE: tuple[Callable[[], Check], ...] = (
    _python,
    _system,
    _own,
    _sqlite,
    _uv,
    _shell,
    _processes,
    _capacity,
    _watching,
    _docker,
)
_PLACE: tuple[Callable[[Layout], Check], ...] = (_filesystem, _space, _abilities)


def _workspace(layout: Layout) -> Iterator[Check]:
    """What concerns a workspace that has been used."""
    yield _settings(layout)
    try:
        check_private(layout)
    except MlpwError as error:
        yield Check("records", Health.BAD, error.message, error.hint)
        return
    if not layout.database.exists():
        yield Check("records", Health.OK, "none yet: nothing was run here")
        return
    yield _permissions(layout)
    yield _ignored(layout)
    try:
        with Records(layout.database) as records:
            yield _database(records)
            yield _orphans(layout, records)
    except Exception as error:  # whatever is wrong with the file is what this is for
        yield Check("records", Health.BAD, str(error), "move .mlpw away and run again, or restore it from a backup")


def _hosts(layout: Layout) -> Iterator[Check]:
    """The Docker hosts that files of the workspace define, all asked at a time: one that is away takes its time."""
    from core.definitions.compute_reader import find_targets
    from core.definitions.loading import Loading

    try:
        found = find_targets(Loading(layout.root))
    except MlpwError:
        return  # mlpw.yml is told of already
    for name, error in sorted(found.broken.items()):
        yield Check(f"host {name}", Health.WEAK, str(error), "no step can name it")
    if not found.known:
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(found.known)) as pool:
        yield from pool.map(_host, sorted(found.known.values(), key=lambda target: target.name))


def _host(target: ComputeTarget) -> Check:
    from core.hosts.connection import connect
    from core.hosts.errors import HostError
    from core.hosts.facts import host_facts

    try:
        with closing(connect(target)) as engine:
            facts = host_facts(engine, target, disk=False)
    except HostError as error:
        return Check(f"host {target.name}", Health.WEAK, error.message, error.hint)
    found = f"Docker {facts.version}, {facts.cpus} cores, answers within {facts.latency_s * 1000:.1f} ms"
    return Check(f"host {target.name}", Health.OK, found)


def _settings(layout: Layout) -> Check:
    from core.definitions.workspace_reader import read_workspace_file

    try:
        written = read_workspace_file(layout.root).is_written
    except MlpwError as error:
        return Check("mlpw.yml", Health.BAD, error.message, error.hint or "correct it, or take it away")
    return Check("mlpw.yml", Health.OK, "is well" if written else "none, which is fine")


def _permissions(layout: Layout) -> Check:
    status = layout.private.stat()
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        return Check("privacy", Health.WEAK, f".mlpw belongs to user {status.st_uid}", "run mlpw as that user")
    if mode & 0o077:
        return Check("privacy", Health.WEAK, f".mlpw has mode {mode:o}: others can read it", "chmod 700 .mlpw")
    return Check("privacy", Health.OK, f".mlpw has mode {mode:o}")


def _ignored(layout: Layout) -> Check:
    program = shutil.which("git")
    if program is None:
        return Check("git", Health.OK, "not installed")
    done = subprocess.run(
        [program, "-C", layout.root, "check-ignore", "-q", ".mlpw/mlpw.db"], capture_output=True, check=False
    )
    if done.returncode == 1:
        return Check("git", Health.WEAK, "git sees .mlpw", "write '*' into .mlpw/.gitignore")
    return Check("git", Health.OK, "ignores .mlpw" if done.returncode == 0 else "no repository here")


def _database(records: Records) -> Check:
    problems = records.database.problems()
    if problems:
        return Check("records", Health.BAD, problems[0], "copy .mlpw away, then: mlpw verify")
    runs = len(records.runs.find())
    return Check("records", Health.OK, f"whole, {runs} run{'s' if runs != 1 else ''}")


def _orphans(layout: Layout, records: Records) -> Check:
    from core.engine.launch import has_supervisor

    unfinished = [run.number for run in records.runs.unfinished()]
    lost = [run for run in unfinished if not has_supervisor(layout, run)]
    if lost:
        told = ", ".join(map(str, lost))
        return Check("runs", Health.WEAK, f"run {told} lost its supervisor", "mlpw runs gives it a new one")
    live = ", ".join(map(str, unfinished))
    return Check("runs", Health.OK, f"run {live} is going on" if live else "none is going on")


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
