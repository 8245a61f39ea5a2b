"""`tollkeeper serve`: a supervisor of worker processes, and each worker."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from ext_proc.bootstrap import open_worker
from ext_proc.cli.options import DEFAULT, ConfigFile, settings_at
from ext_proc.server import serve as serve_worker
from ext_proc.supervisor import supervise

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%z"


def serve(
    config: ConfigFile = DEFAULT,
    worker: Annotated[int | None, typer.Option(hidden=True, help="Serve as this worker alone.")] = None,
) -> None:
    """Serve decisions to the proxy, in as many processes as `listen.workers` says.

    A worker that dies is started again. SIGTERM drains: the health check says NOT_SERVING, open streams finish.
    Changes of the settings file, of credentials and of keys are taken up while it runs.

    Example: tollkeeper serve -c tollkeeper.yaml
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=LOG_FORMAT, datefmt=TIME_FORMAT)
    settings = settings_at(config).settings
    if worker is None:
        raise typer.Exit(asyncio.run(supervise(config, settings.listen.workers)))
    asyncio.run(_work(config, worker))


async def _work(config: Path, number: int) -> None:
    await serve_worker(await open_worker(config), number)
