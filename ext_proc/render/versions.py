"""What each Envoy can do for us. The floor is 1.37: 1.36 crashes on a retry with an upstream ext_proc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class EnvoyVersion:
    order: Literal["priority_group", "plan"]
    """How the route learns in which order to try the providers; a key of `ORDERS` in `routes.py`."""
    meters: tuple[Literal["json", "sse"], ...]
    """The answers whose usage Envoy reads by itself."""


VERSIONS = {
    "1.37": EnvoyVersion(order="plan", meters=("json", "sse")),
    "1.38": EnvoyVersion(order="plan", meters=("json", "sse")),
    "1.39": EnvoyVersion(order="plan", meters=("json", "sse")),
    "1.40": EnvoyVersion(order="priority_group", meters=("json", "sse")),
}

KNOWN_VERSIONS = tuple(VERSIONS)


def envoy_version(version: str) -> EnvoyVersion:
    """Of `1.40` as of `1.40.0`; raises ValueError naming what is allowed."""
    minor = ".".join(version.removeprefix("v").split(".")[:2])
    if minor not in VERSIONS:
        raise ValueError(f"envoy version: {version!r} is unknown; allowed: {', '.join(KNOWN_VERSIONS)}")
    return VERSIONS[minor]
