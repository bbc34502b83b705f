"""In which order people write the keys of a pipeline and of a step, as Azure ML's own examples do."""

from collections.abc import Sequence


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PIPELINE = _words(
    "$schema type name version display_name description experiment_name tags properties compute inputs outputs"
    " settings jobs"
)
_STEP = _words(
    "$schema type name display_name description component code command environment environment_variables compute"
    " resources distribution limits is_deterministic inputs outputs"
)


def usual_order(path: Sequence[str]) -> tuple[str, ...]:
    """The keys of the mapping that a path ends in, in their usual order; none where there is no such thing."""
    match path:
        case (_,):
            return _PIPELINE
        case ("jobs", _, _):
            return _STEP
        case _:
            return ()
