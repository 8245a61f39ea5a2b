"""Options that several commands share, and the settings that they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ext_proc.cli.failure import Failure
from ext_proc.settings_file import SettingsFile, read

DEFAULT = Path("tollkeeper.yaml")
HELP = {"help_option_names": ["-h", "--help"]}

ConfigFile = Annotated[Path, typer.Option("--config", "-c", envvar="TOLLKEEPER_CONFIG", help="The settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings_at(path: Path) -> SettingsFile:
    """Raises Failure when there is no such file, ConfigError when it does not hold."""
    if not path.is_file():
        raise Failure(f"there is no settings file {path}; name yours with -c FILE or in TOLLKEEPER_CONFIG")
    return read(path)
