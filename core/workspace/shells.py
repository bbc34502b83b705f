"""A step's exact surroundings for a person: its code, inputs, variables and environment, outputs in a scratch folder.

Works for a step that ran, failed or never ran; what it takes that is not there yet is an empty folder, and is said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.computes.containers.kept import read_kept, spec_of
from core.computes.foreground import interactive, run_here, write_start_file
from core.computes.protocol import AttemptSpec, ContainerSpec
from core.engine.assemble import Order, assemble
from core.engine.builds import prepare_now
from core.engine.facts import WorldFacts
from core.engine.harvest import output_path
from core.engine.placing import where_it_runs
from core.environments.images.value import ImageEnvironment
from core.environments.kept import PythonEnvironment
from core.errors import DefinitionError, InputError, MlpwError, UsageError
from core.layout import AttemptFolder
from core.planning.decide import Planner
from core.planning.graph import DataInput, Graph, Missing, Parameter, Step, StepOutput
from core.planning.plan import Stale, Waiting
from core.planning.selection import EVERYTHING, named_steps
from core.records.model import StepRunRecord, StepStatus
from core.workspace.made_from import input_digests, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class StepShell:
    """A step's surroundings, laid out; they go with the workspace object, or by `mlpw gc` when that was killed.

    `inputs` are values and paths by name, `outputs` scratch paths by port, `notices` what is not as in a run. Of a step
    in a container that runs now `container` is its id, and everything is the step's own.
    """

    step: str
    command: str
    folder: Path
    python: str
    spec: AttemptSpec
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    notices: tuple[str, ...]
    container: str = ""

    @property
    def variables(self) -> Mapping[str, str]:
        """The step's own environment variables, without those it inherits."""
        return self.spec.env

    def run(self, argv: Sequence[str]) -> int:
        """Run a program there with this terminal; its exit code.

        Raises UsageError when there is no such program, StepError when its host refuses it.
        """
        if self.spec.container is not None:
            return self._run_hosted(argv, {})
        try:
            return run_here(self.spec, argv)
        except OSError as error:
            raise UsageError(f"cannot run '{argv[0]}' there: {error.strerror}") from error

    def open(self) -> int:
        """A shell for a person, until they leave it; the exit code of their last command."""
        if self.spec.container is not None:
            return self._open_hosted()
        start = write_start_file(self.folder.parent, f"mlpw {self.step}", self.command)
        return self.run(interactive(self.spec.argv[0], start))

    def _run_hosted(self, argv: Sequence[str], more: dict[str, str]) -> int:
        from core.computes.containers.terminal import run_beside, run_fresh  # the engine's client is slow to import

        if self.container:
            return run_beside(self.spec, self.container, argv, more)
        return run_fresh(self.spec, AttemptFolder(self.folder.parent), argv, more)

    def _open_hosted(self) -> int:
        from core.computes.containers.terminal import shell_variables, shell_words

        with TemporaryDirectory(prefix="mlpw-shell-") as folder:
            start = write_start_file(Path(folder), f"mlpw {self.step}", self.command)
            return self._run_hosted(shell_words(), shell_variables(start, self.step))


@dataclass(slots=True)
class _Made:
    """What a step is made from, as far as it is there: digests of code by place, of data by input."""

    code: Mapping[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def lay_out(
    workspace: Workspace, graph: Graph, name: str, run: int = 0, heard: Callable[[str], None] = lambda line: None
) -> StepShell:
    """The surroundings of a step of `graph`, which is that of run `run` unless 0; see `Workspace.shell`."""
    step = _step(graph, name)
    workspace.keep()
    record = next((row for row in workspace.steps(run) if row.step == step.name), None) if run else None
    if record is not None and (running := _running(workspace, step, record)) is not None:
        return running
    if record is not None:
        step = where_it_runs(step, workspace.attempt(record))
    target = next((graph.targets[name] for name in (step.compute, *step.computes) if name in graph.targets), None)
    with workspace.store.keeping():
        made = _as_it_ran(workspace, step, record) or _as_it_would_run(workspace, graph, step, run)
        environment = prepare_now(step.environment, workspace.layout, heard, target, step.resources.gpus)
        attempt = AttemptFolder(workspace.store.new_temporary_path("shell"))
        attempt.root.mkdir(mode=0o700, parents=True)
        stand_ins = _stand_ins(step, made, attempt)
        number = (record.source_attempt or record.attempt) if record else 0
        order = Order(graph, step, run, number, made.code, made.data, environment, stand_ins, target)
        spec = assemble(order, attempt, workspace.store, os.environ)
    given = {n: spec.env[f"AZURE_ML_INPUT_{n}"] for n in step.inputs if f"AZURE_ML_INPUT_{n}" in spec.env}
    outputs = {port: str(output_path(attempt, port)) for port in step.outputs}
    notices = (*made.notices, *map(str, environment.notices))
    python = _told(environment)
    return StepShell(step.name, spec.argv[-1], attempt.code, python, spec, given, outputs, notices)


def _told(environment: PythonEnvironment | ImageEnvironment) -> str:
    if isinstance(environment, ImageEnvironment):
        return f"that of the image {environment.reference}"
    return f"Python {environment.python}"


def _running(workspace: Workspace, step: Step, record: StepRunRecord) -> StepShell | None:
    """The step's own container while it runs, else None."""
    if record.status is not StepStatus.RUNNING:
        return None
    attempt = workspace.attempt(record)
    kept, plain = read_kept(str(attempt.container)), spec_of(attempt)
    if kept is None or not kept.container or not kept.started_at or not plain.get("container"):
        return None
    spec = AttemptSpec(plain["argv"], plain["cwd"], plain["env"], container=ContainerSpec.from_json(plain["container"]))
    given = {n: spec.env[f"AZURE_ML_INPUT_{n}"] for n in step.inputs if f"AZURE_ML_INPUT_{n}" in spec.env}
    outputs = {port: str(output_path(attempt, port)) for port in step.outputs}
    said = "this is the step's own container, while it runs: what you change there, you change for it"
    python = f"that of the container on {kept.host}"
    return StepShell(step.name, spec.argv[-1], attempt.code, python, spec, given, outputs, (said,), kept.container)


def _step(graph: Graph, name: str) -> Step:
    """The step of this name.

    Raises UsageError for a name that is no step, DefinitionError for a step that cannot run.
    """
    found = named_steps(graph, [name])
    if name not in found:
        raise UsageError(f"'{name}' is a pipeline of several steps", hint=f"choose one: {', '.join(sorted(found))}")
    step = graph.steps[name]
    if step.unsupported:
        raise DefinitionError(f"step '{name}' cannot run: {step.unsupported}", location=step.location)
    for binding in step.inputs.values():
        if isinstance(binding, Missing):
            raise DefinitionError(binding.message, location=binding.location, hint=binding.hint)
    return step


def _as_it_ran(workspace: Workspace, step: Step, record: StepRunRecord | None) -> _Made | None:
    """What an attempt was made from; None when there was none, or nobody knows any more."""
    parts = parts_of(workspace, record) if record is not None else None
    if parts is None or workspace.store.missing(list(parts["code"].values())):
        return None
    made = _Made(parts["code"])
    for name, digest in input_digests(parts).items():
        binding = step.inputs[name]
        made.data[name] = digest
        if isinstance(binding, DataInput) and binding.path and not binding.digest:
            _check_data(workspace, name, binding, digest, made)
        elif isinstance(binding, StepOutput) and workspace.store.missing([digest]):
            made.absent[name] = "its content is no longer kept"
    return made


def _check_data(workspace: Workspace, name: str, binding: DataInput, digest: str, made: _Made) -> None:
    if not Path(binding.path).exists():
        made.absent[name] = f"{binding.path} is not there any more"
    elif workspace.store.hash(binding.path).digest != digest:
        made.notices.append(f"input '{name}' has changed since the step ran: {binding.path}")


def _as_it_would_run(workspace: Workspace, graph: Graph, step: Step, run: int) -> _Made:
    """The code and data of now; of steps before it what they made in the run, else what is newest."""
    facts = WorldFacts(workspace.store, workspace.records, workspace.pipeline_key(graph))
    planner = Planner(graph, EVERYTHING, facts)
    made = _Made()
    _settle_producers(workspace, planner, step, run, made)
    for path in (*([step.code] if step.code else []), *step.code_includes):
        workspace.store.snapshot(path)
    for name, binding in step.inputs.items():
        if isinstance(binding, DataInput):
            try:
                facts.look_at_data(binding)
            except InputError as error:
                made.absent[name] = error.message
    parts = planner.fingerprint(step)[1]
    made.code = parts["code"]
    made.data = {name: digest for name, digest in input_digests(parts).items() if name not in made.absent}
    return made


def _settle_producers(workspace: Workspace, planner: Planner, step: Step, run: int, made: _Made) -> None:
    """Find for every input from another step the content it would have, or has had last."""
    kept = {row.step: row.outputs for row in workspace.steps(run)} if run else {}
    unsettled = set() if run else _plan_before(planner, step)
    for name, binding in step.inputs.items():
        if not isinstance(binding, StepOutput):
            continue
        key = (binding.step, binding.port)
        newest = planner.facts.latest(binding.step)
        digest = kept.get(binding.step, {}).get(binding.port) or planner.produced.get(key, "")
        if not digest and newest is not None:
            digest = newest.outputs.get(binding.port, "")
            if digest:
                state = "not up to date" if binding.step in unsettled else "not finished there"
                made.notices.append(f"input '{name}' is that of run {newest.run}: step '{binding.step}' is {state}")
        if digest and not workspace.store.missing([digest]):
            planner.produced[key] = digest
        elif not binding.optional:
            planner.produced.pop(key, None)
            made.absent[name] = f"step '{binding.step}' has not made it yet"


def _plan_before(planner: Planner, step: Step) -> set[str]:
    """Decide the steps that this one needs; the names of those that would have to run first."""
    unsettled: set[str] = set()
    needed = planner.graph.ancestors(step.name)
    for other in planner.graph.steps.values():
        if other.name not in needed:
            continue
        try:
            decision = planner.decide(other, [name for name in sorted(other.producers()) if name in unsettled])
        except MlpwError:
            unsettled.add(other.name)
            continue
        if isinstance(decision, Stale | Waiting):
            unsettled.add(other.name)
        elif decision.trace is not None:
            planner.settle(other.name, decision.trace.outputs)
    return unsettled


def _stand_ins(step: Step, made: _Made, attempt: AttemptFolder) -> dict[str, str]:
    """An empty folder for every input that is not there."""
    found: dict[str, str] = {}
    for name, why in made.absent.items():
        if isinstance(step.inputs[name], Parameter):
            continue
        folder = attempt.root / "absent" / name
        folder.mkdir(parents=True)
        found[name] = str(folder)
        made.notices.append(f"input '{name}' is an empty folder: {why}")
    return found
