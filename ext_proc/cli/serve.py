"""`tollkeeper serve`: a supervisor of worker processes, and each worker."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer


def serve(
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="TOLLKEEPER_CONFIG", help="The operator's file.")
    ] = Path("tollkeeper.yaml"),
    worker: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve decisions to the proxy until SIGTERM, which drains.

    Example: tollkeeper serve -c tollkeeper.yaml
    """
    from ext_proc.credentials.credential import NoCredential
    from ext_proc.errors import ControlError
    from ext_proc.settings_file import load
    from ext_proc.supervisor import supervise

    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )
    try:
        if worker is None:
            raise typer.Exit(asyncio.run(supervise(config, load(config).listen.workers)))
        asyncio.run(_work(config, worker))
    except (ControlError, NoCredential) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


async def _work(config: Path, number: int) -> None:
    from ext_proc.bootstrap import open_worker
    from ext_proc.server import serve as serve_worker

    await serve_worker(await open_worker(config), number)
