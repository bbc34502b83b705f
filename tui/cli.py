"""The command `mlpw`: finds the command's module only when it is asked for, and says errors in one line."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import core
from core.errors import MlpwError, UsageError, did_you_mean, refused
from tui.place import Place

_WITHOUT = "plan, run, watch and ls do without one"
#: Command -> (module below tui.commands, name in it, one line of help); help of the group needs no module.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("run", "run", "Run what changed in a pipeline."),
    "plan": ("plan", "plan", "Show what a run would do, and why."),
    "watch": ("watch", "watch", "Show at each save what it makes stale, or run it."),
    "runs": ("runs", "runs", "List the runs of this workspace."),
    "show": ("show", "show", "Show one run, step, or asset."),
    "fetch": ("fetch", "fetch", "Bring results here that lie on a host."),
    "logs": ("logs", "logs", "Print what a step wrote."),
    "shell": ("shell", "shell", "Open a shell where a step runs."),
    "compare": ("compare", "compare", "Show how runs differ."),
    "rm": ("rm", "rm", "Delete runs."),
    "cancel": ("cancel", "cancel", "Stop a run and its steps."),
    "ls": ("ls", "ls", "List pipelines, components, data, environments, models, runs."),
    "init": ("init", "init", "Make a folder a workspace."),
    "edit": ("edit", "edit", "Change a pipeline's YAML: steps, wires, values; undo."),
    "clone": ("clone", "clone", "Write a pipeline or component again under another name."),
    "doctor": ("doctor", "doctor", "Check this machine and this workspace."),
    "gc": ("gc", "gc", "Remove what nothing needs any more."),
    "verify": ("verify", "verify", "Check kept results against their digests."),
    "data": ("assets", "data", "Versions of data."),
    "component": ("assets", "component", "Versions of components."),
    "environment": ("assets", "environment", "Versions of environments, and their images on Docker hosts."),
    "model": ("assets", "model", "Versions of models."),
    "compute": ("compute", "compute", "Docker hosts: list, show and test them; pause one."),
    "keys": ("keys", "keys", "List the workbench's keys; check your own."),
    "completion": ("completion", "completion", "Print the shell's completion script."),
}


class LazyGroup(click.Group):
    """Commands by name from the table; anything else that is a folder opens the workbench on it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and nothing else."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command = getattr(import_module(f"tui.commands.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command's name, or a folder to open.

        Raises click.UsageError with the nearest name.
        """
        name = args[0]
        if name in COMMANDS:
            return super().resolve_command(ctx, args)
        path = _inside(ctx.params["folder"], name)
        if path is not None and path.is_dir():
            return "open", _open_command(name), args[1:]
        if path is not None and path.is_file():
            raise click.UsageError(f"'{name}' is a file; to run it: mlpw run {name}")
        near = did_you_mean(name, COMMANDS)
        raise click.UsageError(f"no command and no folder '{name}'{'; ' + near if near else ''}; see mlpw --help")


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-C",
    "folder",
    default=".",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Act as if started in FOLDER, as git and make do.",
)
@click.version_option(core.__version__, message="mlpw %(version)s")
@click.pass_context
def cli(ctx: click.Context, folder: Path) -> None:
    """A terminal workbench for machine-learning pipelines.

    mlpw runs Azure ML pipeline YAML (CLI v2) on this machine, or on machines with Docker, and reruns only what
    changed. Without a command it opens the workbench on FOLDER (default: here).

    \b
    Examples:
      mlpw sample_workspace                    open the workbench on a folder
      mlpw run pipelines/train.yml             run what changed
      mlpw plan pipelines/train.yml            what would run, and why
      mlpw watch pipelines/train.yml --run     run at each save what it changed
      mlpw -C ~/taxi runs                      list the runs of another workspace
    """
    ctx.obj = Place(folder)
    if ctx.invoked_subcommand is None:
        _open_workbench(folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script; exits 0, 1 (a run failed), 2 (bad input or usage) or 130 (cancelled)."""
    if getattr(core, "PRODUCT", "") != "mlpw":
        sys.exit(f"mlpw: the package 'core' in {core.__file__} is not ours; install mlpw with pipx or uv tool install")
    try:
        code = cli.main(
            args=list(arguments) if arguments is not None else None, prog_name="mlpw", standalone_mode=False
        )
    except MlpwError as error:
        say_error(str(error))
        sys.exit(error.exit_code)
    except click.ClickException as error:
        sys.exit(_say_usage(error))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        text = _trouble(error)
        if not text:
            raise
        say_error(text)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def say_error(text: str) -> None:
    """One line on standard error, control characters made visible."""
    from tui.wording.safe import one_line

    click.echo(f"mlpw: {one_line(text)}", err=True)


def _say_usage(error: click.ClickException) -> int:
    """What click found wrong, and where to read what is right; gives the exit code."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        click.echo(error.format_message(), err=True)
        return 2
    message = error.format_message().replace("\n", " ").rstrip(". ")
    message = message if message[1:2].isupper() else message[:1].lower() + message[1:]
    seen = "--help" in message or context is None
    say_error(message if seen or context is None else f"{message}; see {context.command_path} --help")
    return 2


def _trouble(error: Exception) -> str:
    """Words for what the machine refuses (a disk, a file, the database); "" for a fault of ours."""
    if isinstance(error, OSError):
        return str(refused(error))
    if type(error).__module__.partition(".")[0] in ("sqlite3", "pysqlite3"):
        return f"the records cannot be used: {error}; mlpw verify examines them"
    return ""


def _inside(folder: Path, name: str) -> Path | None:
    """The path of a name, None for one that no file can have."""
    try:
        path = folder / name
        path.lstat()
    except (OSError, ValueError):
        return None
    return path


def _open_command(name: str) -> click.Command:
    def opens(**_: Any) -> None:
        place = click.get_current_context().obj
        _open_workbench(Path(place.folder, name))

    return click.Command("open", callback=opens, help="Open the workbench on this folder.")


def _open_workbench(folder: Path) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # it reads the one, and draws on the other
        raise UsageError("the workbench needs a terminal", hint=f"over SSH that is: ssh -t; {_WITHOUT}")
    if os.environ.get("TERM") == "dumb":
        raise UsageError("the workbench cannot draw on this terminal (TERM=dumb)", hint=_WITHOUT)
    from tui.app import run_workbench  # textual takes 230 ms to import

    run_workbench(folder)
