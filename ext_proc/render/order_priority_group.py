"""From 1.40: one cluster for each provider; the check writes the order of clusters into its dynamic metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.plan_names import provider_cluster_name
from ext_proc.render.config import EDGE_NAMESPACE, extension
from ext_proc.render.providers import endpoint, provider_cluster

if TYPE_CHECKING:
    from ext_proc.render.config import Config
    from ext_proc.settings import Settings

NOWHERE = "nowhere"
"""A group is required, of clusters that exist; a call that the check gave no order must reach nobody."""


def action() -> Config:
    return {
        "inline_cluster_specifier_plugin": {
            "extension": extension(
                "envoy.router.cluster_specifier_plugin.priority_group",
                "envoy.extensions.router.cluster_specifiers.priority_group.v3.PriorityGroupClusterSpecifier",
                priority_groups=[{"name": NOWHERE, "clusters": [{"cluster_name": NOWHERE, "weight": 1}]}],
                override_metadata_namespace=EDGE_NAMESPACE,
            )
        }
    }


def retry() -> Config:
    return {"refresh_cluster_on_retry": True}


def clusters(settings: Settings, ca_file: str) -> list[Config]:
    providers = [
        provider_cluster(provider_cluster_name(name), [endpoint(settings, name)], ca_file)
        for name in settings.providers
    ]
    return [{"name": NOWHERE, "type": "STATIC"}, *providers]
