"""Who follows a pipeline's files submits the plan that they have: it is not made again, unless it may be untrue."""

from collections.abc import Iterator

import pytest

from core.planning.decide import Planner
from core.planning.plan import Decision
from core.planning.selection import Selection
from core.records.model import StepStatus
from core.store.copying import remove_tree
from core.workspace import Workspace
from core.workspace.replanning import Replanned, Replanner
from tests.support.bench import Bench
from tests.support.steps import step


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that this process decides."""
    names: list[str] = []
    decide = Planner.decide

    def deciding(self: Planner, step: object, unsettled: object) -> Decision:
        names.append(step.name)  # type: ignore[attr-defined]
        return decide(self, step, unsettled)  # type: ignore[arg-type]

    monkeypatch.setattr(Planner, "decide", deciding)
    return names


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """make, and show of what it makes, which both ran; then show was edited."""
    bench.write({"make.sh": "echo 1", "show.sh": "cat $1/f"})
    bench.pipeline(
        {
            "make": step("sh make.sh > ${{outputs.out}}/f", code="make.sh", makes=["out"]),
            "show": step("sh show.sh ${{inputs.x}}", code="show.sh", takes={"x": "make.out"}),
        }
    )
    bench.run()
    bench.write({"show.sh": "cat $1/f; echo 2"})
    return bench


@pytest.fixture
def workspace(bench: Bench) -> Iterator[Workspace]:
    with bench.workspace() as opened:
        yield opened


@pytest.fixture
def planned(bench: Bench, workspace: Workspace, decided: list[str]) -> Replanned:
    found = Replanner(workspace, bench.file).plan()
    assert sorted(decided) == ["make", "show"]
    decided.clear()
    return found


def submit(workspace: Workspace, planned: Replanned, selection: Selection | None = None) -> int:
    assert planned.graph is not None
    return workspace.submit(planned.graph, selection, planned=planned)


def test_it_is_not_made_again(bench: Bench, workspace: Workspace, planned: Replanned, decided: list[str]) -> None:
    run = submit(workspace, planned, Selection(spares_failed=True))

    assert decided == []
    assert bench.steps(run)["make"].status is StepStatus.REUSED
    bench.end_of(run)
    assert bench.started() == ["make", "show", "show"]


def test_it_is_made_again_when_somebody_wrote_to_the_records(
    bench: Bench, workspace: Workspace, planned: Replanned, decided: list[str]
) -> None:
    bench.run()
    decided.clear()

    run = submit(workspace, planned)

    assert sorted(decided) == ["make", "show"]
    assert set(bench.statuses(run).values()) == {"reused"}


def test_it_is_made_again_when_a_result_is_gone(
    bench: Bench, workspace: Workspace, planned: Replanned, decided: list[str]
) -> None:
    remove_tree(str(bench.output(1, "make", "out")))

    run = submit(workspace, planned)

    assert sorted(decided) == ["make", "show"]
    bench.end_of(run)
    assert bench.started() == ["make", "show", "make", "show"]


def test_it_is_made_again_for_other_steps_than_were_planned(
    bench: Bench, workspace: Workspace, planned: Replanned, decided: list[str]
) -> None:
    run = submit(workspace, planned, Selection(end=("make",)))

    assert sorted(decided) == ["make", "show"]
    assert bench.statuses(run) == {"make": "reused", "show": "not_run"}


def test_it_is_made_again_when_steps_are_to_run_whatever_is_known(
    bench: Bench, workspace: Workspace, planned: Replanned, decided: list[str]
) -> None:
    run = submit(workspace, planned, Selection(force=True))

    assert sorted(decided) == ["make", "show"]
    bench.end_of(run)
    assert bench.started() == ["make", "show", "make", "show"]


def test_one_that_could_not_be_made_is_not_taken(
    bench: Bench, workspace: Workspace, planned: Replanned, decided: list[str]
) -> None:
    """The pipeline does not load any more: what is known of it is older than what is wrong."""
    replanner = Replanner(workspace, bench.file)
    replanner.plan()
    bench.file.write_text("type: pipeline\njobs: [")
    broken = replanner.plan()
    assert broken.error is not None
    decided.clear()

    submit(workspace, broken)

    assert sorted(decided) == ["make", "show"]
