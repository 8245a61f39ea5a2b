"""Each trap that was once fallen into (DESIGN, "Wiring to the hosts") has its place in what is rendered, on every Envoy."""

from __future__ import annotations

import pytest

from ext_proc.render.envoy import KNOWN_VERSIONS, render
from ext_proc.settings import Settings

SETTINGS = Settings(
    listen={"workers": 3},
    proxy={"timeout": "10m", "first_byte_timeout": "60s", "max_body_bytes": 200_000_000},
    providers={
        "openai": {"kind": "openai"},
        "claude": {"kind": "anthropic"},
        "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:8000/v1"},
    },
    models={
        "one": {"backends": [{"provider": "openai"}]},
        "three": {
            "backends": [
                {"provider": "openai"},
                {"provider": "claude", "priority": 1},
                {"provider": "local", "priority": 2},
            ]
        },
    },
)


@pytest.fixture(params=KNOWN_VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def bootstrap(version):
    return render(SETTINGS, version=version)


def manager(bootstrap):
    (chain,) = bootstrap["static_resources"]["listeners"][0]["filter_chains"]
    return chain["filters"][0]["typed_config"]


def edge(bootstrap, name):
    return next(
        one["typed_config"] for one in manager(bootstrap)["http_filters"] if one["name"] == f"envoy.filters.http.{name}"
    )


def route(bootstrap):
    (host,) = manager(bootstrap)["route_config"]["virtual_hosts"]
    return host["routes"][-1]


def making_routes(bootstrap):
    (host,) = manager(bootstrap)["route_config"]["virtual_hosts"]
    return host["routes"][:-1]


def cluster(bootstrap, name):
    return next(one for one in bootstrap["static_resources"]["clusters"] if one["name"] == name)


def provider_clusters(bootstrap):
    clusters = bootstrap["static_resources"]["clusters"]
    return [one for one in clusters if one["name"].startswith(("provider_", "plan_"))]


def options(one):
    return one["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]


def attempt(one):
    return options(one)["http_filters"][0]["typed_config"]["extension_config"]["typed_config"]


def values(node, key):
    """Every value that stands under `key`, wherever."""
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == key)
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from values(child, key)


EDGE = {
    "fails closed": ("failure_mode_allow", False),
    "answers 503, not 403, when it is down": ("status_on_error", {"code": "ServiceUnavailable"}),
    "resolves the route again": ("clear_route_cache", True),
    "shows a header given twice": ("encode_raw_headers", True),
    "never shows a part of a body": (
        "with_request_body",
        {"max_request_bytes": 200_000_000, "allow_partial_message": False, "pack_as_bytes": True},
    ),
}


@pytest.mark.parametrize("trap", EDGE)
def test_the_check(trap, bootstrap):
    key, value = EDGE[trap]
    assert edge(bootstrap, "ext_authz")[key] == value


ATTEMPT = {
    "fails closed": ("failure_mode_allow", False),
    "answers 503, not 500, when the service is down": ("status_on_error", {"code": "ServiceUnavailable"}),
    "has more than 200 ms for an answer": ("message_timeout", "5s"),
    "may ask for bodies": ("allow_mode_override", True),
    "sees the headers, or mutations are dropped in silence": (
        "processing_mode",
        {
            "request_header_mode": "SEND",
            "request_body_mode": "NONE",
            "request_trailer_mode": "SKIP",
            "response_header_mode": "SEND",
            "response_body_mode": "NONE",
            "response_trailer_mode": "SKIP",
        },
    ),
    "learns its provider, and never asks for xds.node": (
        "request_attributes",
        [
            "xds.upstream_host_metadata.filter_metadata['tollkeeper']['provider']",
            "upstream.request_attempt_count",
        ],
    ),
    "gets the plan of the edge": (
        "metadata_options",
        {"forwarding_namespaces": {"untyped": ["envoy.filters.http.ext_authz"]}},
    ),
}


@pytest.mark.parametrize("trap", ATTEMPT)
def test_each_attempt(trap, bootstrap):
    key, value = ATTEMPT[trap]
    assert [attempt(one)[key] for one in provider_clusters(bootstrap)] == [value] * len(provider_clusters(bootstrap))


RETRY = {
    "failures, not only refused connections": ("retry_on", "5xx,reset,connect-failure,retriable-status-codes"),
    "rate limits and overload": ("retriable_status_codes", [429, 529]),
    "one for each further backend": ("num_retries", 2),
    "a provider that stays silent": ("per_try_timeout", "60s"),
}


@pytest.mark.parametrize("trap", RETRY)
def test_what_is_tried_again(trap, bootstrap):
    key, value = RETRY[trap]
    assert route(bootstrap)["route"]["retry_policy"][key] == value


def test_what_makes_something_is_not_tried_again_once_a_provider_may_have_it(bootstrap):
    """A second upload, or a second batch, would be paid for and belong to nobody."""
    usual = route(bootstrap)
    assert [one["match"]["path"] for one in making_routes(bootstrap)] == [
        "/v1/files",
        "/v1/batches",
        "/v1/messages/batches",
    ]
    for one in making_routes(bootstrap):
        policy = one["route"]["retry_policy"]
        assert policy["retry_on"] == "connect-failure,reset-before-request,refused-stream"
        assert "retriable_status_codes" not in policy
        assert one["match"]["headers"] == [{"name": ":method", "string_match": {"exact": "POST"}}]
        assert {**one, "name": 0, "match": 0, "route": 0} == {**usual, "name": 0, "match": 0, "route": 0}
        assert {**one["route"], "retry_policy": 0} == {**usual["route"], "retry_policy": 0}


def test_a_retry_goes_elsewhere(version, bootstrap):
    policy = route(bootstrap)["route"]["retry_policy"]
    if version == "1.40":
        assert policy["refresh_cluster_on_retry"]
    else:
        assert policy["retry_priority"]["name"] == "envoy.retry_priorities.previous_priorities"


def test_a_body_that_the_check_takes_can_be_sent_again(bootstrap):
    assert route(bootstrap)["request_body_buffer_limit"] > 200_000_000


def test_compressed_answers_are_not_asked_for(bootstrap):
    assert "accept-encoding" in route(bootstrap)["request_headers_to_remove"]


def test_each_attempt_has_the_host_of_its_provider(bootstrap):
    assert route(bootstrap)["route"]["auto_host_rewrite"] is True
    hostnames = set(values(provider_clusters(bootstrap), "hostname"))
    assert hostnames == {"api.openai.com", "api.anthropic.com", "127.0.0.1:8000"}


def test_tls_names_the_provider_and_not_the_gateway(bootstrap):
    assert set(values(provider_clusters(bootstrap), "sni")) == {"api.openai.com", "api.anthropic.com"}
    assert set(values(provider_clusters(bootstrap), "auto_sni_san_validation")) == {True}
    assert not list(values(bootstrap, "auto_sni"))


def test_calls_that_hang_end(bootstrap):
    assert route(bootstrap)["route"]["timeout"] == "600s"
    assert manager(bootstrap)["stream_idle_timeout"] == "210s"


def test_no_bound_is_met_by_a_thousand_streams_or_four_retries(bootstrap):
    for one in [cluster(bootstrap, "tollkeeper"), *provider_clusters(bootstrap)]:
        (bounds,) = one["circuit_breakers"]["thresholds"]
        assert set(bounds) == {"max_connections", "max_pending_requests", "max_requests", "max_retries"}
        assert min(bounds.values()) >= 100_000


def test_every_worker_is_an_endpoint_and_a_dead_one_is_noticed_soon(bootstrap):
    service = cluster(bootstrap, "tollkeeper")
    assert list(values(service["load_assignment"], "port_value")) == [9400, 9402, 9403]
    (check,) = service["health_checks"]
    assert (check["interval"], check["no_traffic_interval"]) == ("0.5s", "0.5s")


def test_every_call_of_the_service_hides_a_dead_worker_and_has_time(bootstrap):
    calls = [service for service in values(bootstrap, "grpc_service") if "envoy_grpc" in service]
    assert len(calls) == 3 + len(provider_clusters(bootstrap))
    for call in calls:
        assert call["retry_policy"]["retry_on"] == "connect-failure,reset,unavailable"
        assert call["retry_policy"]["retry_back_off"]["max_interval"] == "5s"


def test_no_filter_that_crashes_envoy_is_rendered(bootstrap):
    text = str(bootstrap)
    assert "xds.node" not in text
    assert "sse_to_metadata" not in text


def test_no_secret_is_rendered(monkeypatch, version):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    providers = {"openai": {"kind": "openai", "credential": {"env": "OPENAI_API_KEY"}}}
    settings = Settings(providers=providers, models={"a": {"backends": [{"provider": "openai"}]}})
    assert "secret" not in str(render(settings, version=version))


def test_the_admin_interface_is_there_only_where_it_was_asked_for(version):
    assert "admin" not in render(SETTINGS, version=version)
    admin = render(SETTINGS, version=version, admin="127.0.0.1:9901")["admin"]
    assert admin == {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 9901}}}
