"""Images that are kept on hosts: moved from one to another, listed, and removed when nothing needs them."""

from dataclasses import replace

import pytest

from core.environments.images.kept import (
    clear_layers,
    find_image,
    images_on,
    is_building,
    leftovers,
    remove_image,
    unused_images,
)
from core.environments.images.moving import move_image
from core.environments.images.prepare import prepare_image
from core.environments.images.site import BUILD_LABEL, build_prefix
from core.errors import EnvironmentBuildError, NotFoundError, UsageError
from core.hosts.engine import Engine
from core.layout import Layout
from core.store.locks import Lock
from tests.core.environments.images.test_contexts import context
from tests.core.environments.images.test_packages import ALPHA, says
from tests.support.docker_hosts import BASE_IMAGE, DockerHosts
from tests.support.python_image import PYTHON_IMAGE


def test_an_image_goes_from_host_to_host_once(engine: Engine, workspace: Layout, docker_hosts: DockerHosts) -> None:
    made = prepare_image(engine, ALPHA, workspace)
    other = docker_hosts.start("other").engine()
    heard: list[str] = []
    try:
        assert move_image(engine, other, made.reference, heard.append) == made.id
        assert heard[0] == f"sending {made.reference} from builder to other"
        assert says(other, made, "alpha") == "1.0"
        assert prepare_image(other, ALPHA, workspace) == made
        heard.clear()
        assert move_image(engine, other, made.reference, heard.append) == made.id
        assert heard == []
        with pytest.raises(EnvironmentBuildError, match="builder has no image 'nothing:1'"):
            move_image(engine, other, "nothing:1")
    finally:
        other.remove_image(made.id, force=True)
        other.close()


def test_sending_can_be_cancelled(engine: Engine, docker_hosts: DockerHosts) -> None:
    other = docker_hosts.start("other").engine()
    try:
        with pytest.raises(EnvironmentBuildError, match="was cancelled"):
            move_image(engine, other, PYTHON_IMAGE, cancelled=lambda: True)
        assert other.image(PYTHON_IMAGE) is None
    finally:
        other.close()


def test_what_was_built_is_found_and_removed(engine: Engine, workspace: Layout) -> None:
    made = prepare_image(engine, ALPHA, workspace)
    other = prepare_image(engine, replace(ALPHA, name="two", packages=("alpha==2.0",)), workspace)
    assert {each.id for each in images_on(engine, workspace)} == {made.id, other.id}
    assert {each.reference for each in images_on(engine, workspace, others=True)} > {BASE_IMAGE, PYTHON_IMAGE}
    for wanted in ("alpha", made.reference, made.digest[:8], made.id):
        assert find_image(engine, workspace, wanted).id == made.id
    remove_image(engine, find_image(engine, workspace, "alpha"))
    with pytest.raises(NotFoundError, match="no image of an environment 'alpha'"):
        find_image(engine, workspace, "alpha")
    assert engine.image(PYTHON_IMAGE) is not None


def test_an_image_that_a_container_uses_stays(engine: Engine, workspace: Layout) -> None:
    made = prepare_image(engine, ALPHA, workspace)
    container = engine.create("", {"Image": made.id, "Cmd": ["true"]})
    try:
        assert unused_images(engine, workspace, lambda _: False) == []
        with pytest.raises(UsageError, match="is in use"):
            remove_image(engine, find_image(engine, workspace, "alpha"))
    finally:
        engine.remove(container)
    assert [each.id for each in unused_images(engine, workspace, lambda _: False)] == [made.id]
    assert unused_images(engine, workspace, lambda image: image.id == made.id) == []
    elsewhere = Layout(workspace.root / "elsewhere")
    assert unused_images(engine, elsewhere, lambda _: False) == []


def test_a_failed_build_s_layers_go(engine: Engine, workspace: Layout) -> None:
    spec = context(workspace, f"FROM {BASE_IMAGE}\nENV A=1\nRUN touch /a\nRUN false\n")
    with pytest.raises(EnvironmentBuildError):
        prepare_image(engine, spec, workspace)
    whole = prepare_image(engine, ALPHA, workspace)
    before = len(engine.images(every=True))
    assert clear_layers(engine, workspace) > 0
    assert len(engine.images(every=True)) < before
    assert engine.images("mlpw.layer", every=True) == []
    assert engine.image(whole.id) is not None


def test_what_a_killed_build_left_is_told(engine: Engine, workspace: Layout) -> None:
    engine.create_volume(f"{build_prefix(workspace)}x-1", {BUILD_LABEL: "x"})
    engine.create(f"{build_prefix(workspace)}x-2", {"Image": BASE_IMAGE, "Cmd": ["true"]})
    found = list(leftovers(engine, workspace))
    assert sorted(kind for kind, _, _ in found) == ["build containers", "build volumes"]
    assert not is_building(workspace)
    with Lock(workspace.locks / "image-1.builder"):
        assert is_building(workspace), "then gc leaves all of builds alone"
    for _, _, remove in found:
        remove()
    assert list(leftovers(engine, workspace)) == []
