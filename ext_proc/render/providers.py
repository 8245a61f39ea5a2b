"""Providers as Envoy sees them: endpoints that know their provider, TLS that checks who answers, clusters of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ext_proc.render.config import BUFFER, SERVICE, circuit_breakers, extension, is_ip, socket_address, typed
from ext_proc.render.upstream_filter import upstream_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.render.config import Config
    from ext_proc.settings import Settings

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one provider is."""

    provider: str
    host: str
    port: int
    tls: bool

    @property
    def authority(self) -> str:
        """The Host that it expects, with its port where that is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == PORTS["https" if self.tls else "http"]
        return host if usual else f"{host}:{self.port}"


def endpoint(settings: Settings, provider: str) -> Endpoint:
    url = urlsplit(settings.providers[provider].address)
    return Endpoint(provider, url.hostname or "", url.port or PORTS[url.scheme], url.scheme == "https")


def provider_cluster(name: str, tries: Sequence[Endpoint], ca_file: str) -> Config:
    """A cluster that tries these endpoints in order, each as a priority of its own."""
    return {
        "name": name,
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": BUFFER,
        **_resolution(tries),
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"priority": at, "lb_endpoints": [_lb_endpoint(one)]} for at, one in enumerate(tries)],
        },
        "circuit_breakers": circuit_breakers(),
        "upstream_connection_options": {"tcp_keepalive": {"keepalive_time": 60, "keepalive_interval": 15}},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _protocol(tries),
        },
        **_transport(tries, ca_file),
    }


def _resolution(tries: Sequence[Endpoint]) -> Config:
    """As one endpoint where it can be: so connections stay when a large provider's addresses rotate."""
    if all(is_ip(one.host) for one in tries):
        return {"type": "STATIC"}
    dns = extension(
        "envoy.cluster.dns",
        "envoy.extensions.clusters.dns.v3.DnsCluster",
        dns_refresh_rate="30s",
        dns_lookup_family="V4_PREFERRED",
        all_addresses_in_single_endpoint=len(tries) == 1,
    )
    return {"cluster_type": dns}


def _lb_endpoint(one: Endpoint) -> Config:
    return {
        "endpoint": {"address": socket_address(one.host, one.port), "hostname": one.authority},
        "metadata": {
            "filter_metadata": {
                SERVICE: {"provider": one.provider},
                "envoy.transport_socket_match": {"provider": one.provider},
            }
        },
    }


def _protocol(tries: Sequence[Endpoint]) -> Config:
    """HTTP/2 where TLS can negotiate it for every try; a cluster cannot negotiate for some only."""
    choice: Config = {"auto_config": {}} if all(one.tls for one in tries) else _http1()
    return typed(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        **choice,
        common_http_protocol_options={"idle_timeout": "60s"},
        http_filters=upstream_filters(),
    )


def _http1() -> Config:
    return {"explicit_http_config": {"http_protocol_options": {}}}


def _transport(tries: Sequence[Endpoint], ca_file: str) -> Config:
    """Each provider's own socket, by its name: Envoy's automatic SNI would send the gateway's name."""
    secure = {one.provider: one for one in tries if one.tls}
    if not secure:
        return {}
    if len({one.provider for one in tries}) == 1:
        return {"transport_socket": _tls(tries[0], ca_file)}
    matches = {one.provider: _tls(one, ca_file) if one.tls else _plain() for one in tries}
    return {
        "transport_socket": _tls(next(iter(secure.values())), ca_file),
        "transport_socket_matches": [
            {"name": name, "match": {"provider": name}, "transport_socket": socket} for name, socket in matches.items()
        ],
    }


def _plain() -> Config:
    return extension("envoy.transport_sockets.raw_buffer", "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer")


def _tls(one: Endpoint, ca_file: str) -> Config:
    validation: Config = {"trusted_ca": {"filename": ca_file}}
    if is_ip(one.host):
        validation["match_typed_subject_alt_names"] = [{"san_type": "IP_ADDRESS", "matcher": {"exact": one.host}}]
    return extension(
        "envoy.transport_sockets.tls",
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        common_tls_context={"validation_context": validation},
        **({} if is_ip(one.host) else {"sni": one.host, "auto_sni_san_validation": True}),
    )
