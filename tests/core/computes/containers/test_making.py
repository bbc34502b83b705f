"""One container of a name, however many ask for it: a killed shim's request may still be under way."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from core.computes.containers.kept import Kept
from core.computes.containers.making import Making
from core.computes.protocol import AttemptSpec, ContainerSpec
from core.definitions.compute_target import ComputeTarget
from tests.support.docker_hosts import BASE_IMAGE, DockerHost

TOGETHER, ROUNDS = 4, 6


def made(host: DockerHost, spec: AttemptSpec) -> str:
    """The container's id, as one of several shims gets it."""
    assert spec.container is not None
    making = Making(
        spec.container,
        spec.as_json(),
        {},
        Kept("box"),
        staged=None,
        staged_is_over=lambda: None,
        check_cancel=lambda: None,
    )
    with contextlib.closing(host.engine()) as engine:
        return making.create(engine)


def test_all_who_make_it_at_the_same_time_have_the_same_one(host: DockerHost) -> None:
    container = ContainerSpec(ComputeTarget("box"), BASE_IMAGE, "", {"mlpw.attempt_folder": "/attempt"}, ())
    with ThreadPoolExecutor(TOGETHER) as shims, contextlib.closing(host.engine()) as engine:
        for number in range(ROUNDS):
            named = replace(container, name=f"mlpw-made-together-{number}")
            spec = AttemptSpec(("true",), "/", {}, container=named)
            ids = set(shims.map(lambda _, spec=spec: made(host, spec), range(TOGETHER)))
            for each in ids:
                engine.remove(each)
            assert len(ids) == 1
