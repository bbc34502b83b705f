"""How long a run will take, told from what its steps took last."""

from collections.abc import Mapping

from core.planning.estimate import estimate_plan, estimate_rest, makespan
from core.planning.graph import Graph, Resources, Step, StepOutput
from core.planning.plan import NotSelected, Plan, Stale, Waiting


def diamond(resources: Mapping[str, Resources] | None = None) -> Graph:
    """a -> b, c -> d."""
    takes = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
    steps = {
        name: Step(
            name,
            "true",
            inputs={f"from_{other}": StepOutput(other, "out", "uri_folder") for other in others},
            resources=(resources or {}).get(name, Resources()),
        )
        for name, others in takes.items()
    }
    return Graph("p", "/p.yml", steps)


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
