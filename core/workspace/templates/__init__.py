"""Workspaces to begin with: each template is the folder of that name beside this file, and runs as it is.

Every line of their YAML is explained in it, for people who meet Azure ML's language for the first time.
"""

from dataclasses import dataclass
from pathlib import Path

from core.errors import NotFoundError, WorkspaceError, did_you_mean
from core.workspace.starting import Started, start_workspace

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Template:
    """A workspace to begin with: its name, one line about it, and the pipeline in it to run."""

    name: str
    description: str
    pipeline: str


TEMPLATES = (
    Template("blank", "one small step, to add others to", "pipelines/pipeline.yml"),
    Template("train-evaluate", "split a table, train a model, examine it", "pipelines/train_evaluate.yml"),
    Template("batch-score", "check many files, have a model score them, sum up", "pipelines/batch_score.yml"),
)


def find(name: str) -> Template:
    """The template of that name.

    Raises NotFoundError with the nearest name.
    """
    for template in TEMPLATES:
        if template.name == name:
            return template
    names = [template.name for template in TEMPLATES]
    raise NotFoundError(
        f"there is no template '{name}'", hint=did_you_mean(name, names) or f"there are {', '.join(names)}"
    )


def create(name: str, folder: Path) -> Started:
    """Make `folder` (made when missing) a workspace that holds the template; what is there already stays as it is.

    Raises NotFoundError, and WorkspaceError, with nothing written, when a file of the template would meet another one
    of its name or the folder cannot be a workspace.
    """
    template = find(name)
    files = _files(template)
    for path in files:
        if (folder / path).exists() or (folder / path).is_symlink():
            raise WorkspaceError(
                f"{folder / path} is there already, and template '{name}' has a file of that name",
                hint="name a new folder: mlpw init --template " + name + " FOLDER",
            )
    started = start_workspace(folder, [(path, (_FOLDER / template.name / path).read_text("utf-8")) for path in files])
    return Started(started.root, started.made, template.pipeline, started.inside)


def _files(template: Template) -> list[str]:
    """The template's files, relative to its folder."""
    base = _FOLDER / template.name
    found = (path.relative_to(base) for path in base.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted(path.as_posix() for path in found)
