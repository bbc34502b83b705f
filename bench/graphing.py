"""Planning of very big graphs: chains of three steps without code."""

from collections.abc import Iterator

from bench.measuring import figure
from bench.results import MLPW, Measurement
from bench.rig import Rig
from bench.workload import Workload


def measure_graphs(rig: Rig) -> Iterator[Measurement]:
    """`mlpw plan` when the YAML is read, and when the graph is remembered."""
    for count in rig.settings.graphs:
        workload = Workload(rig.new_folder(f"graph-{count}"), count)
        workload.folder.mkdir()
        (workload.folder / "pipeline.yml").write_text(_pipeline(workload))
        plan = [str(rig.mlpw.scripts / "mlpw"), "plan", "pipeline.yml"]
        first = [rig.stopwatch.run(plan, workload.folder, rig.variables) for _ in range(rig.settings.cold_repeats)]
        yield Measurement("plan a graph, first", count, {MLPW: figure(first)})
        rig.mlpw.prepare_in(workload.folder, rig.variables)
        rig.stopwatch.run(plan, workload.folder, rig.variables)
        again = [rig.stopwatch.run(plan, workload.folder, rig.variables) for _ in range(rig.settings.cold_repeats)]
        yield Measurement("plan a graph", count, {MLPW: figure(again)})


def _pipeline(workload: Workload) -> str:
    lines = ["type: pipeline", "jobs:"]
    for step in workload.steps():
        lines.append(f"  {step.name}:")
        command = f"echo {step.number} > ${{{{outputs.out}}}}"
        if step.before is not None:
            lines.append(f"    inputs: {{before: '${{{{parent.jobs.s{step.before}.outputs.out}}}}'}}")
            command = f"cat ${{{{inputs.before}}}} {command[5:]}"
        lines.append("    outputs: {out: {type: uri_file}}")
        lines.append("    environment: {image: library/python:3.12}")
        lines.append(f"    command: '{command}'")
    return "\n".join(lines) + "\n"
