"""The command line as a whole: finds a command in a table, and tells a user's mistake without a traceback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from ext_proc.cli.commands import COMMANDS
from ext_proc.version import installed_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click.core import Command, Context

ABOUT = """Keys, budgets, policy and translation for AI calls, beside the Envoy that you already run.

Every command reads one settings file: -c FILE, else TOLLKEEPER_CONFIG, else ./tollkeeper.yaml.
"""


class Commands(TyperGroup):
    """Lists the table's commands, but for those whose module is not there, and imports the one that is run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        there = {name: entry for name, entry in COMMANDS.items() if entry.exists()}
        self.commands = {name: TyperCommand(name, help=entry.about) for name, entry in there.items()}

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _command(COMMANDS[str(name)].load(), str(name)), rest


def _command(what: Any, name: str) -> Command:
    app = what if isinstance(what, typer.Typer) else typer.Typer(add_completion=False)
    if app is not what:
        app.command(name)(what)
    command = typer.main.get_command(app)
    command.name = name
    return command


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tollkeeper {installed_version()}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The options of the command line as a whole."""


def _mistakes() -> tuple[type[Exception], ...]:
    """Imported only when something was raised."""
    from ext_proc.cli.mistakes import MISTAKES  # noqa: PLC0415  so that --help stays quick

    return MISTAKES


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit status 0 for done, 1 for a check that failed, 2 for a mistake of the user."""
    app = typer.Typer(
        cls=Commands,
        name="tollkeeper",
        help=ABOUT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    try:
        app(arguments, prog_name="tollkeeper")
    except _mistakes() as mistake:
        sys.stderr.write("".join(f"error: {line}\n" for line in str(mistake).splitlines()))
        sys.exit(2)
