"""`nomoat completion`: what a shell needs to complete commands, options, runs and models."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL; its profile evaluates it.

    bash, in ~/.bashrc:   eval "$(nomoat completion bash)"

    zsh, in ~/.zshrc:     eval "$(nomoat completion zsh)"

    fish, once:           nomoat completion fish > ~/.config/fish/completions/nomoat.fish
    """
    from click.shell_completion import get_completion_class

    from nomoat.agent.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"This version of click knows no completion for {shell}.")
    click.echo(kind(cli, {}, "nomoat", "_NOMOAT_COMPLETE").source())
