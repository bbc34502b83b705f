"""What people type for runs, steps and assets, made into what it stands for."""

import click

from core.errors import NotFoundError, UsageError, did_you_mean
from core.records.model import AssetKind, AssetRecord, RunRecord, StepRunRecord
from core.workspace import Workspace


def split_run(text: str) -> tuple[str, str]:
    """'12/train' -> ('12', 'train')."""
    run, _, step = text.partition("/")
    return run, step


def find_run(workspace: Workspace, text: str) -> RunRecord:
    """A run by number, or `latest`.

    Raises NotFoundError, click.UsageError for what can be no run.
    """
    if text in ("latest", "last", "@latest"):
        newest = workspace.runs(limit=1)
        if not newest:
            raise NotFoundError("there is no run yet", hint="start one: mlpw run PIPELINE")
        return newest[0]
    if not text.isdecimal() or len(text) > 18:
        raise click.UsageError(f"'{text}' is no run; expected a number as in mlpw runs, or 'latest'")
    return workspace.run(int(text))


def find_step(workspace: Workspace, run: RunRecord, name: str) -> StepRunRecord:
    """A step of a run.

    Raises NotFoundError with the nearest name.
    """
    steps = {step.step: step for step in workspace.steps(run.number)}
    if name not in steps:
        hint = did_you_mean(name, steps) or f"steps: {', '.join(steps)}"
        raise NotFoundError(f"no step '{name}' in run {run.number}", hint=hint)
    return steps[name]


def find_asset(workspace: Workspace, text: str) -> AssetRecord:
    """An asset as `name`, `name:version`, `name@label`, with `data:` and the like in front where names meet.

    Raises NotFoundError.
    """
    from core.workspace.versions import split_reference  # runs and steps need none of it

    body = text.removeprefix("azureml:")
    kind, mark, rest = body.partition("/") if "/" in body else body.partition(":")
    tries = [(AssetKind(kind), rest)] if mark and rest and kind in tuple(AssetKind) else []
    tries += [(kind, body) for kind in AssetKind]
    for kind, reference in tries:
        try:
            return workspace.asset(kind, *split_reference(reference))
        except (NotFoundError, UsageError):
            continue
    try:
        split_reference(tries[0][1])
    except UsageError:
        raise NotFoundError(
            f"'{text}' is no run and no asset", hint="expected a run's number, or NAME:VERSION"
        ) from None
    if len(tries) > len(AssetKind):
        return workspace.asset(tries[0][0], *split_reference(tries[0][1]))
    raise NotFoundError(f"no run and no asset '{text}'", hint="see mlpw runs and mlpw ls")
