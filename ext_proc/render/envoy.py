"""A whole Envoy bootstrap of two levels: ext_authz at the edge, ext_proc at each attempt. Settings in, JSON out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.render.config import SERVICE, Config, address
from ext_proc.render.listener import listener
from ext_proc.render.routes import ORDERS
from ext_proc.render.service_cluster import service_cluster
from ext_proc.render.versions import KNOWN_VERSIONS, envoy_version

if TYPE_CHECKING:
    from ext_proc.settings import Settings

CA_FILE = "/etc/ssl/certs/ca-certificates.crt"

__all__ = ["CA_FILE", "KNOWN_VERSIONS", "render"]


def render(settings: Settings, *, version: str = "1.40", ca_file: str = CA_FILE, admin: str | None = None) -> Config:
    """The bootstrap for this Envoy as a JSON-able dict; raises ValueError for a version that is not known.

    `ca_file` is what providers' certificates are checked against; `admin` is where Envoy's admin interface listens.
    """
    envoy = envoy_version(version)
    config: Config = {
        "node": {"id": SERVICE, "cluster": SERVICE},
        "static_resources": {
            "listeners": [listener(settings, envoy)],
            "clusters": [service_cluster(settings.listen), *ORDERS[envoy.order].clusters(settings, ca_file)],
        },
    }
    return config if admin is None else {"admin": {"address": address(admin)}, **config}
