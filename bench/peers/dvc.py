"""DVC: stages in dvc.yaml, outputs kept in its cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.installing import run_quietly
from bench.peers.peer import installed_version
from bench.workload import Workload


@dataclass(frozen=True, slots=True)
class Dvc:
    """`scripts` is the bin folder it is installed in."""

    scripts: Path
    name: str = "dvc"

    @property
    def version(self) -> str:
        """The installed version."""
        return installed_version("dvc", self.scripts)

    def write(self, workload: Workload) -> None:
        """One dvc.yaml."""
        lines = ["stages:"]
        for step in workload.steps():
            output, before = f"out/{step.name}.txt", f"out/s{step.before}.txt"
            dependencies = step.source if step.before is None else f"{step.source}, {before}"
            script = step.script(f"./{step.source}", before, output, workload.ran)
            lines.append(f"  {step.name}:\n    cmd: '{script}'\n    deps: [{dependencies}]\n    outs: [{output}]")
        (workload.folder / "out").mkdir()
        (workload.folder / "dvc.yaml").write_text("\n".join(lines) + "\n")

    def prepare(self, workload: Workload, variables: Mapping[str, str]) -> None:
        """Make the folder DVC's, without git, which would cost it time."""
        run_quietly([str(self.scripts / "dvc"), "init", "--no-scm", "-q"], workload.folder, variables)

    def command(self, *, much: bool) -> list[str]:
        """It runs one stage at a time."""
        return [str(self.scripts / "dvc"), "repro"]

    def hash_workspace(self, folder: Path, data: Path, variables: Mapping[str, str]) -> None:
        """A stage with the folder as its dependency."""
        place = data.relative_to(folder)
        (folder / "dvc.yaml").write_text(
            f"stages:\n  read:\n    cmd: ls -d {place} > out.txt\n    deps: [{place}]\n    outs: [out.txt]\n"
        )
        self.prepare(Workload(folder, 0), variables)
