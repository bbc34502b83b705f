"""The palette's places: screens, pipelines, runs and assets by name; pure."""

from collections.abc import Iterable, Iterator

from tui.dialogs.suggestions import Suggestion
from tui.reading.names import Named
from tui.views import Kind, RunView
from tui.wording.status import word

_VERBS = {
    Kind.COMPONENT: "components",
    Kind.DATA: "data",
    Kind.ENVIRONMENT: "environments",
    Kind.MODEL: "models",
}

#: What can be typed whatever the workspace holds.
BASIC: tuple[Suggestion, ...] = (
    Suggestion("runs", "Every run of this workspace  (2)"),
    Suggestion("data", "Data assets  (5)"),
    Suggestion("models", "Models  (6)"),
    Suggestion("environments", "Environments  (7)"),
    Suggestion("components", "Components  (8)"),
    Suggestion("computes", "Docker hosts and this machine  (9)"),
    Suggestion("runs failed", "Only runs that failed"),
    Suggestion("runs running", "Only runs that are going on"),
)


def offers_of(named: Iterable[Named], runs: Iterable[RunView]) -> list[Suggestion]:
    """Everything with a name: pipelines first, then assets, then runs."""
    return [*_named(named), *_runs(runs)]


def _named(named: Iterable[Named]) -> Iterator[Suggestion]:
    for each in named:
        if each.kind is Kind.PIPELINE:
            yield Suggestion(f"run {each.key}", f"Show this pipeline{': ' + each.about if each.about else ''}")
        elif each.kind in _VERBS:
            yield Suggestion(f"{_VERBS[each.kind]} {each.name}", each.about, names=f"{each.kind.value}:{each.key}")


def _runs(runs: Iterable[RunView]) -> Iterator[Suggestion]:
    for run in runs:
        yield Suggestion(f"run {run.number}", f"Show run {run.number} of {run.pipeline}: {word(run.status)}")
