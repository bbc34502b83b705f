"""Environments as images on Docker hosts, from the command line."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.environments.images.site import BUILD_LABEL, build_prefix
from core.hosts.errors import ConflictError
from core.layout import Layout
from tests.support.commands import Bench
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.python_image import PYTHON_IMAGE, import_python, write_python_image
from tests.support.wheels import make_wheel


@pytest.fixture
def hosts(
    docker_hosts: DockerHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> Iterator[tuple[DockerHost, DockerHost]]:
    """Two hosts, of which the first has an image of Python; pip knows nothing but a folder."""
    first, second = docker_hosts.start("first"), docker_hosts.start("second")
    import_python(first, write_python_image(tmp_path / "python.tar"))
    make_wheel(tmp_path, "alpha", "1.0")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    for host in (first, second):
        bench.write(f"{host.name}.yml", f"type: docker\nname: {host.name}\nhost: unix://{host.socket}\n")
    bench.write(
        "env.yml", f"name: small\nimage: {PYTHON_IMAGE}\nconda_file:\n  dependencies: [pip, {{pip: [alpha]}}]\n"
    )
    yield first, second
    for host in (first, second):
        with contextlib.closing(host.engine()) as engine:
            assert engine.containers() == engine.volumes(BUILD_LABEL) == []
            for image in engine.images():
                if image["RepoTags"] != ["base:1"]:
                    with contextlib.suppress(ConflictError):
                        engine.remove_image(image["Id"], force=True)


def test_an_environment_is_built_listed_moved_and_removed(bench: Bench, hosts: tuple[DockerHost, DockerHost]) -> None:
    assert "a host is needed" in bench.mlpw("environment", "build", "env.yml").err
    built = bench.ok("environment", "build", "env.yml", "--on", "first", "--json")
    assert built.json["image"] == f"mlpw-environment:{built.json['digest']}"
    assert "ready after" in built.err
    listed = bench.ok("environment", "images")
    assert [line.split()[:2] for line in listed.out.splitlines()[1:]] == [["first", "small"]]
    assert "second has no image of an environment" in listed.err
    everything = bench.ok("environment", "images", "first", "--all", "--json").json["hosts"][0]["images"]
    assert {image["image"] for image in everything} == {"base:1", PYTHON_IMAGE, built.json["image"]}
    bench.ok("environment", "move", "small", "--from", "first", "--to", "second")
    assert bench.ok("environment", "build", "env.yml", "--on", "second", "--json").json["id"] == built.json["id"]
    assert "give --yes" in bench.mlpw("environment", "rm", "small", "--on", "second").err
    gone = bench.ok("environment", "rm", built.json["digest"][:8], "--on", "second", "--yes", "--json")
    assert gone.json["removed"]["id"] == built.json["id"]
    assert "no image of an environment 'small'" in bench.mlpw("environment", "rm", "small", "--on", "second", "-y").err


def test_gc_removes_images_that_nothing_uses(bench: Bench, hosts: tuple[DockerHost, DockerHost]) -> None:
    bench.ok("init")
    first, second = hosts
    built = bench.ok("environment", "build", "env.yml", "--on", "first", "--json").json
    layout = Layout(bench.root)
    with contextlib.closing(first.engine()) as engine:
        engine.create_volume(f"{build_prefix(layout)}left", {BUILD_LABEL: "left"})
    second.stop_engine()
    try:
        said = bench.ok("gc", "--dry-run").out
        assert "image" not in said
        assert "would remove 1 build volume" in said
        told = bench.ok("gc", "--environments", "--dry-run")
        assert "would remove 1 image," in told.out
        assert "would remove 1 build volume" in told.out
        assert "second cannot be reached" in told.err
        assert bench.ok("environment", "images", "first").out
        done = bench.ok("gc", "--environments", "--json").json
        assert done["removed"]["images"]["count"] == 1
        assert len(done["not_asked"]) == 1
    finally:
        second.start_engine()
    with contextlib.closing(first.engine()) as engine:
        assert engine.image(built["id"]) is None
        assert engine.image(PYTHON_IMAGE) is not None


def test_an_image_that_a_remembered_attempt_ran_in_stays(bench: Bench, hosts: tuple[DockerHost, DockerHost]) -> None:
    bench.write("pipe.yml", "type: pipeline\njobs:\n  a:\n    command: echo hi\n    environment: {image: python}\n")
    bench.ok("run", "pipe.yml")
    built = bench.ok("environment", "build", "env.yml", "--on", "first", "--json").json
    spec = Layout(bench.root).attempt(1, "a", 1).spec
    spec.write_text(spec.read_text().replace("{", f'{{"image": "{built["id"]}", ', 1))
    log = Layout(bench.root).environments / f"{built['digest']}.first.log"
    (log.parent / "0123.first.log").write_text("of an image that went")
    said = bench.ok("gc", "--environments").out
    assert "image" not in said
    assert "removed 1 build log," in said
    assert log.exists()


def test_hosts_are_named_as_they_are(bench: Bench) -> None:
    assert "no compute target of type docker is defined here" in bench.ok("environment", "images").err
    bench.write("box.yml", "type: docker\nname: box\nhost: unix:///nowhere.sock\n")
    assert "did you mean 'box'?" in bench.mlpw("environment", "images", "bix").err
    said = bench.mlpw("environment", "images")
    assert said.code == 1
    assert "box cannot be reached" in said.err
