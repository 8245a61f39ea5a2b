"""`tollkeeper render`: the proxy's own configuration, made from the same settings file."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import TypeAdapter, ValidationError

from ext_proc.cli.failure import Failure
from ext_proc.cli.options import DEFAULT, HELP, ConfigFile, settings_at
from ext_proc.render.envoy import CA_FILE, render
from ext_proc.render.versions import envoy_version
from ext_proc.settings_values import Address

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings=HELP,
    help="Print the configuration that the proxy needs.",
)


@app.callback()
def _a_group_of_one() -> None:
    pass


@app.command()
def envoy(
    version: Annotated[str, typer.Option("--envoy", help="The Envoy that will run it: 1.37 to 1.40.")] = "1.40",
    admin: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where Envoy's admin interface listens; none without it.")
    ] = None,
    ca_file: Annotated[str, typer.Option(help="What the providers' certificates are checked against.")] = CA_FILE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it there, whole or not at all.")] = None,
    config: ConfigFile = DEFAULT,
) -> None:
    """Print a whole Envoy bootstrap: listener, check, order of providers, metering and access log.

    Example: tollkeeper render envoy -o envoy.yaml && envoy -c envoy.yaml
    """
    settings = settings_at(config).settings
    try:
        bootstrap = render(settings, version=version, ca_file=ca_file, admin=_address(admin))
    except ValueError as error:
        raise Failure(str(error)) from None
    for note in _notes(version):
        typer.echo(f"note: {note}", err=True)
    text = yaml.safe_dump(bootstrap, sort_keys=False, allow_unicode=True, width=120)
    if output is None:
        typer.echo(text, nl=False)
    else:
        _write(output, text)


def _address(admin: str | None) -> str | None:
    try:
        return TypeAdapter(Address | None).validate_python(admin)
    except ValidationError:
        raise Failure(f"--admin: {admin!r} is no address; allowed: HOST:PORT") from None


def _notes(version: str) -> list[str]:
    envoy_ = envoy_version(version)
    notes = {
        "sse": "this Envoy cannot read usage from event streams: every stream passes through the service",
        "json": "this Envoy cannot read usage from answers: every answer passes through the service",
    }
    found = [note for kind, note in notes.items() if kind not in envoy_.meters]
    if envoy_.order == "plan":
        found.append("this Envoy needs a cluster for each order of providers; a model with many backends makes many")
    return found


def _write(path: Path, text: str) -> None:
    try:
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(fresh).chmod(0o644)
        Path(fresh).replace(path)
    except OSError as error:
        raise Failure(f"--output: {path} cannot be written: {error.strerror}") from None
