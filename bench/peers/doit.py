"""doit: tasks with file dependencies and targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.peers.peer import installed_version
from bench.workload import Workload

_HASH = """
from pathlib import Path

def task_read():
    files = sorted(str(path) for path in Path({data!r}).rglob("*") if path.is_file())
    return {{"actions": ["ls -d {data} > out.txt"], "file_dep": files, "targets": ["out.txt"]}}
"""
_STEPS = """
STEPS = {steps!r}

def task_step():
    for name, dependencies, target, script in STEPS:
        yield {{"name": name, "actions": [script], "file_dep": dependencies, "targets": [target]}}
"""


@dataclass(frozen=True, slots=True)
class Doit:
    """`scripts` is the bin folder it is installed in."""

    scripts: Path
    name: str = "doit"

    @property
    def version(self) -> str:
        """The installed version."""
        return installed_version("doit", self.scripts)

    def write(self, workload: Workload) -> None:
        """One dodo.py that holds the steps as data."""
        steps = []
        for step in workload.steps():
            output, before = f"out/{step.name}.txt", f"out/s{step.before}.txt"
            dependencies = [step.source] if step.before is None else [step.source, before]
            steps.append(
                (step.name, dependencies, output, step.script(f"./{step.source}", before, output, workload.ran))
            )
        (workload.folder / "out").mkdir()
        (workload.folder / "dodo.py").write_text(_STEPS.format(steps=steps))

    def prepare(self, workload: Workload, variables: Mapping[str, str]) -> None:
        """Nothing comes before the first run."""

    def command(self, *, much: bool) -> list[str]:
        """Two at a time in threads, which is its fastest way, where there is much to run; else plainly, which is."""
        return [str(self.scripts / "doit"), *(("-n", "2", "-P", "thread") if much else ())]

    def hash_workspace(self, folder: Path, data: Path, variables: Mapping[str, str]) -> None:
        """A task with every file as a dependency."""
        (folder / "dodo.py").write_text(_HASH.format(data=str(data.relative_to(folder))))
