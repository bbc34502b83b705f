"""Planning of very big graphs: chains of three steps without code."""

from collections.abc import Iterator

from bench.measuring import figure
from bench.results import MLPW, Measurement
from bench.rig import Rig
from bench.workload import Step, Workload

_PART = 10_000
_COMPONENT = """\
type: command
name: c
inputs: {x: {type: uri_file, optional: true}}
outputs: {out: {type: uri_file}}
environment: {image: library/python:3.12}
command: "cat $[[${{inputs.x}}]] /dev/null > ${{outputs.out}}"
"""


def measure_graphs(rig: Rig) -> Iterator[Measurement]:
    """`mlpw plan` when the YAML is read, and when the graph is remembered."""
    for count in rig.settings.graphs:
        workload = Workload(rig.new_folder(f"graph-{count}"), count)
        workload.folder.mkdir()
        _write(workload)
        plan = [str(rig.mlpw.scripts / "mlpw"), "plan", "pipeline.yml"]
        first = [rig.stopwatch.run(plan, workload.folder, rig.variables) for _ in range(rig.settings.cold_repeats)]
        yield Measurement("plan a graph, first", count, {MLPW: figure(first)})
        rig.mlpw.prepare_in(workload.folder, rig.variables)
        rig.stopwatch.run(plan, workload.folder, rig.variables)
        again = [rig.stopwatch.run(plan, workload.folder, rig.variables) for _ in range(rig.settings.cold_repeats)]
        yield Measurement("plan a graph", count, {MLPW: figure(again)})


def _write(workload: Workload) -> None:
    """One component, named once for each step, in nested pipelines of 10,000 steps: mlpw reads no larger YAML."""
    (workload.folder / "c.yml").write_text(_COMPONENT)
    steps = list(workload.steps())
    parts = [steps[start : start + _PART] for start in range(0, len(steps), _PART)]
    for number, part in enumerate(parts):
        lines = ["type: pipeline", f"name: part{number}", "jobs:", *(_line(step, part[0].number) for step in part)]
        (workload.folder / f"part{number}.yml").write_text("\n".join(lines) + "\n")
    names = [f" part{number}: {{component: part{number}.yml}}" for number in range(len(parts))]
    (workload.folder / "pipeline.yml").write_text("\n".join(["type: pipeline", "jobs:", *names]) + "\n")


def _line(step: Step, first: int) -> str:
    known = step.before is not None and step.before >= first
    taken = f", inputs: {{x: '${{{{parent.jobs.s{step.before}.outputs.out}}}}'}}" if known else ""
    return f" {step.name}: {{component: c.yml{taken}}}"
