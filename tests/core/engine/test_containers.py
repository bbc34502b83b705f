"""What a step's container is made from."""

import os
from pathlib import Path

import pytest

from core.computes.protocol import ContainerSpec
from core.definitions.compute_target import ComputeTarget
from core.engine.containers import check_container, container_spec, own_variables
from core.environments.images.value import ImageEnvironment
from core.errors import DefinitionError, Location
from core.layout import AttemptFolder, Layout
from core.planning.graph import Resources, Step

IMAGE = ImageEnvironment("sha256:1", "image:1")
ROOTLESS = ImageEnvironment("sha256:1", "image:1", is_rootless=True)


def spec(step: Step, image: ImageEnvironment = IMAGE, folder: str = "1", **target: int) -> ContainerSpec:
    layout = Layout(Path("/w"))
    attempt = AttemptFolder(layout.run(3) / step.name / folder)
    return container_spec(ComputeTarget("box", shm_size=target.get("shm", 0)), image, step, attempt, layout,
                          run=3, number=1)  # fmt: skip


def test_files_are_the_users_whoever_runs_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os, "getgid", lambda: 1001)
    monkeypatch.setattr(os, "getgroups", lambda: [0, 1001, 27])
    made = spec(Step("a", "true"))
    assert (made.user, made.arguments) == ("1000:1001", {"GroupAdd": ["27"]})
    assert own_variables(IMAGE)["HOME"] == "/tmp"
    rootless = spec(Step("a", "true"), ROOTLESS)
    assert (rootless.user, rootless.arguments) == ("0:0", {})
    assert own_variables(ROOTLESS) == {}


def test_shared_memory_is_the_steps_or_that_of_the_host() -> None:
    assert spec(Step("a", "true"), shm=7).shm_size == 7
    assert spec(Step("a", "true", resources=Resources(shm_size="2g")), shm=7).shm_size == 2 << 30


def test_names_are_one_of_a_kind_and_fit() -> None:
    plain, odd, other = (spec(Step(name, "true")).name for name in ("outer.inner", "gr\u00fcn", "gr\u00fan"))
    assert plain.endswith("-3-outer.inner-1")
    assert odd.isascii()
    assert odd != other
    assert len(spec(Step("x" * 255, "true")).name) < 200
    shells = {spec(Step("a", "true"), folder=f"{number}/shell-1").name for number in range(3)}
    assert len(shells) == 3


def test_what_cannot_run_is_refused_before_it_starts() -> None:
    with pytest.raises(DefinitionError, match="has no environment"):
        check_container(Step("a", "true", compute="box"))


def test_more_cards_than_a_target_is_to_give_are_refused_before_it_starts() -> None:
    target = ComputeTarget("box", gpus=1, location=Location("computes/box.yml", 1, 1))
    step = Step("a", "true", compute="box", resources=Resources(gpus=2), location=Location("p.yml", 3, 5))
    with pytest.raises(DefinitionError) as refused:
        check_container(step, target)
    assert str(refused.value).startswith("p.yml:3:5: step 'a' asks for 2 GPUs, and compute 'box' is to give 1")
    assert "change gpus: in computes/box.yml" in str(refused.value)
