"""How long a run will take, told from what its steps took last."""

from collections.abc import Mapping

import pytest

from core.definitions.compute_target import ComputeTarget
from core.planning.estimate import estimate_plan, estimate_rest, makespan
from core.planning.graph import Graph, Resources, Step, StepOutput
from core.planning.plan import NotSelected, Plan, Stale, Waiting


def diamond(resources: Mapping[str, Resources] | None = None, *targets: ComputeTarget, at: str = "local") -> Graph:
    """a -> b, c -> d; b and c run at places, the others here."""
    takes = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
    steps = {
        name: Step(
            name,
            "true",
            inputs={f"from_{other}": StepOutput(other, "out", "uri_folder") for other in others},
            resources=(resources or {}).get(name, Resources()),
            compute=at if name in "bc" and "," not in at else "local",
            computes=tuple(at.split(",")) if name in "bc" and "," in at else (),
        )
        for name, others in takes.items()
    }
    return Graph("p", "/p.yml", steps, targets={target.name: target for target in targets})


TOOK = {"a": 1.0, "b": 5.0, "c": 3.0, "d": 2.0}


def test_on_two_cores_the_longest_way_through_the_graph_counts() -> None:
    assert makespan(diamond(), TOOK, Resources(cpus=2)) == 1 + 5 + 2


def test_on_one_core_everything_comes_one_after_the_other() -> None:
    assert makespan(diamond(), TOOK, Resources(cpus=1)) == sum(TOOK.values())


def test_a_step_that_asks_for_more_than_the_machine_has_runs_alone() -> None:
    graph = diamond({"b": Resources(cpus=16)})

    assert makespan(graph, TOOK, Resources(cpus=2)) == sum(TOOK.values())


def test_two_steps_share_no_graphics_card() -> None:
    graph = diamond({"b": Resources(gpus=1), "c": Resources(gpus=1)})

    assert makespan(graph, TOOK, Resources(cpus=8, gpus=1)) == sum(TOOK.values())


def test_memory_keeps_steps_apart() -> None:
    graph = diamond({"b": Resources(memory=6), "c": Resources(memory=6)})

    assert makespan(graph, TOOK, Resources(cpus=8, memory=10)) == sum(TOOK.values())


@pytest.mark.parametrize(
    ("bound", "seconds"), [({}, 1 + 5 + 2), ({"concurrency": 1}, 11), ({"cpus": 1}, 11), ({"memory": 10}, 11)]
)
def test_a_host_takes_what_its_definition_says(bound: dict[str, int], seconds: float) -> None:
    asked = {name: Resources(memory=6) for name in "bc"}
    target = ComputeTarget("far", "ssh://far", **bound)  # type: ignore[arg-type]

    assert makespan(diamond(asked, target, at="far"), TOOK, Resources(cpus=1)) == seconds


def test_a_host_takes_no_more_than_it_is_known_to_have() -> None:
    graph = diamond(None, ComputeTarget("far", "ssh://far"), at="far")

    assert makespan(graph, TOOK, Resources(cpus=1), hosts={"far": Resources(cpus=1)}) == sum(TOOK.values())


def test_a_container_of_this_machine_takes_of_this_machine() -> None:
    assert makespan(diamond(None, ComputeTarget("box"), at="box"), TOOK, Resources(cpus=1)) == sum(TOOK.values())


def test_who_is_full_holds_up_no_other() -> None:
    far, away = (ComputeTarget(name, f"ssh://{name}", concurrency=1) for name in ("far", "away"))

    assert makespan(diamond(None, far, away, at="far,away"), TOOK, Resources(cpus=1)) == 1 + 5 + 2
    assert makespan(diamond(None, far, away, at="far,far"), TOOK, Resources(cpus=1)) == sum(TOOK.values())


def test_a_step_that_runs_has_its_place() -> None:
    far = ComputeTarget("far", "ssh://far", concurrency=1)

    found = estimate_rest(diamond(None, far, at="far"), {"b": 4.0}, ["c", "d"], TOOK, Resources(cpus=2))

    assert found.seconds == 1 + 3 + 2


def test_what_stays_takes_no_time() -> None:
    assert makespan(diamond(), {"d": 2.0}, Resources(cpus=2)) == 2


def test_a_plan_takes_at_least_what_must_run_and_at_most_what_may() -> None:
    plan = Plan({"a": NotSelected(None), "b": Stale((), ""), "c": Stale((), ""), "d": Waiting(("b", "c"), ())})

    found = estimate_plan(diamond(), plan, {"a": 9.0, "b": 5.0, "c": 3.0, "d": 2.0}, Resources(cpus=2))

    assert (found.at_least, found.seconds, found.unknown) == (5, 7, ())
    assert found.last == {"b": 5.0, "c": 3.0, "d": 2.0}


def test_a_step_that_never_ended_is_named() -> None:
    plan = Plan({name: Stale((), "") for name in "abcd"})

    found = estimate_plan(diamond(), plan, {"a": 1.0, "b": 5.0, "d": 2.0}, Resources(cpus=1))

    assert (found.seconds, found.unknown) == (8, ("c",))


def test_of_a_run_only_the_rest_is_left() -> None:
    found = estimate_rest(diamond(), {"b": 4.0, "c": 1.0}, ["d"], TOOK, Resources(cpus=2))

    assert found.seconds == 2 + 2


def test_a_step_that_takes_longer_than_last_time_counts_as_about_to_end() -> None:
    found = estimate_rest(diamond(), {"b": 60.0}, ["d"], TOOK, Resources(cpus=2))

    assert found.seconds == 2
