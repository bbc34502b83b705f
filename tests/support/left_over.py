"""What a test leaves on a Docker host: nothing of ours, but for the images and the volume that all share."""

import contextlib
import json
from collections.abc import Iterable, Iterator

from core.environments.images.site import BUILD_LABEL
from core.environments.images.value import ENVIRONMENT_LABEL, LAYER_LABEL
from core.hosts.agent_image import HELPER_LABEL
from core.hosts.agent_link import VOLUME
from core.hosts.engine import Engine
from core.hosts.errors import HostUnreachableError
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.waiting import eventually

#: A container that was removed is gone a moment later; so long that may take where many tests run.
_PATIENCE_SECONDS = 30.0


def things_on(hosts: Iterable[DockerHost]) -> set[str]:
    """Containers, volumes and images of mlpw on hosts that answer now, in words."""
    return {f"{thing} on {host.name}" for host in hosts if host.is_on for thing in _things(host)}


def check_left_over(hosts: DockerHosts, before: set[str]) -> None:
    """Fail with the names of what was not there before, and still is after a while."""
    left: set[str] = set()

    def is_tidy() -> bool:
        nonlocal left
        left = things_on(hosts.hosts.values()) - before
        return not left

    try:
        eventually(is_tidy, "that a test leaves nothing", patience=_PATIENCE_SECONDS)
    except AssertionError:
        raise AssertionError(f"the test left: {', '.join(sorted(left))}") from None


def _things(host: DockerHost) -> Iterator[str]:
    with contextlib.suppress(HostUnreachableError), contextlib.closing(host.engine()) as engine:
        yield from _things_of(engine)


def _things_of(engine: Engine) -> Iterator[str]:
    for container in engine.containers():
        name = str(container["Names"][0]).lstrip("/")
        whose = container["Labels"] or {}
        if HELPER_LABEL in whose:  # ends by itself, when nobody has asked it for a while
            continue
        if name.startswith("mlpw-") or any(label.startswith("mlpw.") for label in whose):
            yield f"container {name}"
    for volume in engine.volumes():
        if volume["Name"] != VOLUME and (volume["Name"].startswith("mlpw-") or BUILD_LABEL in (volume["Labels"] or {})):
            yield f"volume {volume['Name']}"
    for image in engine.images(every=True):
        labels = image.get("Labels") or {}
        if ENVIRONMENT_LABEL in labels or LAYER_LABEL in labels:
            yield f"image {json.dumps(image.get('RepoTags'))} {image['Id'][:19]}"
