"""Packages on an image: built once for each content and host, with the line at fault named."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.definitions.built_folders import content_digest
from core.definitions.environment import EnvironmentSpec, LocalPackage
from core.environments.images.logs import image_build_log
from core.environments.images.prepare import prepare_image
from core.environments.images.value import ImageEnvironment
from core.errors import EnvironmentBuildError, Location
from core.hosts.engine import Engine
from core.layout import Layout
from core.workspace import Workspace
from tests.support.docker_hosts import DockerHost
from tests.support.python_image import PYTHON_IMAGE, VERSION
from tests.support.waiting import eventually
from tests.support.wheels import make_gated_source, make_wheel

ALPHA = EnvironmentSpec("alpha", image=PYTHON_IMAGE, packages=("alpha==1.0",))


def says(engine: Engine, image: ImageEnvironment, *argv: str) -> str:
    """What a command in the image writes."""
    container = engine.create("", {"Image": image.id, "Cmd": list(argv)})
    try:
        engine.start(container)
        eventually(lambda: not engine.inspect(container)["State"]["Running"], "the end of the command")
        return b"".join(engine.output(container, follow=False)).decode().strip()
    finally:
        engine.remove(container)


def test_packages_stand_on_the_image_that_is_named(engine: Engine, workspace: Layout) -> None:
    made = prepare_image(engine, ALPHA, workspace)
    assert says(engine, made, "python", "-c", "import alpha; print(alpha.version)") == "1.0"
    config = (engine.image(made.id) or {})["Config"]
    base = (engine.image(PYTHON_IMAGE) or {})["Config"]
    assert (config["Cmd"], config["Entrypoint"], config["Env"]) == (base["Cmd"], [], base["Env"])
    assert config["Labels"]["mlpw.environment"] == made.digest


def test_packages_without_an_image_stand_on_the_published_python(engine: Engine, workspace: Layout) -> None:
    spec = EnvironmentSpec("bare", python=VERSION, conda=(f"python={VERSION}", "alpha=2.0", "libgcc"))
    made = prepare_image(engine, spec, workspace)
    assert says(engine, made, "alpha") == "2.0"
    assert any("libgcc" in notice.message for notice in made.notices)


def test_what_is_there_costs_one_call(engine: Engine, workspace: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare_image(engine, ALPHA, workspace)
    calls: list[str] = []
    real = engine._answer

    def counted(method: str, path: str, **more: Any) -> Any:
        calls.append(path)
        return real(method, path, **more)

    monkeypatch.setattr(engine, "_answer", counted)
    heard: list[str] = []
    assert prepare_image(engine, replace(ALPHA, name="other"), workspace, heard.append).id == first.id
    assert calls == ["/images/json"]
    assert heard == []


def test_another_image_under_the_base_s_name_is_built_on_again(engine: Engine, workspace: Layout) -> None:
    engine.tag(PYTHON_IMAGE, "mine:1")
    spec = replace(ALPHA, image="mine:1")
    first = prepare_image(engine, spec, workspace)
    other = prepare_image(engine, replace(ALPHA, packages=("beta",)), workspace)
    engine.tag(other.id, "mine:1")
    second = prepare_image(engine, spec, workspace)
    assert second.id != first.id
    assert says(engine, second, "python", "-c", "import alpha, beta; print(alpha.version)") == "1.0"


def test_the_log_tells_of_the_build(engine: Engine, workspace: Layout) -> None:
    heard: list[str] = []
    prepare_image(engine, ALPHA, workspace, heard.append)
    log = image_build_log(ALPHA, workspace, engine.name).read_text()
    assert "alpha==1.0" in log
    assert "Installed 1 package" in log
    assert heard[-1].startswith("ready after")
    with Workspace(workspace.root) as opened:
        assert opened.build_log(ALPHA, "some-host").read_text() == log
        assert opened.build_log(ALPHA) != opened.build_log(ALPHA, "some-host")


def test_a_package_that_no_index_has_is_named_with_its_line(engine: Engine, workspace: Layout) -> None:
    (workspace.root / "conda.yml").write_text("dependencies:\n- pip:\n  - alpha==1.0\n  - numpyy  # why\n")
    spec = replace(ALPHA, packages=("alpha==1.0", "numpyy"), listed_in=("conda.yml",), location=Location("env.yml", 1))
    with pytest.raises(EnvironmentBuildError, match="no package index has a 'numpyy'") as caught:
        prepare_image(engine, spec, workspace)
    assert caught.value.location == Location("conda.yml", 4, 5)
    assert "did you mean 'numpy'?" in caught.value.hint
    log = image_build_log(spec, workspace, engine.name)
    assert str(log) in caught.value.hint
    assert log.read_text().splitlines()[-1].startswith("failed: conda.yml:4:5: ")
    assert engine.images("mlpw.environment") == []


def test_of_packages_that_exclude_each_other_the_last_line_is_named(engine: Engine, workspace: Layout) -> None:
    (workspace.root / "requirements.txt").write_text("beta\nalpha==2.0\n")
    spec = replace(ALPHA, packages=("beta", "alpha==2.0"), listed_in=("requirements.txt",))
    with pytest.raises(EnvironmentBuildError) as caught:
        prepare_image(engine, spec, workspace)
    assert caught.value.location == Location("requirements.txt", 2, 1)


def test_an_image_without_python_says_so(engine: Engine, workspace: Layout) -> None:
    with pytest.raises(EnvironmentBuildError, match="image 'base:1' has no Python") as caught:
        prepare_image(engine, replace(ALPHA, image="base:1"), workspace)
    assert "name an image that has it" in caught.value.hint


def test_another_python_than_the_image_s_is_said_when_it_cannot_be_fetched(
    engine: Engine, workspace: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    spec = replace(ALPHA, conda=("python=3.7",))
    made = prepare_image(engine, spec, workspace)
    assert f"took its {VERSION}" in made.notices[-1].message
    assert prepare_image(engine, spec, workspace) == made


def test_conda_makes_a_python_that_the_image_has_not(
    engine: Engine, workspace: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    conda = """
case "$1" in
--version) echo conda 1 ;;
create) python -m venv --without-pip /opt/mlpw && echo "made $*" > /opt/mlpw/made.txt ;;
esac
"""
    script = (
        "mkdir -p /opt/conda/bin; echo '#!/bin/sh' > /opt/conda/bin/conda; echo \"$SCRIPT\" >> /opt/conda/bin/conda; "
    )
    command = f"{script}chmod 755 /opt/conda/bin/conda"
    container = engine.create("", {"Image": PYTHON_IMAGE, "Cmd": ["sh", "-c", command], "Env": [f"SCRIPT={conda}"]})
    engine.start(container)
    eventually(lambda: not engine.inspect(container)["State"]["Running"], "the making of a conda")
    engine.tag(engine.commit(container, {"User": "1000", "Cmd": ["python"]}), "conda:1")
    engine.remove(container)
    made = prepare_image(engine, replace(ALPHA, image="conda:1", conda=("python=3.7",)), workspace)
    assert says(engine, made, "cat", "/opt/mlpw/made.txt") == "made create --yes --quiet -p /opt/mlpw python=3.7 pip"
    assert says(engine, made, "python", "-c", "import alpha, sys; print(sys.prefix)") == "/opt/mlpw"
    assert says(engine, made, "id", "-u") == "1000"
    assert made.notices == ()


def test_where_uv_does_not_run_the_image_s_pip_installs(
    engine: Engine, workspace: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "uv"
    other.write_text("#!/no/such/loader\n")
    other.chmod(0o755)
    monkeypatch.setattr("core.environments.images.installing.uv_program", lambda: str(other))
    made = prepare_image(engine, ALPHA, workspace)
    assert says(engine, made, "alpha") == "1.0"
    with pytest.raises(EnvironmentBuildError, match="No matching distribution found for alpha==7"):
        prepare_image(engine, replace(ALPHA, packages=("alpha==7",)), workspace)


def local_package(path: Path) -> LocalPackage:
    return LocalPackage(f"./{path.name}", str(path), content_digest(str(path)))


def test_a_local_package_goes_along(engine: Engine, workspace: Layout) -> None:
    built = make_wheel(workspace.root, "mine", "0.3")
    spec = replace(ALPHA, packages=(), local_packages=(local_package(built),))
    made = prepare_image(engine, spec, workspace)
    assert says(engine, made, "mine") == "0.3"


def test_two_at_the_same_time_build_once(engine: Engine, workspace: Layout) -> None:
    heard: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(prepare_image, engine, ALPHA, workspace, heard.append) for _ in range(2)]
        ids = {each.result().id for each in both}
    assert len(ids) == 1
    assert len([line for line in heard if line.startswith("ready after")]) <= 2
    assert len(engine.images("mlpw.environment")) == 1
    assert any("waiting for it" in line for line in heard)


def gated(workspace: Layout) -> EnvironmentSpec:
    """An environment whose build waits for a file that nobody makes."""
    source = make_gated_source(workspace.root / "gated", Path("/dev/mlpw/tmp/started"), Path("/dev/mlpw/tmp/gate"))
    return replace(ALPHA, packages=(), local_packages=(local_package(source),))


def test_a_cancelled_build_leaves_nothing(engine: Engine, workspace: Layout) -> None:
    cancelled = threading.Event()
    spec = gated(workspace)
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(prepare_image, engine, spec, workspace, cancelled=cancelled.is_set)
        eventually(lambda: is_running(engine), "the build's container")
        cancelled.set()
        with pytest.raises(EnvironmentBuildError, match="was cancelled"):
            build.result()
    assert engine.images("mlpw.environment") == []


def is_running(engine: Engine) -> bool:
    return any(each["State"] == "running" for each in engine.containers())


_BUILD = """
import sys
from pathlib import Path
from core.definitions.built_folders import content_digest
from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec, LocalPackage
from core.environments.images.prepare import prepare_image
from core.hosts.connection import connect
from core.layout import Layout
package = LocalPackage("./gated", sys.argv[3], content_digest(sys.argv[3]))
spec = EnvironmentSpec("alpha", image=sys.argv[4], local_packages=(package,))
prepare_image(connect(ComputeTarget("builder", sys.argv[1])), spec, Layout(Path(sys.argv[2])))
"""


def test_a_killed_build_leaves_nothing_finished_and_the_next_clears_it(
    engine: Engine, workspace: Layout, builder: DockerHost
) -> None:
    spec = gated(workspace)
    source = Path(spec.local_packages[0].path)
    words = (f"unix://{builder.socket}", str(workspace.root), str(source), PYTHON_IMAGE)
    with subprocess.Popen([sys.executable, "-c", _BUILD, *words]) as build:
        eventually(lambda: is_running(engine), "the build's container")
        build.kill()
    assert engine.images("mlpw.environment") == []
    assert len(engine.volumes("mlpw.build")) == 1
    left = {each["Id"] for each in engine.containers()}
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(prepare_image, engine, spec, workspace, cancelled=cancelled.is_set)
        eventually(lambda: {each["Id"] for each in engine.containers()} - left, "the next build's container")
        cancelled.set()
        with pytest.raises(EnvironmentBuildError, match="was cancelled"):
            again.result()
    assert engine.volumes("mlpw.build") == []
    assert engine.containers() == []
