"""Which version of this runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    try:
        return version("tollkeeper")
    except PackageNotFoundError:
        return "(not installed)"
