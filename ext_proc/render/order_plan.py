"""From 1.37: one cluster for each order of providers, every try a priority; the check names the cluster in a header.

Not `matcher` slots (1.39): a retry reads the slot headers again, so they could not be kept from the first provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.plan_names import plan_cluster_name, plan_orders
from ext_proc.providers import KINDS
from ext_proc.render.config import extension
from ext_proc.render.providers import endpoint, provider_cluster

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.settings import Settings

HEADER = "x-tollkeeper-plan"


def action() -> Config:
    return {"cluster_header": HEADER}


def retry() -> Config:
    return {
        "retry_priority": extension(
            "envoy.retry_priorities.previous_priorities",
            "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
            update_frequency=1,
        )
    }


def clusters(settings: Settings, ca_file: str) -> list[Config]:
    return [
        provider_cluster(plan_cluster_name(order), [endpoint(settings, provider) for provider in order], ca_file)
        for order in _orders(settings)
    ]


def _orders(settings: Settings) -> list[tuple[str, ...]]:
    orders = (
        tuple(model.backends[at].provider for at in order)
        for model in settings.models.values()
        for order in plan_orders(model)
    )
    keepers = ((name,) for name, provider in settings.providers.items() if KINDS[provider.kind].keeping)
    return list(dict.fromkeys((*orders, *keepers)))
