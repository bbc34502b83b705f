"""`mlpw init`: a workspace in a folder, with something to run when it holds nothing yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import WorkspaceError
from core.workspace.folder import SETTINGS_FILE, marked
from core.workspace.workspace import Workspace

_SETTINGS = """\
# This file marks the folder as a workspace of mlpw; every key is optional. It says what names in the YAML that live
# in a cloud mean on this machine. Azure ML ignores it.

# What this workspace is called; default: the folder's name.
# name: {name}

# Where steps run that ask for a cluster: `local`, or the name of a Docker host that a YAML file of this workspace
# defines (type: docker, name, host). What isn't listed runs on this machine.
# compute:
#   cpu-cluster: local
#   gpu-cluster: gpu-box

# Environments by the name in the YAML, `*` for any text: an environment's YAML, a conda file or a requirements.txt.
# environments:
#   azureml://registries/azureml/environments/sklearn-1.5/*: environments/sklearn.yml

# Components that live in a registry.
# components:
#   azureml://registries/azureml/components/train/*: components/train.yml

# Folders that stand for datastores, and files that stand for addresses.
# datastores:
#   workspaceblobstore: ./blob
# data:
#   https://example.org/titanic.csv: ./data/titanic.csv

# Folders outside of this one that `path:` and `code:` may name.
# data_outside:
#   - ../shared

# What of its code makes a step run again: the files that it opened (the default), or everything in the folder.
# code_tracking: folder
# code_tracking:
#   train: folder

# What runs may take of this machine; default: all of it.
# local:
#   cpus: 4
#   memory: 8g
"""
_FIRST = "pipelines/hello.yml"
_PIPELINE = """\
# A pipeline of two steps: the second takes what the first wrote. Try:
#   mlpw run pipelines/hello.yml
#   mlpw plan pipelines/hello.yml --set inputs.who=moon
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
display_name: hello

inputs:
  who: world

settings:
  default_compute: azureml:local

jobs:
  greet:
    type: command
    inputs:
      who: ${{parent.inputs.who}}
    outputs:
      greeting:
        type: uri_file
    environment:
      image: library/python:3.12
    command: echo "Hello, ${{inputs.who}}!" > ${{outputs.greeting}}

  shout:
    type: command
    inputs:
      greeting: ${{parent.jobs.greet.outputs.greeting}}
    outputs:
      loud:
        type: uri_file
    environment:
      image: library/python:3.12
    command: tr a-z A-Z < ${{inputs.greeting}} > ${{outputs.loud}} && cat ${{outputs.loud}}
"""


@dataclass(frozen=True, slots=True)
class Started:
    """A workspace's folder, what was written into it (relative), and a pipeline to run, "" when there is none.

    `inside` is the workspace around it, from which it is apart from now on.
    """

    root: Path
    made: tuple[str, ...]
    pipeline: str
    inside: Path | None = None


def start_workspace(folder: Path, files: Sequence[tuple[str, str]] | None = None) -> Started:
    """Make `folder` (made when missing) a workspace; nothing that is there is changed.

    `files` are put into it, as (path, text); by default a pipeline to try, into one that has no definitions.
    Raises WorkspaceError when it cannot be one, or lies inside another.
    """
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder} is not a folder", hint="name a folder, or a new one")
    around = marked(folder.resolve())
    with Workspace(folder) as workspace:
        pipelines = [entry.path for entry in workspace.definitions() if entry.kind == "pipeline" and not entry.error]
        is_empty = files is None and not workspace.definitions()
        made: list[str] = []
        try:
            _write(workspace, [(_FIRST, _PIPELINE)] if is_empty else files or (), made)
        except OSError as error:
            raise WorkspaceError(f"{folder} cannot be written: {error.strerror}") from None
    first = _FIRST if is_empty else min(pipelines, default="")
    return Started(workspace.root, tuple(made), first, around if around != workspace.root else None)


def _write(workspace: Workspace, files: Sequence[tuple[str, str]], made: list[str]) -> None:
    workspace.root.mkdir(parents=True, exist_ok=True)
    if not workspace.is_kept:
        workspace.keep()
        made.append(".mlpw")
    for name, text in ((SETTINGS_FILE, _SETTINGS.format(name=workspace.root.name)), *files):
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        made.append(name)
