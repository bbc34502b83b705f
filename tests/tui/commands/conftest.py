"""Workspaces to call `mlpw` in: an empty one, and one in which a small pipeline ran."""

import os
import shutil
from pathlib import Path

import pytest

from core.engine.launch import run_lock
from core.layout import Layout
from core.store.locks import Lock
from tests.support.commands import Bench

PIPELINE = """
type: pipeline
inputs:
  word: hello
jobs:
  say:
    command: echo ${{inputs.word}} > ${{outputs.said}}/word.txt
    environment: {image: python}
    inputs:
      word: ${{parent.inputs.word}}
    outputs:
      said: {type: uri_folder}
  shout:
    command: tr a-z A-Z < ${{inputs.said}}/word.txt > ${{outputs.loud}}
    environment: {image: python}
    inputs:
      said: ${{parent.jobs.say.outputs.said}}
    outputs:
      loud: {type: uri_file}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path / "workspace")
    made.write("mlpw.yml", "name: tested")
    return made


@pytest.fixture(scope="session")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose pipeline ran, made once; its environment is what takes the time."""
    made = Bench(tmp_path_factory.mktemp("ran") / "workspace")
    made.write("mlpw.yml", "name: tested")
    made.write("pipe.yml", PIPELINE)
    made.ok("run", "pipe.yml")
    with Lock(run_lock(Layout(made.root), 1)):  # its supervisor has closed the records
        return made.root


@pytest.fixture
def ran(ran_once: Path, tmp_path: Path) -> Bench:
    """A copy of that workspace, for this test alone."""
    shutil.copytree(ran_once, tmp_path / "workspace", symlinks=True, copy_function=_copy)
    return Bench(tmp_path / "workspace")


def _copy(source: str, target: str) -> None:
    """Nobody writes into an environment's files, so they may be shared."""
    if "/.mlpw/envs/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
