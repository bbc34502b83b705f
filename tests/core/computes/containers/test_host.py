"""A container's host, asked until it answers."""

from core.computes.containers.host import Host
from tests.support.docker_hosts import DockerHost


def test_who_takes_over_tells_that_a_host_answers_again(host: DockerHost) -> None:
    told: list[float] = []
    asked = Host(host.target(), lambda seconds: None, told.append, is_away=True)

    for _ in range(2):
        asked.ask(lambda engine: engine.ping(), insists=False)

    assert told == [0.0]
    assert asked.engine is not None
    asked.engine.close()
