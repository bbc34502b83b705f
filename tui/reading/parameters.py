"""A pipeline's inputs as a form needs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.records.model import AssetKind
from core.workspace import Workspace
from core.workspace.inputs import check_values, given_values, inputs_of, last_values
from tui.reading.requests import asked_again

_BOOLEANS = ("true", "false")


@dataclass(frozen=True, slots=True)
class FormField:
    """One input: `value` is what it has now, `default` what the YAML gives, `last` what it was given last ("" never).

    `choices` are all it can be; empty for anything. `about` says its type and bounds.
    """

    name: str
    value: str
    default: str = ""
    last: str = ""
    about: str = ""
    description: str = ""
    choices: tuple[str, ...] = ()
    is_data: bool = False
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What a person may give a pipeline; `assets` are names of registered data, `folder` that of the pipeline."""

    pipeline: str
    fields: tuple[FormField, ...]
    assets: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path)

    def changes(self, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The pairs of `--set` for values that are not what the YAML gives; an empty one stands for that."""
        given = ((item, values.get(item.name, "")) for item in self.fields)
        return tuple((f"inputs.{item.name}", value) for item, value in given if value not in ("", item.default))


def form_of(pipeline: str, run: int = 0) -> Callable[[Workspace], Form]:
    """The form of a pipeline, filled as `run` was; raises core's errors where it cannot be read."""

    def look(workspace: Workspace) -> Form:
        file = workspace.root / pipeline
        last = last_values(workspace, pipeline)
        given = given_values(asked_again(run)(workspace).changes) if run else {}
        fields = tuple(
            FormField(
                found.name,
                given.get(found.name, found.default),
                found.default,
                last.get(found.name, ""),
                _about(found.type, found.minimum, found.maximum),
                found.description,
                found.enum or (_BOOLEANS if found.type == "boolean" else ()),
                found.is_data,
                not (found.default or found.optional),
            )
            for found in inputs_of(workspace, file)
        )
        names = tuple(f"azureml:{asset.name}@latest" for asset in workspace.assets(AssetKind.DATA))
        return Form(pipeline, fields, names, file.parent)

    return look


def refused(pipeline: str, values: Mapping[str, str]) -> Callable[[Workspace], dict[str, str]]:
    """What the loader says of values, by input, under "" what is wrong whatever they are."""

    def check(workspace: Workspace) -> dict[str, str]:
        found = check_values(workspace, workspace.root / pipeline, values)
        return {
            name: f"{error.message}{f'; {error.hint}' if error.hint else ''}" if name else str(error)
            for name, error in found.items()
        }

    return check


def _about(kind: str, minimum: str, maximum: str) -> str:
    bounds = f"{minimum} to {maximum}" if minimum and maximum else ""
    bounds = bounds or (f"at least {minimum}" if minimum else f"at most {maximum}" if maximum else "")
    return ", ".join(part for part in (kind, bounds) if part)


def completed(form: Form, text: str) -> str:
    """What a text for a data input could go on as: a registered asset, a path from the pipeline's folder, or ""."""
    if not text:
        return ""
    asset = next((name for name in form.assets if name.startswith(text)), "")
    if asset or text.startswith("azureml:"):
        return asset
    folder, _, begun = text.rpartition("/")
    place = form.folder / Path(f"{folder}/" if folder or text.startswith("/") else ".").expanduser()
    try:
        names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in place.iterdir())
    except (OSError, RuntimeError):
        return ""
    found = next((name for name in names if name.startswith(begun) and (begun or not name.startswith("."))), "")
    return f"{text[: len(text) - len(begun)]}{found}" if found else ""
