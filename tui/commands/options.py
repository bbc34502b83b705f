"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.complete import complete_yaml

if TYPE_CHECKING:
    from core.planning.selection import Selection

Command = Callable[..., Any]


def json_option(command: Command) -> Command:
    """`--json`: one JSON value on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value for scripts.")(command)


def pipeline_argument(command: Command) -> Command:
    """The pipeline's file."""
    return click.argument("pipeline", type=click.Path(path_type=Path), shell_complete=complete_yaml)(command)


def selection_options(command: Command) -> Command:
    """Which inputs are set and which steps are asked for."""
    for option in reversed(
        (
            click.option(
                "--set",
                "changes",
                multiple=True,
                metavar="KEY=VALUE",
                help="Change a value as az ml job create does: inputs.x=3, inputs.data.path=./d, "
                "settings.default_compute=gpu.",
            ),
            click.option("--force", is_flag=True, help="Run every selected step, changed or not."),
            click.option("--force-step", "force_steps", multiple=True, metavar="STEP", help="Run this step anyway."),
            click.option("--only", multiple=True, metavar="STEP", help="Only this step; others keep their results."),
            click.option("--from", "start", multiple=True, metavar="STEP", help="This step and those after it."),
            click.option("--to", "end", multiple=True, metavar="STEP", help="This step and those it needs."),
        )
    ):
        command = option(command)
    return command


class Asked:
    """What `selection_options` gave, as the engine takes it."""

    def __init__(
        self,
        *,
        changes: tuple[str, ...],
        force: bool,
        force_steps: tuple[str, ...],
        only: tuple[str, ...],
        start: tuple[str, ...],
        end: tuple[str, ...],
    ) -> None:
        """Take the options' values.

        Raises click.UsageError for a `--set` without `=`.
        """
        self.changes = changes_of(changes)
        self.is_everything = not (force or force_steps or only or start or end)
        self._force, self._force_steps = force, force_steps
        self._only, self._start, self._end = only, start, end

    @property
    def selection(self) -> "Selection":
        """The steps asked for."""
        from core.planning.selection import Selection  # a run with nothing to do needs no planning

        return Selection(self._only, self._start, self._end, self._force, self._force_steps)


def changes_of(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`KEY=VALUE` texts as pairs.

    Raises click.UsageError for a text without `=`.
    """
    return tuple(map(_pair, texts))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise click.UsageError(f"--set {text}: expected KEY=VALUE, such as inputs.epochs=3")
    return key.strip(), value
