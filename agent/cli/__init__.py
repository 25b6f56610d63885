"""The command line. `main` is the console script `nomoat`."""

from __future__ import annotations


def main() -> None:
    """Run the command line; imports nothing but click until a command is known."""
    from nomoat.agent.cli.main import cli

    cli(prog_name="nomoat")
