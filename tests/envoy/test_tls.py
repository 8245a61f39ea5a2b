"""A provider is reached by the name of its endpoint, over TLS that checks this name, after a retry too."""

from __future__ import annotations

import ssl
import subprocess

import httpx
import pytest

from tests.envoy.proxy import every_envoy
from tests.envoy.scripted import Secure, Service, gateway, ordering
from tests.envoy.scripted_provider import answering, resetting

pytestmark = every_envoy()


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """Makes a TLS server context for a subject alternative name; the certificate is its own authority."""
    folder = tmp_path_factory.mktemp("certificates")

    def make(san):
        key, certificate = folder / f"{san}.key", folder / f"{san}.pem"
        key_of = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(key), "-nodes"]
        about = [
            "-x509",
            "-subj",
            "/CN=test",
            "-days",
            "2",
            "-addext",
            f"subjectAltName={san}",
            "-out",
            str(certificate),
        ]
        subprocess.run(["openssl", "req", *key_of, *about], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        names = []
        context.sni_callback = lambda _, name, __: names.append(name)
        return context, str(certificate), names

    return make


@pytest.mark.parametrize(("host", "san"), [("localhost", "DNS:localhost"), ("127.0.0.1", "IP:127.0.0.1")])
async def test_a_providers_name_is_asked_for_and_checked(version, host, san, certified, tmp_path):
    context, ca_file, names = certified(san)
    how = {"secure": {"only": Secure(host, context)}, "ca_file": ca_file}
    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, **how, only=answering(200)) as run, httpx.AsyncClient() as client:
        answer = await client.post(f"{run.url}/v1/chat/completions", json={})
        assert answer.status_code == 200
    (received,) = run.providers["only"].received
    assert received.header("host") == f"{host}:{run.providers['only'].port}"
    assert set(names) == {None if host == "127.0.0.1" else host}


@pytest.mark.parametrize(
    ("host", "san"), [("localhost", "DNS:other.test"), ("127.0.0.1", "IP:127.0.0.2"), ("127.0.0.1", "DNS:127.0.0.1")]
)
async def test_who_cannot_prove_the_name_gets_nothing(version, host, san, certified, tmp_path):
    context, ca_file, _ = certified(san)
    how = {"secure": {"only": Secure(host, context)}, "ca_file": ca_file}
    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, **how, only=answering(200)) as run, httpx.AsyncClient() as client:
        answer = await client.post(f"{run.url}/v1/chat/completions", json={})
        assert answer.status_code == 503
    assert run.providers["only"].received == []


async def test_a_retry_goes_from_plain_to_tls_and_from_name_to_name(version, certified, tmp_path):
    context, ca_file, names = certified("DNS:localhost,IP:127.0.0.1")
    how = {
        "secure": {"second": Secure("127.0.0.1", context), "third": Secure("localhost", context)},
        "ca_file": ca_file,
    }
    service = Service(ordering("first", "second", "third"))
    scripts = {"first": answering(503), "second": resetting, "third": answering(200, b'"3"')}
    async with gateway(version, tmp_path, service, **how, **scripts) as run, httpx.AsyncClient() as client:
        for _ in range(2):
            answer = await client.post(f"{run.url}/v1/chat/completions", json={})
            assert answer.text == '"3"'
    assert [len(provider.received) for provider in run.providers.values()] == [2, 2, 2]
    assert {received.header("host") for received in run.providers["third"].received} == {
        f"localhost:{run.providers['third'].port}"
    }
    assert set(names) == {None, "localhost"}
