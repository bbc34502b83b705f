"""Steps in an order in which each comes after those it needs."""

from collections.abc import Mapping

from core.errors import DefinitionError
from core.planning.graph import Step, StepOutput


def in_order(steps: Mapping[str, Step]) -> dict[str, Step]:
    """The steps, producers first, otherwise as written.

    Raises DefinitionError for a cycle, printed as `a -> b -> a`.
    """
    waiting = {name: set(step.producers()) for name, step in steps.items()}
    consumers: dict[str, list[str]] = {name: [] for name in steps}
    for name, producers in waiting.items():
        for producer in producers:
            consumers[producer].append(name)
    place = {name: i for i, name in enumerate(steps)}
    ready = [name for name, producers in waiting.items() if not producers]
    ordered: dict[str, Step] = {}
    while ready:
        following: list[str] = []
        for name in ready:
            ordered[name] = steps[name]
            for consumer in consumers[name]:
                waiting[consumer].discard(name)
                if not waiting[consumer]:
                    following.append(consumer)
        ready = sorted(following, key=place.__getitem__)
    if len(ordered) < len(steps):
        raise _cycle({name: steps[name] for name in steps if name not in ordered})
    return ordered


def _cycle(stuck: Mapping[str, Step]) -> DefinitionError:
    """Going from a stuck step to a stuck producer again and again must come back to one that was seen."""
    path: list[str] = []
    name = next(iter(stuck))
    while name not in path:
        path.append(name)
        name = min(producer for producer in stuck[name].producers() if producer in stuck)
    circle = path[path.index(name) :]
    start = circle.index(min(circle))
    circle = circle[start:] + circle[:start]
    taker = stuck[circle[0]]
    port = next(key for key, value in taker.inputs.items() if isinstance(value, StepOutput) and value.step == circle[1])
    return (
        DefinitionError(
            f"steps wait for each other: {' -> '.join([*circle, circle[0]])} (an arrow points to what is needed)",
            location=taker.location,
            hint=f"input '{port}' of '{circle[0]}' takes an output of '{circle[1]}'",
        )
        if len(circle) > 1
        else DefinitionError(f"step '{circle[0]}' takes its own output", location=taker.location)
    )
