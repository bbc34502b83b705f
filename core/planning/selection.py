"""Which steps of a pipeline a person asked for, and which of them to run whatever is known."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import UsageError, did_you_mean
from core.planning.graph import Graph


@dataclass(frozen=True, slots=True)
class Selection:
    """`only` these steps; or from `start` on, up to `end`, or between; `force` reruns all selected, `force_steps` some.

    A name may be a step's or that of a nested pipeline, meaning all steps inside it. `spares_failed` leaves a step
    failed that would only fail again: nothing that it depends on has changed since.
    """

    only: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    force: bool = False
    force_steps: tuple[str, ...] = ()
    spares_failed: bool = False

    def steps(self, graph: Graph) -> frozenset[str]:
        """The selected steps.

        Raises UsageError for a name that is no step.
        """
        if self.only:
            if self.start or self.end:
                raise UsageError("--only does not go with --from or --to", hint="use one or the other")
            return named_steps(graph, self.only)
        chosen = frozenset(graph.steps)
        if self.start:
            starts = named_steps(graph, self.start)
            chosen &= starts.union(*(graph.descendants(name) for name in starts))
        if self.end:
            ends = named_steps(graph, self.end)
            chosen &= ends.union(*(graph.ancestors(name) for name in ends))
        return chosen

    def forced(self, graph: Graph) -> frozenset[str]:
        """The steps to run even if nothing changed."""
        chosen = self.steps(graph)
        return chosen if self.force else named_steps(graph, self.force_steps)


#: No choice: whatever changed.
EVERYTHING = Selection()


def named_steps(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """Steps by name, or by the name of the nested pipeline around them.

    Raises UsageError with the nearest name.
    """
    found: set[str] = set()
    for name in names:
        matching = [step for step in graph.steps if step == name or step.startswith(f"{name}.")]
        if not matching:
            near = did_you_mean(name, graph.steps)
            raise UsageError(f"no step '{name}' in {graph.name}", hint=near or f"steps: {', '.join(graph.steps)}")
        found.update(matching)
    return frozenset(found)
