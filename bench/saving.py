"""From a save to what a person sees of it, and to the step's process: the workbench, `mlpw watch`, `mlpw watch --run`.

Beside them stands the fastest loop that can be put together: watchfiles (in Rust) that calls doit at each save. It
shows nothing; only the start of the step's process can be compared.
"""

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.hashing import write_files
from bench.installing import install
from bench.measuring import CommandError, Timing, figure
from bench.peers import Doit, Mlpw, Peer
from bench.results import MLPW, Measurement
from bench.rig import Rig
from bench.saving_stages import Stages
from bench.screens import open_screen, painted_text
from bench.workload import Workload

LOOP = "watchfiles+doit"
DATA_FILES = 20_000
_PROBE = Path(__file__).with_name("saving_probe.py")
_PATIENCE = 60.0
#: Between two saves: people are not quicker, and what was saved is then old enough to be believed.
_PAUSE_SECONDS = 2.2
_DATA_STEP = (
    "  read:\n    type: command\n    environment: {image: library/python:3.12}\n    inputs:\n"
    "      data: {type: uri_folder, path: ./data}\n    outputs:\n      out: {type: uri_file}\n"
    "    command: ls -d ${{inputs.data}} > ${{outputs.out}}\n"
)
_DATA_TASK = """
from pathlib import Path

def task_read():
    files = sorted(str(path) for path in Path("data").rglob("*") if path.is_file())
    return {"actions": ["ls -d data > out.txt"], "file_dep": files, "targets": ["out.txt"]}
"""


def measure_saving(rig: Rig) -> Iterator[Measurement]:
    """Every size, then the largest with data beside it: a save of code, and a save of one of the data's files."""
    for size in rig.settings.sizes:
        yield from _measure(rig, size, 0)
    yield from _measure(rig, max(rig.settings.sizes), DATA_FILES)


@dataclass(frozen=True, slots=True)
class _Space:
    """A workspace that ran, whose middle chain's first step notes when it starts."""

    workload: Workload
    stamps: Path

    @property
    def folder(self) -> Path:
        return self.workload.folder

    def save(self, token: str) -> int:
        """Save the step's file as editors do; when, in nanoseconds."""
        return self._save(self.workload.edited, f"date +%s%N >> {self.stamps}\necho {token}\n")

    def save_data(self, token: str) -> int:
        """Save one of the data's files."""
        return self._save("data/part0001/000100.bin", token)

    def _save(self, name: str, text: str) -> int:
        new = self.folder / "new.tmp"
        new.write_text(text)
        now = time.time_ns()
        new.replace(self.folder / name)
        return now

    def take_stamp(self) -> int:
        """When the step started, 0 for not yet."""
        text = self.stamps.read_text() if self.stamps.exists() else ""
        if not text.endswith("\n"):
            return 0
        self.stamps.unlink()
        return int(text.split()[0])


def _measure(rig: Rig, size: int, files: int) -> Iterator[Measurement]:
    beside = f", {files:,} data files" if files else ""
    space = _prepared(rig, rig.mlpw, size, files)
    stages = Stages(rig.scratch / "saving.stages")
    for name, save in (("save", space.save), ("save of data", space.save_data)):
        if files or name == "save":
            timings = _shown(rig, space, stages, save, on_screen=True)
            yield Measurement(
                f"{name} to stale on screen{beside}", size, {MLPW: figure(timings)}, notes={MLPW: stages.take()}
            )
            timings = _shown(rig, space, stages, save, on_screen=False)
            yield Measurement(
                f"{name} to stale line{beside}", size, {MLPW: figure(timings)}, notes={MLPW: stages.take()}
            )
    started = {MLPW: _started(rig, space, _mlpw(rig, stages, "watch", "pipeline.yml", "--run"), stages)}
    notes = {MLPW: stages.take()}
    shutil.rmtree(space.folder)
    doit = next((peer for peer in rig.peers if isinstance(peer, Doit)), None)
    if doit is not None:
        space = _prepared(rig, doit, size, files)
        watched = ["src", *(["data"] if files else [])]
        loop = install("watchfiles", ["watchfiles"], rig.scratch)
        command = [str(loop / "watchfiles"), "--filter", "all", str(doit.scripts / "doit"), *watched]
        started[LOOP] = _started(rig, space, command)
        shutil.rmtree(space.folder)
    yield Measurement(
        f"save to step's process{beside}", size, {tool: figure(each) for tool, each in started.items()}, notes=notes
    )


def _prepared(rig: Rig, peer: Peer, size: int, files: int) -> _Space:
    """Written and run, so that there is nothing to do."""
    workload = Workload(rig.new_folder(f"saving-{peer.name}-{size}"), size)
    workload.write_sources()
    peer.write(workload)
    space = _Space(workload, rig.scratch / "saving.stamps")
    space.save("first")
    if files:
        (workload.folder / "data").mkdir()
        write_files(workload.folder / "data", files)
        space.save_data("first")
        name, text = ("pipeline.yml", _DATA_STEP) if isinstance(peer, Mlpw) else ("dodo.py", _DATA_TASK)
        with (workload.folder / name).open("a") as file:
            file.write(text)
    peer.prepare(workload, rig.variables)
    (workload.folder / "first.yml").unlink(missing_ok=True)
    rig.stopwatch.run(peer.command(much=True), workload.folder, rig.variables)
    time.sleep(_PAUSE_SECONDS)
    rig.stopwatch.run(peer.command(much=False), workload.folder, rig.variables)
    space.stamps.unlink(missing_ok=True)
    return space


def _mlpw(rig: Rig, stages: Stages, *arguments: str) -> list[str]:
    return [str(rig.mlpw.scripts / "python"), str(_PROBE), str(stages.file), *arguments]


def _shown(rig: Rig, space: _Space, stages: Stages, save: Callable[[str], int], *, on_screen: bool) -> list[Timing]:
    """Saves that are taken back again, each until it is shown as stale."""
    timings = []
    arguments = (str(space.folder),) if on_screen else ("watch", "pipeline.yml")
    with _running(rig, _mlpw(rig, stages, *arguments), space.folder, on_screen=on_screen) as process:
        process.until(b"up to date" if on_screen else b" steps: ")
        for repeat in range(rig.settings.repeats):
            time.sleep(_PAUSE_SECONDS)
            process.take()
            cpu, saved = process.cpu(), save(f"other {repeat}")
            reached = process.until(b"stale")
            timings.append(Timing((reached - saved) / 1e9, process.cpu() - cpu))
            stages.add(saved, reached)
            time.sleep(_PAUSE_SECONDS)
            process.take()
            save("first")
            process.until(b"up to date")
    return timings


def _started(rig: Rig, space: _Space, command: Sequence[str], stages: Stages | None = None) -> list[Timing]:
    """Saves that are run at once, each until the step has started."""
    timings = []
    with _running(rig, command, space.folder, on_screen=False) as process:
        if stages is not None:
            process.until(b" steps: ")
        for repeat in range(rig.settings.repeats + 1):
            time.sleep(_PAUSE_SECONDS)
            space.take_stamp()  # of a run before, on a machine with much to do
            cpu, saved = process.cpu(), space.save(f"run {repeat}")
            deadline = time.monotonic() + _PATIENCE
            while not (reached := space.take_stamp()):
                process.take(0.005)
                if time.monotonic() > deadline:
                    raise CommandError(f"{command[0]} started nothing in {_PATIENCE:.0f} s: {process.text[-800:]!r}")
            if repeat:  # the first one finds everything cold
                timings.append(Timing((reached - saved) / 1e9, process.cpu() - cpu))
            if stages is not None and repeat:
                stages.add(saved, reached)
            time.sleep(_PAUSE_SECONDS)
            process.take()
    return timings


class _Process:
    """A command that goes on, and what it has said since somebody last waited for it."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: int) -> None:
        self.process, self._output, self.text = process, output, b""

    def take(self, patience: float = 0.0) -> None:
        """Read what there is, and forget what was read before."""
        self.text = self.text[-4096:] if patience else b""
        while select.select([self._output], [], [], patience)[0]:
            with suppress(OSError):
                more = os.read(self._output, 1 << 16)
                self.text += more
                if more:
                    patience = 0.0
                    continue
            return

    def until(self, word: bytes) -> int:
        """Read on until a word was said or painted; when, in nanoseconds."""
        deadline = time.monotonic() + _PATIENCE
        said = b""
        while word not in painted_text(said):
            ready, _, _ = select.select([self._output], [], [], 1.0)
            said += os.read(self._output, 1 << 16) if ready else b""
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise CommandError(f"never came: {word!r}; {painted_text(said)[-2000:]!r}")
        return time.time_ns()

    def cpu(self) -> float:
        """Seconds of the processors so far, of children too that have ended."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _running(rig: Rig, command: Sequence[str], folder: Path, *, on_screen: bool) -> Iterator[_Process]:
    state = folder.parent / "state"
    (state / "mlpw").mkdir(parents=True, exist_ok=True)
    (state / "mlpw" / "state.json").write_text('{"greeted": true}')
    variables = {
        **rig.variables,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHONUNBUFFERED": "1",
        "XDG_CONFIG_HOME": str(folder.parent / "config"),
        "XDG_STATE_HOME": str(state),
    }
    output, other = open_screen() if on_screen else os.pipe()
    process = subprocess.Popen(
        command,
        stdin=other if on_screen else subprocess.DEVNULL,
        stdout=other,
        stderr=other,
        env=variables,
        start_new_session=True,
        cwd=folder,
    )
    os.close(other)
    try:
        yield _Process(process, output)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(output)
