"""Where steps may start: each host takes what it can."""

from typing import Any

from core.computes.machine import Capacity
from core.definitions.compute_target import ComputeTarget
from core.engine.admission import Admission
from core.engine.places import Places
from core.planning.graph import Resources, Step

GIB = 1 << 30
FREE = 8 * GIB


def places(**targets: ComputeTarget) -> Places:
    return Places(Admission(Capacity(2, 4 * GIB, 4 * GIB, 0)), targets)


def far(**more: Any) -> ComputeTarget:
    return ComputeTarget("far", "ssh://far", **more)


def step(name: str, compute: str = "local", **asked: float) -> Step:
    return Step(name, "true", compute=compute, resources=Resources(**asked))  # type: ignore[arg-type]


def test_a_full_machine_holds_up_no_host() -> None:
    both = places(far=far())
    both.give(step("a", cpus=2))
    assert not both.are_full
    assert not both.admits(step("b"), FREE)
    assert both.admits(step("c", "far"), FREE)


def test_a_host_takes_so_many_at_a_time() -> None:
    bounded = places(far=far(concurrency=1))
    bounded.give(step("a", "far"))
    assert not bounded.admits(step("b", "far"), FREE)
    bounded.give_back(step("a", "far"))
    assert bounded.admits(step("b", "far"), FREE)


def test_a_host_takes_what_it_says_that_it_has_or_less_if_so_defined() -> None:
    known = places(far=far(cpus=3))
    known.give(step("a", "far", cpus=2))
    assert not known.admits(step("b", "far", cpus=2), FREE)
    known.learn("far", 2, 16 * GIB)
    assert not known.admits(step("b", "far", cpus=1), FREE)
    known.give_back(step("a", "far"))
    assert known.admits(step("b", "far", memory=64 * GIB), FREE), "a step that asks for more than all runs alone"


def test_a_container_of_this_machine_takes_of_the_machine() -> None:
    here = places(box=ComputeTarget("box"))
    here.give(step("a", "box", cpus=2))
    assert not here.admits(step("b"), FREE)
    here.give_back(step("a", "box"))
    assert here.admits(step("b"), FREE)
