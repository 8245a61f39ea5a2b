"""The one route: every path goes past the check, to the providers in the order that the check chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ext_proc.apis import APIS
from ext_proc.render import order_plan, order_priority_group
from ext_proc.render.check import check_route
from ext_proc.render.config import duration
from ext_proc.settings import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ext_proc.render.config import Config
    from ext_proc.render.versions import EnvoyVersion
    from ext_proc.settings import Settings

RESPONSE_BUFFER = 64 * 1024 * 1024
"""What a whole JSON answer may measure where Envoy reads its usage."""

KEPT_FROM_PROVIDERS = (
    "accept-encoding",  # neither the native meters nor our filter read a compressed answer
    "cookie",
    "forwarded",
    "via",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
    order_plan.HEADER,
)
KEPT_FROM_CLIENTS = ("alt-svc", "set-cookie", "openai-organization", "openai-project", "anthropic-organization-id")
"""What a provider says about its own host and about the operator's account."""


MAKING = tuple(path for api in APIS.values() if api.keeps and api.keeps.does in ("make", "begin") for path in api.paths)
"""Client paths whose calls are not to be made twice."""


@dataclass(frozen=True, slots=True)
class Order:
    """How one kind of Envoy is told the order: its route action, its retry policy and the clusters that it needs."""

    action: Callable[[], Config]
    retry: Callable[[], Config]
    clusters: Callable[[Settings, str], list[Config]]


ORDERS = {
    "plan": Order(order_plan.action, order_plan.retry, order_plan.clusters),
    "priority_group": Order(order_priority_group.action, order_priority_group.retry, order_priority_group.clusters),
}


def route_config(settings: Settings, version: EnvoyVersion) -> Config:
    return {
        "name": "tollkeeper",
        "virtual_hosts": [
            {
                "name": "tollkeeper",
                "domains": ["*"],
                "routes": [*_once_only(settings, version), _route(settings, version)],
            }
        ],
    }


def retries(settings: Settings) -> int:
    """One for each further backend, and one at least: a kept connection may close as the call is sent."""
    return max(1, most_backends(settings) - 1)


def most_backends(settings: Settings) -> int:
    return max(len(model.backends) for model in settings.models.values())


def _route(settings: Settings, version: EnvoyVersion) -> Config:
    order = ORDERS[version.order]
    return {
        "name": "tollkeeper",
        "match": {"prefix": "/"},
        # The retry buffer too: each attempt gets the client's own bytes.
        "request_body_buffer_limit": max(settings.proxy.max_body_bytes + 1024, RESPONSE_BUFFER),
        "request_headers_to_remove": list(KEPT_FROM_PROVIDERS),
        "response_headers_to_remove": list(KEPT_FROM_CLIENTS),
        "typed_per_filter_config": check_route(version),
        "route": {
            **order.action(),
            "cluster_not_found_response_code": "SERVICE_UNAVAILABLE",
            "timeout": duration(seconds(settings.proxy.timeout)),
            "auto_host_rewrite": True,
            "retry_policy": {**_retry_policy(settings), **order.retry()},
        },
    }


def _once_only(settings: Settings, version: EnvoyVersion) -> list[Config]:
    """What makes something at a provider is tried again only where that cannot have had it."""
    return [_once(_route(settings, version), path) for path in MAKING]


def _once(route: Config, path: str) -> Config:
    is_post = {"name": ":method", "string_match": {"exact": "POST"}}
    again = {**route["route"]["retry_policy"], "retry_on": "connect-failure,reset-before-request,refused-stream"}
    again.pop("retriable_status_codes")
    return {
        **route,
        "name": f"tollkeeper{path.replace('/', '-')}",
        "match": {"path": path, "headers": [is_post]},
        "route": {**route["route"], "retry_policy": again},
    }


def _retry_policy(settings: Settings) -> Config:
    return {
        "retry_on": "5xx,reset,connect-failure,retriable-status-codes",
        "retriable_status_codes": [429, 529],
        "num_retries": retries(settings),
        "per_try_timeout": duration(seconds(settings.proxy.first_byte_timeout)),
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }
