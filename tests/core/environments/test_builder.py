import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.definitions.built_folders import content_digest
from core.definitions.environment import EnvironmentSpec, LocalPackage
from core.environments import kept
from core.environments.builder import prepare
from core.environments.kept import PythonEnvironment, environments, last_used, remove, size
from core.environments.process import step_environment
from core.errors import EnvironmentBuildError
from core.layout import Layout
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.wheels import make_gated_source

BETA = EnvironmentSpec("sums", packages=("beta",))
PREPARE = """
import sys
from pathlib import Path
from core.environments.builder import prepare
from core.layout import Layout
from tests.core.environments.test_builder import slow
workspace = Layout(Path(sys.argv[1]))
prepare(slow(workspace), workspace, lambda line: print(line, flush=True))
"""


def slow(workspace: Layout) -> EnvironmentSpec:
    """An environment of the workspace's own package 'gated'."""
    source = str(workspace.root / "gated")
    package = LocalPackage("./gated", source, content_digest(source))
    return EnvironmentSpec("slow", local_packages=(package,))


def run(environment: PythonEnvironment, *command: str) -> str:
    variables = step_environment(environment, os.environ)
    return subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, check=True).stdout.strip()


def log_of(environment: PythonEnvironment) -> str:
    return environment.path.with_suffix(".log").read_text()


@pytest.fixture
def gate(workspace: Layout) -> Path:
    """A package 'gated' in the workspace; its build has begun when <gate>.started is there, and ends with <gate>."""
    gate = workspace.root.parent / "gate"
    make_gated_source(workspace.root / "gated", gate.with_suffix(".started"), gate)
    return gate


def start_prepare(workspace: Layout) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PREPARE, str(workspace.root)]
    root = Path(__file__).parents[3]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_packages_are_installed_into_an_environment_of_their_own(workspace: Layout) -> None:
    lines: list[str] = []
    environment = prepare(BETA, workspace, lines.append)
    assert run(environment, "python", "-c", "import alpha, beta, sys; print(alpha.version, sys.prefix)") == (
        f"1.0 {environment.path}"
    )
    assert run(environment, "beta") == "1.0"
    assert "+ beta==1.0" in lines
    assert "+ beta==1.0" in log_of(environment)
    assert environment.notices == ()


def test_an_environment_is_built_once_for_the_same_content(workspace: Layout) -> None:
    first = prepare(BETA, workspace)
    lines: list[str] = []
    again = prepare(EnvironmentSpec("another name", image="any", packages=("beta",)), workspace, lines.append)
    assert again.path == first.path
    assert lines == []
    assert prepare(EnvironmentSpec("sums", packages=("beta", "gamma")), workspace).path != first.path


def test_an_index_without_pip_is_enough(
    workspace: Layout, tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(shelf / "alpha-2.0-py3-none-any.whl", tmp_path)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert run(prepare(EnvironmentSpec("e", packages=("alpha",)), workspace), "alpha") == "2.0"


def test_a_package_that_no_index_has_is_named_and_nothing_is_kept(workspace: Layout) -> None:
    spec = EnvironmentSpec("typo", packages=("scikit-lern",))
    with pytest.raises(EnvironmentBuildError) as raised:
        prepare(spec, workspace)
    assert raised.value.message == "environment 'typo': no package index has a 'scikit-lern'"
    log = next(workspace.environments.glob("*.log"))
    assert raised.value.hint == f"did you mean 'scikit-learn'?; build log: {log}"
    assert environments(workspace) == ()
    assert list(workspace.temporary.iterdir()) == []


def test_a_version_that_does_not_exist_is_a_mistake_and_not_replaced(workspace: Layout) -> None:
    with pytest.raises(EnvironmentBuildError, match="alpha==99"):
        prepare(EnvironmentSpec("e", packages=("alpha==99",)), workspace)


def test_requirements_that_exclude_each_other_are_both_named(workspace: Layout) -> None:
    with pytest.raises(EnvironmentBuildError, match=r"beta depend on alpha<2.*you require alpha>=2"):
        prepare(EnvironmentSpec("e", packages=("beta", "alpha>=2")), workspace)


def test_a_failed_build_succeeds_once_its_cause_is_gone(workspace: Layout) -> None:
    source = make_gated_source(workspace.root / "gated", workspace.root / "started", workspace.root / "gate")
    (workspace.root / "gate").touch()
    good = (source / "backend.py").read_text()
    (source / "backend.py").write_text("raise ValueError")
    with pytest.raises(EnvironmentBuildError, match="packages cannot be installed"):
        prepare(slow(workspace), workspace)
    (source / "backend.py").write_text(good)
    assert run(prepare(slow(workspace), workspace), "python", "-c", "import gated; print('here')") == "here"


def test_an_edited_local_package_is_built_anew(workspace: Layout, gate: Path) -> None:
    gate.touch()
    source, found = workspace.root / "gated", []
    for text in ("before", "after", "before"):
        (source / "gated.py").write_text(f"text = {text!r}\n")
        made = prepare(slow(workspace), workspace)
        found.append((run(made, "python", "-c", "import gated; print(gated.text)"), made.path))
    assert [text for text, _ in found] == ["before", "after", "before"]
    assert found[0] == found[2]


def test_a_local_package_that_changed_since_the_plan_is_not_built(workspace: Layout, gate: Path) -> None:
    gate.touch()
    planned = slow(workspace)
    (workspace.root / "gated/gated.py").write_text("1\n")
    with pytest.raises(EnvironmentBuildError, match="changed since the run was planned"):
        prepare(planned, workspace)
    assert environments(workspace) == ()


def test_a_local_package_that_changes_while_it_is_built_is_not_kept(workspace: Layout, gate: Path) -> None:
    planned = slow(workspace)
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(prepare, planned, workspace)
        eventually(gate.with_suffix(".started").exists)
        (workspace.root / "gated/gated.py").write_text("1\n")
        gate.touch()
        with pytest.raises(EnvironmentBuildError, match="changed since the run was planned"):
            build.result()
    assert environments(workspace) == ()


def test_a_release_that_cannot_be_installed_gives_way_to_the_nearest_and_it_is_said(workspace: Layout) -> None:
    spec = EnvironmentSpec("old", packages=("gamma==1.0", "alpha"))
    environment = prepare(spec, workspace)
    assert run(environment, "gamma") == "1.5"
    assert [notice.message.partition(" on Python")[0] for notice in environment.notices] == [
        "environment 'old': 'gamma==1.0' cannot be installed"
    ]
    assert environment.notices[0].message.endswith("took gamma 1.5, the nearest release that can")
    assert prepare(spec, workspace).notices == environment.notices


def test_a_strict_build_takes_no_other_release(workspace: Layout) -> None:
    with pytest.raises(EnvironmentBuildError, match=r"gamma==1\.0 has no"):
        prepare(EnvironmentSpec("old", packages=("gamma==1.0",)), workspace, strict=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="uv fetches repositories with git")
class TestARepositoryOutOfReach:
    SPEC = EnvironmentSpec(
        "observed", packages=("alpha", "git+https://nowhere.invalid/team/observe.git#subdirectory=a")
    )

    def test_its_packages_are_left_out_and_it_is_said(self, workspace: Layout) -> None:
        environment = prepare(self.SPEC, workspace)
        assert run(environment, "alpha") == "2.0"
        assert [notice.message for notice in environment.notices] == [
            "environment 'observed': 'git+https://nowhere.invalid/team/observe.git#subdirectory=a' left out,"
            " for nowhere.invalid cannot be reached: a step that imports it fails"
        ]

    def test_a_strict_build_leaves_nothing_out(self, workspace: Layout) -> None:
        with pytest.raises(EnvironmentBuildError, match="a git repository cannot be fetched"):
            prepare(self.SPEC, workspace, strict=True)


def test_a_python_that_cannot_be_had_is_replaced_by_the_nearest_and_it_is_said(workspace: Layout) -> None:
    environment = prepare(EnvironmentSpec("future", python="3.99", packages=("alpha",)), workspace)
    assert run(environment, "alpha") == "2.0"
    assert environment.notices[0].message.startswith(
        f"environment 'future': Python 3.99 cannot be had on this machine; took 3.{environment.python.split('.')[1]},"
    )


def test_a_spec_without_python_gets_a_bare_environment_and_says_so(workspace: Layout) -> None:
    environment = prepare(EnvironmentSpec("shell", image="ubuntu:22.04"), workspace)
    assert run(environment, "python", "-c", "import sys; print(sys.prefix)") == str(environment.path)
    assert ["ubuntu:22.04" in notice.message for notice in environment.notices] == [True]


def test_a_step_sees_the_variables_of_its_environment(workspace: Layout) -> None:
    environment = prepare(EnvironmentSpec("e", packages=("alpha",), environment_variables={"MODE": "old"}), workspace)
    assert run(environment, "sh", "-c", "echo $MODE") == "old"


def test_two_processes_that_want_the_same_environment_build_it_once(workspace: Layout, gate: Path) -> None:
    first = start_prepare(workspace)
    eventually(gate.with_suffix(".started").exists)
    second = start_prepare(workspace)
    assert second.stdout is not None
    assert second.stdout.readline().startswith("it is being built already")
    gate.touch()
    assert "+ gated==1.0" in second.stdout.read()
    first.communicate(timeout=PATIENCE_SECONDS)
    assert (first.returncode, second.wait(PATIENCE_SECONDS)) == (0, 0)
    second.stdout.close()
    (environment,) = environments(workspace)
    assert log_of(environment).count("$ uv venv") == 1


def test_a_build_killed_in_the_middle_leaves_nothing_that_looks_finished(workspace: Layout, gate: Path) -> None:
    victim = start_prepare(workspace)
    eventually(gate.with_suffix(".started").exists)
    os.kill(victim.pid, signal.SIGKILL)
    victim.communicate(timeout=PATIENCE_SECONDS)
    assert environments(workspace) == ()
    gate.touch()
    environment = prepare(slow(workspace), workspace)
    assert run(environment, "python", "-c", "import gated; print('whole')") == "whole"


def test_a_build_can_be_cancelled(workspace: Layout, gate: Path) -> None:
    started = gate.with_suffix(".started")
    with pytest.raises(EnvironmentBuildError, match="cancelled"):
        prepare(slow(workspace), workspace, cancelled=started.exists)
    assert environments(workspace) == ()
    assert list(workspace.temporary.iterdir()) == []


def test_threads_that_want_the_same_environment_build_it_once(workspace: Layout) -> None:
    found: list[PythonEnvironment] = []
    threads = [threading.Thread(target=lambda: found.append(prepare(BETA, workspace))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({environment.path for environment in found}) == 1
    assert len(found) == 4
    assert log_of(found[0]).count("$ uv venv") == 1


def test_a_moved_workspace_keeps_its_environments(workspace: Layout) -> None:
    prepare(BETA, workspace)
    moved = Layout(workspace.root.parent / "moved")
    shutil.copytree(workspace.root, moved.root, symlinks=True)
    shutil.rmtree(workspace.root)
    lines: list[str] = []
    environment = prepare(BETA, moved, lines.append)
    assert lines == []
    assert run(environment, "beta") == "1.0"
    assert run(environment, "python", "-c", "import sys; print(sys.prefix)") == str(environment.path)


def test_an_environment_whose_python_is_gone_is_built_again(workspace: Layout) -> None:
    broken = prepare(BETA, workspace)
    configuration = broken.path / "pyvenv.cfg"
    configuration.write_text(configuration.read_text().replace("home = /", "home = /not-here/"))
    assert environments(workspace) == ()
    assert run(prepare(BETA, workspace), "beta") == "1.0"


def test_an_environment_that_lost_a_package_is_built_again(workspace: Layout) -> None:
    broken = prepare(BETA, workspace)
    shutil.rmtree(next(broken.path.glob("lib/python3*/site-packages/alpha-*")))
    assert run(prepare(BETA, workspace), "beta") == "1.0"


def test_passwords_of_the_index_reach_no_log(workspace: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:hunter2@127.0.0.1:9/simple")
    lines: list[str] = []
    with pytest.raises(EnvironmentBuildError, match="index cannot be reached") as raised:
        prepare(EnvironmentSpec("e", packages=("nothing-of-that-name",)), workspace, lines.append)
    log = next(workspace.environments.glob("*.log")).read_text()
    assert "hunter2" not in log + str(raised.value) + "".join(lines)
    assert "127.0.0.1" not in log


def test_kept_environments_can_be_listed_measured_and_removed(workspace: Layout) -> None:
    before = time.time()
    environment = prepare(BETA, workspace)
    assert [each.path for each in environments(workspace)] == [environment.path]
    assert size(environment) > 1000
    assert last_used(environment) > before - 2
    remove(environment, workspace)
    assert environments(workspace) == ()
    assert not environment.path.with_suffix(".log").exists()
    remove(environment, workspace)


def test_a_step_never_sees_mlpws_own_environment(workspace: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}")
    environment = prepare(EnvironmentSpec("default"), workspace)
    variables = step_environment(environment, os.environ)
    assert variables["PATH"].split(os.pathsep)[0] == str(environment.bin)
    assert f"{sys.prefix}/bin" not in variables["PATH"].split(os.pathsep)
    assert variables["VIRTUAL_ENV"] == str(environment.path)
    script = "import importlib.util as u; print([u.find_spec(n) for n in ('core', 'textual', 'blake3')])"
    assert run(environment, "python", "-c", script) == "[None, None, None]"


def test_what_was_left_out_is_fetched_once_its_host_answers(workspace: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as host:
        port = host.getsockname()[1]
    monkeypatch.setattr(kept, "HTTPS_PORT", port)
    environment = prepare(BETA, workspace)
    kept.write_kept(environment.path, replace(environment, silent_hosts=("127.0.0.1",)))
    lines: list[str] = []
    assert prepare(BETA, workspace, lines.append).silent_hosts == ("127.0.0.1",)
    assert lines == []
    with socket.create_server(("127.0.0.1", port)):
        assert prepare(BETA, workspace, lines.append).silent_hosts == ()
    assert "+ beta==1.0" in lines
