"""No test of the workbench reads or writes the settings of whoever runs it."""

import json
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_person(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings and memory of a person who has been greeted already; gives their home."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    for name in ("NO_COLOR", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    (home / "state" / "mlpw").mkdir(parents=True)
    (home / "state" / "mlpw" / "state.json").write_text(json.dumps({"greeted": True}))
    return home
