"""What the shell offers when TAB is pressed: files, runs, steps, kinds and names of the workspace."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.place import Place

if TYPE_CHECKING:  # completing is rare, and this is on every command's way
    from core.records.model import AssetKind

Complete = Callable[[click.Context, click.Parameter, str], list[Any]]
_NEWEST = 30


def complete_yaml(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Folders and YAML files below what is typed so far, seen from the folder of -C."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") or not incomplete else typed.parent
    base = _place(context).path(folder)
    found = []
    for entry in sorted(base.iterdir()) if base.is_dir() else []:
        shown = str(folder / entry.name) + ("/" if entry.is_dir() else "")
        wanted = entry.is_dir() or entry.suffix in (".yml", ".yaml")
        if wanted and shown.startswith(incomplete) and not entry.name.startswith("."):
            found.append(shown)
    return _items(found, incomplete)


def complete_run(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """The newest runs; after 12/ the steps of run 12."""
    from core.errors import MlpwError
    from tui.commands.names import find_run, split_run

    run = split_run(incomplete)[0]
    try:
        with _place(context).workspace() as workspace:
            if "/" not in incomplete:
                return _items(["latest", *(str(run.number) for run in workspace.runs(limit=_NEWEST))], incomplete)
            found = find_run(workspace, run)
            return _items((f"{run}/{record.step}" for record in workspace.steps(found.number)), incomplete)
    except (MlpwError, click.ClickException, OSError):
        return []


def complete_step_of(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Pipelines' files, and steps of runs."""
    return [*complete_yaml(context, parameter, incomplete), *complete_run(context, parameter, incomplete)]


def complete_step(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """The steps of the pipeline that was named before."""
    from core.errors import MlpwError

    file = _place(context).path(context.params.get("what") or context.params.get("pipeline") or "")
    try:
        with _place(context).workspace(file) as workspace:
            return _items(workspace.graph(file).steps, incomplete)
    except (MlpwError, OSError):
        return []


def complete_computes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """The Docker hosts that files of the workspace define."""
    from core.errors import MlpwError
    from core.workspace.computes import targets

    try:
        with _place(context).workspace() as workspace:
            return _items(targets(workspace).known, incomplete)
    except (MlpwError, OSError):
        return []


def complete_words(*words: str) -> Complete:
    """A fixed set of words."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
        return _items(words, incomplete)

    return complete


def complete_assets(kind: "AssetKind") -> Complete:
    """Registered names of a kind."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
        from core.errors import MlpwError

        try:
            with _place(context).workspace() as workspace:
                return _items((asset.name for asset in workspace.assets(kind, archived=True)), incomplete)
        except (MlpwError, OSError):
            return []

    return complete


def _place(context: click.Context) -> Place:
    """Where the command would act; while completing, the group's callback has not run."""
    if isinstance(context.obj, Place):
        return context.obj
    return Place(Path(context.find_root().params.get("folder") or "."))


def _items(texts: Iterable[str], incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(text) for text in texts if text.startswith(incomplete) and text.isprintable()]
