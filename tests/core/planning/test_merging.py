"""A run's graph when its pipeline is saved anew: what has begun stays as it is, the rest is as it was saved."""

import random
from dataclasses import replace

import pytest

from core.definitions.compute_target import ComputeTarget
from core.errors import Location
from core.planning.graph import Graph, OutputPort, Parameter, PipelineOutput, Step, StepOutput
from core.planning.merging import Merged, Refused, merge
from tests.core.planning.made import graph_of

OUT = {"out": OutputPort("uri_folder")}


def made(name: str, *takes: str, command: str = "1", port: str = "out") -> Step:
    inputs = {taken: StepOutput(taken, "out", "uri_folder") for taken in takes}
    return Step(name, f"{name} {command}", inputs=inputs, outputs={port: OutputPort("uri_folder")})


CHAIN = graph_of(made("prepare"), made("train", "prepare"), made("report", "train"))


def merged(run: Graph, saved: Graph, *begun: str) -> Merged:
    found = merge(run, saved, begun)
    assert isinstance(found, Merged), found
    return found


def commands(graph: Graph) -> dict[str, str]:
    return {name: step.command for name, step in graph.steps.items()}


def test_only_what_has_not_begun_is_defined_anew() -> None:
    saved = graph_of(
        made("prepare", command="2"), made("train", "prepare", command="2"), made("report", "train", command="2")
    )
    found = merged(CHAIN, saved, "prepare", "train")
    assert commands(found.graph) == {"prepare": "prepare 1", "train": "train 1", "report": "report 2"}
    assert (found.changed, found.added, found.removed) == (("report",), (), ())
    assert str(found) == "report"


def test_a_step_may_be_added_that_takes_what_a_running_one_makes() -> None:
    saved = graph_of(*CHAIN.steps.values(), made("plot", "train"))
    found = merged(CHAIN, saved, "prepare", "train")
    assert (found.changed, found.added, found.removed) == ((), ("plot",), ())
    assert found.graph.steps["plot"].producers() == {"train"}


def test_a_step_that_is_gone_is_left_and_may_come_back() -> None:
    saved = graph_of(made("prepare"), made("train", "prepare"))
    found = merged(CHAIN, saved, "prepare")
    assert (found.removed, found.graph.left) == (("report",), ("report",))
    assert list(found.graph.steps) == ["prepare", "train", "report"]
    again = merged(found.graph, saved, "prepare", "report")
    assert not again.is_news
    back = merged(found.graph, CHAIN, "prepare", "report")
    assert (back.added, back.removed, back.graph.left) == (("report",), (), ())


def test_a_step_that_has_begun_goes_on_though_its_pipeline_lost_it() -> None:
    found = merged(CHAIN, graph_of(made("prepare")), "prepare", "train")
    assert (found.removed, found.graph.left) == (("report",), ("report",))
    assert found.graph.steps["train"] == CHAIN.steps["train"]


def test_what_a_kept_step_needs_is_kept_too() -> None:
    """It may be about to be made again, as its host lost it."""
    found = merged(CHAIN, graph_of(made("prepare", command="2"), made("train", "prepare")), "train")
    assert commands(found.graph)["prepare"] == "prepare 1"


def test_an_output_that_a_kept_step_does_not_make_is_refused() -> None:
    saved = graph_of(
        replace(made("prepare"), outputs={**OUT, "more": OutputPort("uri_file")}),
        replace(made("train"), inputs={"x": StepOutput("prepare", "more", "uri_file")}),
    )
    found = merge(CHAIN, saved, ["prepare"])
    assert found == Refused("input 'x' of train takes 'more' of prepare, which began without it")
    assert isinstance(merge(CHAIN, saved, []), Merged)


def test_an_output_of_another_type_is_refused() -> None:
    saved = graph_of(replace(made("prepare"), outputs={"out": OutputPort("uri_file")}), made("train", "prepare"))
    found = merge(CHAIN, saved, ["prepare"])
    assert isinstance(found, Refused)
    assert "as uri_file, which began when that was uri_folder" in found.why


def test_a_target_that_is_another_host_is_refused() -> None:
    run, saved = (replace(CHAIN, targets={"box": ComputeTarget("box", host)}) for host in ("ssh://a", "ssh://b"))
    assert merge(run, saved, []) == Refused("compute target 'box' is another host now")


def test_where_something_stands_in_its_file_is_no_news() -> None:
    moved = {name: replace(step, location=Location("p.yml", 7, 1)) for name, step in CHAIN.steps.items()}
    found = merged(CHAIN, replace(CHAIN, steps=moved), "prepare")
    assert not found.is_news
    assert found.graph.steps["report"].location is not None


def test_settings_are_taken_and_the_runs_name_is_kept() -> None:
    saved = replace(graph_of(*CHAIN.steps.values(), continue_on_step_failure=True), name="other", display_name="Other")
    found = merged(CHAIN, saved, "prepare")
    assert found.is_news
    assert str(found) == "its settings"
    assert (found.graph.name, found.graph.display_name) == ("chain", "Other")
    assert found.graph.settings.continue_on_step_failure


def test_an_output_of_the_pipeline_stays_what_a_kept_step_makes() -> None:
    run = replace(CHAIN, outputs={"model": PipelineOutput("train", "out", "uri_folder")})
    saved = replace(
        graph_of(made("prepare"), made("train", "prepare", port="model")),
        outputs={"model": PipelineOutput("train", "model", "uri_folder")},
    )
    assert merged(run, saved, "prepare", "train").graph.outputs == run.outputs
    assert merged(run, saved, "prepare").graph.outputs == saved.outputs


# Whatever is saved


def some_graph(chance: random.Random) -> Graph:
    """Up to seven steps of eight names, each taking some that stand before it."""
    names = chance.sample("abcdefgh", chance.randint(1, 7))
    steps = []
    for place, name in enumerate(names):
        takes = chance.sample(names[:place], min(place, chance.randint(0, 2)))
        values = {"v": Parameter(str(chance.randint(0, 2)))}
        one = made(name, *takes, command=str(chance.randint(0, 2)))
        steps.append(replace(one, inputs={**one.inputs, **values}))
    return graph_of(*steps)


def some_begun(graph: Graph, chance: random.Random) -> set[str]:
    """Steps of which each has all that it needs."""
    begun: set[str] = set()
    for step in graph.steps.values():
        if step.name not in graph.left and step.producers() <= begun and chance.random() < 0.5:
            begun.add(step.name)
    return begun


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_saved_however_often(seed: int) -> None:
    chance = random.Random(seed)
    graph, begun = some_graph(chance), set[str]()
    for _ in range(30):
        saved = some_graph(chance)
        begun |= some_begun(graph, chance)
        found = merged(graph, saved, *begun, *graph.left)
        after = found.graph
        wanted = saved.steps.keys() - begun
        assert {name: after.steps[name] for name in begun} == {name: graph.steps[name] for name in begun}
        assert {name: after.steps[name] for name in wanted} == {name: saved.steps[name] for name in wanted}
        assert after.steps.keys() == graph.steps.keys() | saved.steps.keys()
        assert set(after.left) == after.steps.keys() - begun - saved.steps.keys()
        for place, step in enumerate(after.steps.values()):  # in order, so without a cycle
            assert step.producers() <= set(list(after.steps)[:place])
            assert step.name in after.left or step.producers().isdisjoint(after.left)
        assert {*found.changed, *found.added, *found.removed}.isdisjoint(begun)
        same = merged(after, saved, *begun)
        assert not same.is_news
        assert same.graph == after
        graph = after
