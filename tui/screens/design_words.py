"""What the Build screen shows of ports, choices and edits, as rows, fields and lines: pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tui.dialogs.design_form import Field
from tui.reading.designing import Choice, EditView, PortView
from tui.views import StepState, Trouble
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Row


@dataclass(frozen=True, slots=True)
class Outer:
    """Where a nested pipeline is used: the file of the pipeline that runs, and the step of it, "a.b" in two levels."""

    pipeline: str
    step: str

    def states(self, states: Mapping[str, StepState]) -> dict[str, StepState]:
        """The states of the nested pipeline's steps, by the names that its own file gives them."""
        start = f"{self.step}."
        return {name.removeprefix(start): state for name, state in states.items() if name.startswith(start)}


def nearest(name: str, steps: Collection[str]) -> str:
    """A step or nested pipeline, else the one around it that is still there, else an empty string."""
    while name and not any(f"{step}.".startswith(f"{name}.") for step in steps):
        name = name.rpartition(".")[0]
    return name


def is_loose(port: PortView) -> bool:
    """Whether an input takes nothing yet, or only an input of the pipeline."""
    return not port.source or port.source.startswith("inputs.")


def field_of(prefix: str, port: PortView) -> Field:
    """An input as a field of a form; its key is dotted, as `--set` names it."""
    given = f"now {port.source}" if port.source else f"default {port.default}" if port.default else ""
    placeholder = given or ("needs a value" if port.is_required else "optional")
    about = " · ".join(filter(None, (port.type, port.about)))
    return Field(f"{prefix}{port.name}", port.name, port.value, placeholder, about)


def setting_of(key: str, value: str, step: str) -> Field:
    """A setting as a field of a form."""
    name = key.removeprefix(f"jobs.{step}.")
    about = "of every step, unless it says otherwise" if key.startswith("settings.") else "of this step"
    return Field(key, name.removeprefix("settings."), value, "not said", about)


def choice_rows(found: Sequence[Choice], now: str = "") -> list[Row]:
    """What can be chosen, as rows; `now` is the key of what is chosen already."""
    return [
        Row(
            each.key,
            (
                (each.name, "paint--title"),
                (each.kind, "paint--muted"),
                ("now" if now and each.key == now else each.about, "paint--text"),
            ),
        )
        for each in found
    ]


def _style(text: str) -> str:
    """The colour of a line of a diff; its first character says the same."""
    return {"+": "status--succeeded", "-": "status--failed", "@": "paint--muted"}.get(text[:1], "paint--text")


def diff_lines(edit: EditView) -> list[Line]:
    """What an edit changes, with the warnings that it brings."""
    lines = [Line(notice, status=Status.STALE) for notice in edit.notices]
    return lines + [Line(text, style=_style(text), wrap=False) for text in edit.diff[2:]]


def trouble_lines(trouble: Trouble) -> list[Line]:
    """Why an edit was not made, where, and what to do."""
    where = f"{trouble.place.file}:{trouble.place.line}" if trouble.place and trouble.place.line else ""
    lines = [Line(trouble.message, status=Status.FAILED)]
    lines += [Line(where, label="at")] if where else []
    return lines + ([Line(trouble.hint, label="hint")] if trouble.hint else [])
