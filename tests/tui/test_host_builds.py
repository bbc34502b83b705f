"""Steps on Docker hosts in the workbench: their environments' builds."""

import os
from pathlib import Path

import pytest

from tests.support.docker_hosts import DockerHosts
from tests.support.python_image import PYTHON_IMAGE, import_python, write_python_image
from tests.support.screen import until_shown
from tests.support.wheels import make_wheel
from tui.app import Workbench
from tui.session import Session

PIPELINE = f"""\
type: pipeline
jobs:
  first:
    command: alpha
    compute: box
    environment:
      image: {PYTHON_IMAGE}
      conda_file: conda.yml
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker_hosts: DockerHosts) -> Path:
    """A workspace with a host, on a machine whose pip knows nothing but a folder."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))] + ["NO_COLOR", "SSH_CONNECTION"]:
        monkeypatch.delenv(name, raising=False)
    for name, value in (("PIP_CONFIG_FILE", os.devnull), ("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    make_wheel(tmp_path, "alpha", "1.0")
    host = docker_hosts.start("workbench")
    import_python(host, write_python_image(tmp_path / "python.tar"))
    root = tmp_path / "hosted"
    root.mkdir()
    (root / "mlpw.yml").write_text("name: hosted\n")
    (root / "box.yml").write_text(f"type: docker\nname: box\nhost: unix://{host.socket}\n")
    (root / "conda.yml").write_text("dependencies:\n- pip:\n  - alpha\n  - missing-one\n")
    (root / "pipe.yml").write_text(PIPELINE)
    return root


async def test_the_log_pane_shows_the_build_of_an_image_and_the_line_at_fault(folder: Path) -> None:
    session = Session(folder)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "1 stale", "never run")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "✗ first", "build of its environment", "failed: conda.yml:4:5: no package index")
        (folder / "conda.yml").write_text("dependencies:\n- pip:\n  - alpha\n")
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "✓ first", "1.0")
