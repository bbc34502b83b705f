"""Snakemake: a rule a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.peers.peer import installed_version
from bench.workload import Workload


@dataclass(frozen=True, slots=True)
class Snakemake:
    """`scripts` is the bin folder it is installed in."""

    scripts: Path
    name: str = "snakemake"

    @property
    def version(self) -> str:
        """The installed version."""
        return installed_version("snakemake", self.scripts)

    def write(self, workload: Workload) -> None:
        """One Snakefile."""
        everything = ", ".join(repr(f"out/{step.name}.txt") for step in workload.steps())
        lines = [f"rule all:\n    input: {everything}\n"]
        for step in workload.steps():
            output, before = f"out/{step.name}.txt", f"out/s{step.before}.txt"
            inputs = [step.source] if step.before is None else [step.source, before]
            script = step.script(f"./{step.source}", before, output, workload.ran)
            script = script.replace("{", "{{").replace("}", "}}")
            lines.append(
                f"rule {step.name}:\n    input: {', '.join(map(repr, inputs))}\n    output: {output!r}\n"
                f"    shell: {script!r}\n"
            )
        (workload.folder / "Snakefile").write_text("\n".join(lines))

    def prepare(self, workload: Workload, variables: Mapping[str, str]) -> None:
        """Nothing comes before the first run."""

    def command(self, *, much: bool) -> list[str]:
        """Two at a time."""
        return [str(self.scripts / "snakemake"), "--cores", "2", "--quiet", "all"]

    def hash_workspace(self, folder: Path, data: Path, variables: Mapping[str, str]) -> None:
        """A rule with the folder as its input, of which it looks at modification times only."""
        place = data.relative_to(folder)
        (folder / "Snakefile").write_text(
            f"rule all:\n    input: 'out.txt'\n\nrule read:\n    input: {str(place)!r}\n"
            f"    output: 'out.txt'\n    shell: 'ls -d {place} > out.txt'\n"
        )
