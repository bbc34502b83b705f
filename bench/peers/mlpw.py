"""mlpw: inline command steps, each with one source file as its code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.installing import run_quietly
from bench.peers.peer import installed_version
from bench.workload import Step, Workload

_PIPELINE = "pipeline.yml"
_FIRST = "first.yml"
_IMAGE = "    environment: {image: library/python:3.12}\n"


@dataclass(frozen=True, slots=True)
class Mlpw:
    """`scripts` is the bin folder it is installed in."""

    scripts: Path
    name: str = "mlpw"

    @property
    def version(self) -> str:
        """The installed version."""
        return installed_version("mlpw", self.scripts)

    def write(self, workload: Workload) -> None:
        """One YAML file with every step inline."""
        steps = "".join(_step(step, workload.ran) for step in workload.steps())
        (workload.folder / _PIPELINE).write_text(f"type: pipeline\njobs:\n{steps}")

    def prepare(self, workload: Workload, variables: Mapping[str, str]) -> None:
        """Another pipeline runs first, so that the workspace and its Python environment are there."""
        self.prepare_in(workload.folder, variables)

    def prepare_in(self, folder: Path, variables: Mapping[str, str]) -> None:
        """Run another pipeline in a folder."""
        (folder / _FIRST).write_text(f'type: pipeline\njobs:\n  first:\n{_IMAGE}    command: "true"\n')
        run_quietly([str(self.scripts / "mlpw"), "run", _FIRST], folder, variables)

    def command(self, *, much: bool) -> list[str]:
        """It runs as many steps at a time as there are cores."""
        return [str(self.scripts / "mlpw"), "run", _PIPELINE]

    def hash_workspace(self, folder: Path, data: Path, variables: Mapping[str, str]) -> None:
        """A step with a folder as its input."""
        (folder / _PIPELINE).write_text(
            "type: pipeline\njobs:\n  read:\n    inputs:\n"
            f"      data: {{type: uri_folder, path: ./{data.relative_to(folder)}}}\n"
            f"    outputs:\n      out: {{type: uri_file}}\n{_IMAGE}"
            "    command: ls -d ${{inputs.data}} > ${{outputs.out}}\n"
        )
        self.prepare_in(folder, variables)


def _step(step: Step, ran: Path) -> str:
    before = (
        "" if step.before is None else f"    inputs:\n      before: ${{{{parent.jobs.s{step.before}.outputs.out}}}}\n"
    )
    script = step.script(f"./{step.name}.sh", "${{inputs.before}}", "${{outputs.out}}", ran)
    return (
        f"  {step.name}:\n    type: command\n    code: {step.source}\n{_IMAGE}{before}"
        f"    outputs:\n      out: {{type: uri_file}}\n    command: '{script}'\n"
    )
