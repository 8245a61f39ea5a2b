"""The command line. Its commands stand in the table in `commands.py`."""

from __future__ import annotations

from ext_proc.cli.app import main

__all__ = ["main"]
