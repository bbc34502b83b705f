"""What lies there for steps that are about to be decided: their code is captured, their data hashed, on a thread."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.engine.crashes import crash_at
from core.engine.facts import WorldFacts
from core.engine.sight import Sight, sight_of
from core.errors import MlpwError, StepError
from core.planning.graph import DataInput, Step
from core.store.objects import Captured


class Look(NamedTuple):
    """What was captured for steps; what is wrong with any of them, and how its data lay there, by step."""

    captured: Captured
    wrong: Mapping[str, BaseException]
    sights: Mapping[str, Sight]


def look(facts: WorldFacts, steps: Sequence[Step]) -> Look:
    """Capture the steps' code and look at their data."""
    captured = facts.capture_code([path for step in steps for path in (step.code, *step.code_includes) if path])
    crash_at("code_captured")
    wrong: dict[str, BaseException] = {}
    sights: dict[str, Sight] = {}
    for step in steps:
        sights[step.name] = sight_of(data_paths_of(step))  # before any byte is read
        found = [captured.found.get(path) for path in (step.code, *step.code_includes)]
        unreadable = next((error for error in found if isinstance(error, StepError)), None)
        try:
            if unreadable is not None:
                raise unreadable
            for binding in data_of(step):
                facts.look_at_data(binding)
            facts.keep_places(step.environment.built_from)
        except (MlpwError, OSError) as error:
            wrong[step.name] = error
    return Look(captured, wrong, sights)


def paths_of(step: Step) -> list[str]:
    """Where a step's code and data lie."""
    return [path for path in (step.code, *step.code_includes, *data_paths_of(step)) if path]


def data_paths_of(step: Step) -> list[str]:
    """Where data lies that nothing vouches for."""
    return [data.path for data in data_of(step) if data.path]


def is_slow(step: Step) -> bool:
    """Whether what must be looked at may be much."""
    return bool(data_of(step) or step.environment.built_from)


def data_of(step: Step) -> list[DataInput]:
    """Data that must be looked at because nothing vouches for its content."""
    return [binding for binding in step.inputs.values() if isinstance(binding, DataInput) and not binding.digest]
