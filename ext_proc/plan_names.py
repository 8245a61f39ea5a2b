"""The orders in which a model's backends may be tried, and the name of the Envoy cluster that holds such an order.

Both sides compute them from the operator's file: `render` makes a cluster for each order, the check names one.
"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import groupby, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.settings import Model

READABLE = 40


def plan_orders(model: Model) -> list[tuple[int, ...]]:
    """Every order of indexes into `model.backends` that may be chosen.

    Priorities ascend. Within one, any backend may come first; the others follow as in the file.
    """
    return [sum(parts, ()) for parts in product(*map(_each_first, _groups(model)))]


def plan_cluster_name(providers: Sequence[str]) -> str:
    """A readable name with a hash of the exact order; a provider may occur twice, once for each try."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", "_".join(providers))[:READABLE].strip("-")
    digest = hashlib.sha256(json.dumps(list(providers)).encode()).hexdigest()[:10]
    return f"plan_{readable}_{digest}"


def provider_cluster_name(provider: str) -> str:
    """The Envoy cluster of one provider."""
    return f"provider_{provider}"


def _groups(model: Model) -> list[tuple[int, ...]]:
    def priority(at: int) -> int:
        return model.backends[at].priority

    return [tuple(group) for _, group in groupby(sorted(range(len(model.backends)), key=priority), key=priority)]


def _each_first(group: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [(first, *(other for other in group if other != first)) for first in group]
