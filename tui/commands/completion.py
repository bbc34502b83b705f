"""`mlpw completion`."""

import click

_FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/mlpw.fish"}


@click.command()
@click.argument("shell", type=click.Choice(sorted(_FILES)))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      mlpw completion bash >> ~/.bashrc
      mlpw completion fish > ~/.config/fish/completions/mlpw.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    root = context.find_root().command
    click.echo(made(root, {}, "mlpw", "_MLPW_COMPLETE").source())
