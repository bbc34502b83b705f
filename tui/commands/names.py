"""What people type for runs, steps and assets, made into what it stands for."""

import re

import click

from core.errors import NotFoundError, did_you_mean
from core.records.model import AssetKind, AssetRecord, RunRecord, StepRunRecord
from core.workspace import Workspace

_ASSET = re.compile(
    r"^(?:azureml:)?(?:(?P<kind>[a-z]+)[:/])?(?P<name>[^:@/]+)(?::(?P<version>[^:@]+)|@(?P<label>[^:@]+))?$"
)


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
    """An asset as `name`, `name:version`, `name@label` or with `data:` and the like in front.

    Raises NotFoundError.
    """
    match = _ASSET.match(text)
    if match is None:
        raise NotFoundError(f"'{text}' is no run and no asset", hint="expected a run's number, or NAME:VERSION")
    kinds = [kind for kind in AssetKind if match["kind"] in (None, str(kind))]
    if not kinds:
        raise NotFoundError(f"no kind '{match['kind']}'", hint=f"kinds: {', '.join(AssetKind)}")
    failure: NotFoundError | None = None
    for kind in kinds:
        try:
            return workspace.asset(kind, match["name"], match["version"] or "", match["label"] or "")
        except NotFoundError as error:
            failure = failure or error
    if len(kinds) > 1:
        raise NotFoundError(f"no run and no asset '{text}'", hint="see mlpw runs and mlpw ls")
    assert failure is not None
    raise failure
