"""Making an attempt ready: working folder, places for outputs, inputs by path, command, environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.computes.local import shell_argv
from core.computes.protocol import AttemptSpec, RecorderHook
from core.definitions.commands import Value, render_command
from core.definitions.compute_target import ComputeTarget
from core.engine.crashes import crash_at
from core.engine.harvest import output_path
from core.engine.laying_out import Near, Surface, given_paths
from core.engine.naming import run_name, with_run_name
from core.engine.observed import is_observed
from core.engine.one_process import distribution_variables
from core.environments.images.value import ImageEnvironment
from core.environments.kept import PythonEnvironment
from core.environments.process import step_environment
from core.errors import Location
from core.layout import AttemptFolder
from core.planning.graph import DataInput, Graph, Parameter, Step
from core.store.objects import Store
from core.tracking.variables import port_variables, run_id, step_variables

if TYPE_CHECKING:
    from core.engine.far import Far
    from core.engine.placement import Choice

_surroundings: tuple[PythonEnvironment, Mapping[str, str], Mapping[str, str]] | None = None
_RECORDER = Path(__file__).resolve().parents[1] / "tracking" / "recorder"


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt to make ready: `code` are digests by place in the working folder, `data` digests by input name.

    `stand_ins` are paths for inputs whose content is not there, for a look at the step before it can run. With a
    `target` the step runs in a container there, and `environment` is its image; `choice` says why it was chosen.
    """

    graph: Graph
    step: Step
    run: int
    attempt: int
    code: Mapping[str, str]
    data: Mapping[str, str]
    environment: PythonEnvironment | ImageEnvironment
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    target: ComputeTarget | None = None
    choice: "Choice | None" = None


def assemble(order: Order, attempt: AttemptFolder, store: Store, base_environment: Mapping[str, str]) -> AttemptSpec:
    """Fill the attempt's folder and say what to run in it.

    Raises DefinitionError when a value cannot stand in the command, StoreError when kept content is gone, InputError
    when data is no more what was looked at.
    """
    step = order.step
    surface = _surface(order, attempt, store)
    surface.lay_out(step, order.code)
    crash_at("laid_out")
    name = run_name(order.graph, order.run)
    inputs = _input_values(order, surface)
    outputs = {port: str(output_path(attempt, port)) for port in step.outputs}
    command = render_command(
        step.command,
        inputs,
        {port: Value(path, is_path=True) for port, path in outputs.items()},
        name,
        step.location or Location(order.graph.file),
    )
    given = {port: value.text for port, value in inputs.items() if value is not None}
    spec = AttemptSpec(
        argv=("bash", "-c", command),
        cwd=str(attempt.code),
        env={},
        timeout_s=step.timeout,
        recorder=_recorder(order, attempt),
        observed=str(attempt.code) if is_observed(step) and isinstance(surface, Near) else "",
    )
    if isinstance(order.environment, ImageEnvironment):
        return _contained(order, order.environment, surface, spec, given, outputs)
    inherited = _inherited(order.environment, base_environment)
    variables = _variables(order, inherited, given, outputs)
    return replace(spec, argv=shell_argv(command), env=variables, surroundings=inherited)


def _contained(
    order: Order,
    image: ImageEnvironment,
    surface: "Near | Far",
    spec: AttemptSpec,
    given: Mapping[str, str],
    outputs: Mapping[str, str],
) -> AttemptSpec:
    """The same in a container, which inherits nothing of this machine."""
    from core.engine.containers import container_spec, mounts_of, own_variables  # most steps are processes

    assert order.target is not None
    attempt, store = surface.attempt, surface.store
    container = container_spec(
        order.target, image, order.step, attempt, store.layout, run=order.run, number=order.attempt
    )
    if order.choice is not None:
        container = replace(container, why=order.choice.why, passed_over=order.choice.passed_over)
    if isinstance(surface, Near):
        read = {name: path for name, (path, _) in given_paths(order.step, order.data, store).items()}
        container = replace(container, mounts=mounts_of(attempt, {**read, **order.stand_ins}, spec.recorder))
    else:
        container = replace(container, staging=surface.staging(spec.recorder))
    own = {**own_variables(image), **image.variables}
    return replace(spec, env={**own, **_variables(order, {}, given, outputs)}, container=container)


def _surface(order: Order, attempt: AttemptFolder, store: Store) -> "Near | Far":
    """Where the step's files lie."""
    if order.target is None or order.target.shares_files:
        return Near(attempt, store)
    from core.engine.far import Far  # most steps run on this machine

    return Far(attempt, store)


def _inherited(environment: PythonEnvironment, base: Mapping[str, str]) -> Mapping[str, str]:
    """What an environment gives its steps: the same mapping for all of them, so that it is encoded once too."""
    global _surroundings  # noqa: PLW0603  (the last answer; any thread may replace it)
    known = _surroundings
    if known is None or known[0] is not environment or known[1] is not base:
        known = _surroundings = (environment, base, step_environment(environment, base))
    return known[2]


def _input_values(order: Order, surface: Surface) -> dict[str, Value | None]:
    values: dict[str, Value | None] = {}
    for name, binding in order.step.inputs.items():
        digest = order.data.get(name, "")
        if isinstance(binding, Parameter):
            values[name] = Value(with_run_name(binding.text, order.graph, order.run))
        elif name in order.stand_ins:
            values[name] = Value(order.stand_ins[name], is_path=True)
        elif not digest:
            values[name] = None
        elif isinstance(binding, DataInput) and binding.mode == "direct" and not binding.path and binding.uri:
            values[name] = Value(binding.uri, is_path=True)
        elif getattr(binding, "mode", "") == "download":
            values[name] = Value(surface.copied(name, binding, digest), is_path=True)
        else:
            values[name] = Value(surface.shown(name, binding, digest), is_path=True)
    return values


def _variables(
    order: Order, inherited: Mapping[str, str], inputs: Mapping[str, str], outputs: Mapping[str, str]
) -> dict[str, str]:
    chosen = {key: _filled(text, order, inputs, outputs) for key, text in _chosen(order.step).items()}
    root = run_id(order.graph.file, order.run)
    tracking = step_variables(
        tracking_uri="",
        run=run_id(order.graph.file, order.run, order.step.name, order.attempt),
        root=root,
        experiment_id="0",
        experiment_name=order.graph.experiment or order.graph.name,
        inherited=inherited,
        chosen=chosen,
    )
    distributed = distribution_variables(order.step.distribution)
    return {**distributed, **port_variables(inputs, outputs), **tracking}


def _chosen(step: Step) -> dict[str, str]:
    """Environment variables from the YAML: the environment's own, then the step's."""
    return {**step.environment.environment_variables, **step.environment_variables}


def _filled(text: str, order: Order, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """A variable's value with the paths of the step's own data in it."""
    for kind, values in (("inputs", inputs), ("outputs", outputs)):
        for port, value in values.items():
            text = text.replace(f"${{{{{kind}.{port}}}}}", value)
    return with_run_name(text, order.graph, order.run)


def _recorder(order: Order, attempt: AttemptFolder) -> RecorderHook | None:
    if "MLFLOW_TRACKING_URI" in _chosen(order.step):
        return None
    return RecorderHook(
        str(_RECORDER),
        {
            "events": str(attempt.events),
            "artifacts": str(attempt.root / "tracked"),
            "run_id": run_id(order.graph.file, order.run, order.step.name, order.attempt),
            "root_run_id": run_id(order.graph.file, order.run),
            "run_name": order.step.display_name or order.step.name,
            "experiment_id": "0",
            "experiment_name": order.graph.experiment or order.graph.name,
        },
    )
