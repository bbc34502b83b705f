"""A run's graph when its pipeline is saved anew while it goes on: who has begun stays, who has not takes the new."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from core.planning.graph import Binding, DataInput, Graph, Missing, PipelineOutput, Step, StepOutput
from core.planning.order import in_order


@dataclass(frozen=True, slots=True)
class Merged:
    """The graph that a run goes on with, and the names of the steps in which it is another one.

    `changed` steps are defined otherwise, `added` ones new; `removed` ones are no more part of the pipeline. They stay
    in the graph, so that everybody who reads the run finds them, and are named in its `left`.
    """

    graph: Graph
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    is_of_steps: bool = True

    @property
    def is_news(self) -> bool:
        """Whether anything is otherwise that the run could heed; not where a value stands in its file."""
        return bool(self.changed or self.added or self.removed) or not self.is_of_steps

    def __str__(self) -> str:
        parts = [f"{name} (removed)" for name in self.removed] + [f"{name} (added)" for name in self.added]
        return ", ".join([*self.changed, *parts]) or "its settings"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a run cannot take what was saved; its next run does."""

    why: str


def merge(run: Graph, saved: Graph, begun: Collection[str]) -> Merged | Refused:
    """What a run goes on with whose steps `begun` run or have ended, as they are defined in `run`.

    What those took is kept with them, also when it is to be made again. No step may then depend on what a kept step
    does not make: steps that have begun depend on such alone, so that there is no cycle where `saved` has none.
    """
    moved = next((name for name in run.targets if _host(run, name) != _host(saved, name, run)), "")
    if moved:
        return Refused(f"compute target '{moved}' is another host now")
    kept = _with_producers(run, begun)
    wanted = [name for name in saved.steps if name not in kept]
    gone = [name for name in run.steps if name not in kept and name not in saved.steps]
    steps = _steps(run, saved, kept, gone)
    why = next((why for name in wanted for why in _unmet(steps[name], steps, saved, kept)), "")
    if why:
        return Refused(why)
    ordered = in_order(steps)
    graph = replace(
        saved,
        name=run.name,
        steps=ordered,
        outputs=_outputs(run, saved, steps),
        targets={**run.targets, **saved.targets},
        left=tuple(name for name in ordered if name in gone),
    )
    return _told(run, graph, wanted)


def is_same(one: Step, other: Step) -> bool:
    """Whether two definitions say the same, wherever that stands in a file."""
    return one == other or _placeless(one) == _placeless(other)


def _with_producers(run: Graph, begun: Collection[str]) -> frozenset[str]:
    """These and all they need; a graph's steps stand in order, producers first."""
    kept = set(begun) - set(run.left)
    for step in reversed(list(run.steps.values())):
        if step.name in kept:
            kept |= step.producers()
    return frozenset(kept)


def _steps(run: Graph, saved: Graph, kept: Collection[str], gone: Collection[str]) -> dict[str, Step]:
    """All steps as they are from now on, in the order of the saved file, then those that are in the run alone."""
    stays = {name: step for name, step in run.steps.items() if name in kept or name in gone}
    taken = {name: _newest(run, saved, name) for name in saved.steps if name not in kept}
    return {name: stays.get(name) or taken[name] for name in dict.fromkeys((*saved.steps, *stays))}


def _told(run: Graph, graph: Graph, wanted: Collection[str]) -> Merged:
    """In what the graph that a run goes on with differs from the one it had, in the steps that are `wanted` of it."""
    known = [name for name in wanted if name in run.steps and name not in run.left]
    return Merged(
        graph,
        changed=tuple(name for name in known if not is_same(run.steps[name], graph.steps[name])),
        added=tuple(name for name in wanted if name not in known),
        removed=tuple(name for name in graph.left if name not in run.left),
        is_of_steps=_around(graph) == _around(run),
    )


def _newest(run: Graph, saved: Graph, name: str) -> Step:
    """The same value as before where nothing differs, not even a line's number."""
    before, after = run.steps.get(name), saved.steps[name]
    return before if before is not None and before == after and name not in run.left else after


def _unmet(step: Step, steps: Mapping[str, Step], saved: Graph, kept: Collection[str]) -> Iterator[str]:
    """What a step takes that one which is kept does not make, or makes otherwise."""
    for port, binding in step.inputs.items():
        if not isinstance(binding, StepOutput) or binding.step not in kept:
            continue
        made = steps[binding.step].outputs.get(binding.port)
        wanted = saved.steps[binding.step].outputs[binding.port]
        if made is None:
            yield f"input '{port}' of {step.name} takes '{binding.port}' of {binding.step}, which began without it"
        elif made.type != wanted.type:
            yield (
                f"input '{port}' of {step.name} takes '{binding.port}' of {binding.step} as {wanted.type},"
                f" which began when that was {made.type}"
            )


def _outputs(run: Graph, saved: Graph, steps: Mapping[str, Step]) -> dict[str, PipelineOutput]:
    """The pipeline's outputs, as far as the steps that are kept make them; else what they were."""

    def is_made(output: PipelineOutput | None) -> bool:
        return output is not None and output.port in steps[output.step].outputs

    found = {name: out if is_made(out) else run.outputs.get(name) for name, out in saved.outputs.items()}
    return {name: out for name, out in found.items() if out is not None and is_made(out)}


def _host(graph: Graph, name: str, otherwise: Graph | None = None) -> str:
    target = graph.targets.get(name) or (otherwise.targets[name] if otherwise else None)
    return target.host if target else ""


def _around(graph: Graph) -> tuple[object, ...]:
    """What concerns a run beside its steps."""
    targets = {name: replace(target, location=None) for name, target in graph.targets.items()}
    return graph.settings, graph.machine, targets, graph.outputs


def _placeless(step: Step) -> Step:
    inputs = {name: _nowhere(binding) for name, binding in step.inputs.items()}
    return replace(step, inputs=inputs, environment=replace(step.environment, location=None), location=None)


def _nowhere(binding: Binding) -> Binding:
    return replace(binding, location=None) if isinstance(binding, DataInput | Missing) else binding
