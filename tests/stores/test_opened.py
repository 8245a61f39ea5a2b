"""The store that a settings file names is the one that is opened, with the secrets and certificates that it refers to."""

import asyncio
import contextlib
import ssl
import subprocess
import sys

import pytest

from ext_proc.errors import ControlError
from ext_proc.settings import Settings
from ext_proc.settings_store import Place, place_of
from ext_proc.stores.opened import open_store, redis_address
from tests.stores.backends import claim, lease, settlement
from tests.stores.servers import RedisSentinel, RedisServer

WHOLE = {
    "providers": {"openai": {"kind": "openai"}},
    "models": {"*": {"backends": [{"provider": "openai"}]}},
    "identity": {"hash_key": {"env": "HASH_KEY"}},
}
PLACES = {
    "redis://h": Place("one", nodes=(("h", 6379),)),
    "redis://[::1]:7000/3": Place("one", nodes=(("::1", 7000),), database=3),
    "rediss://redis.internal:6380/": Place("one", nodes=(("redis.internal", 6380),), tls=True),
    "redis+sentinel://a,b:5000/main": Place("sentinel", nodes=(("a", 26379), ("b", 5000)), master="main"),
    "rediss+sentinel://a/main/2": Place("sentinel", nodes=(("a", 26379),), master="main", database=2, tls=True),
    "redis+cluster://a,b:7001": Place("cluster", nodes=(("a", 6379), ("b", 7001))),
    "sqlite:a.db": Place("sqlite", "a.db"),
}


@pytest.mark.parametrize("url", PLACES)
def test_a_url_names_a_place(url):
    assert place_of(url) == PLACES[url]


WRONG = ["redis:h", "redis://", "redis://h/x", "redis://a,b", "redis://h:0", "redis://h:99999", "redis://h/0/1", "mysql://h",
         "redis+sentinel://h", "redis+sentinel://h/a/b", "redis+cluster://h/0", "redis://u:p@h", "redis://h?db=1", "sqlite:", "rediss"]  # fmt: skip


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_place_is_refused(url):
    with pytest.raises(ValueError, match="store"):
        settings(url)


@pytest.mark.parametrize(
    ("store", "confirmations"),
    [
        ({"url": "redis://h"}, 0),
        ({"url": "redis://h", "durability": "confirmed", "replicas": 2}, 2),
        ({"url": "redis+sentinel://h/main"}, 1),
        ({"url": "redis+sentinel://h/main", "durability": "fast"}, 0),
    ],
)
def test_where_a_replica_may_take_over_reservations_are_confirmed(store, confirmations):
    assert redis_address(settings(store).store).replicas == confirmations


def settings(store):
    return Settings.model_validate({**WHOLE, "store": store})


async def works(store, now=0.0):
    await store.open()
    try:
        reserved = await store.reserve(lease("d1", claim()), now)
        await store.settle([settlement("d1", at=now, usd=4)], now)
        return reserved.granted, [balance.settled for balance in await store.balances(now)]
    finally:
        await store.close()


@pytest.fixture
def server(tmp_path):
    begun = RedisServer(tmp_path / "server", requirepass="first").start()
    yield begun
    begun.end()


async def test_a_password_comes_from_where_it_is_kept(server, tmp_path, monkeypatch):
    monkeypatch.setenv("STORE_PASSWORD", "first")
    store = {"url": f"redis://127.0.0.1:{server.port}/1", "password": {"env": "STORE_PASSWORD"}}
    assert await works(open_store(settings(store))) == (True, [4])
    assert server.client(password="first", db=1).dbsize() > 0
    assert server.client(password="first", db=0).dbsize() == 0


PASSWORDS = [
    (None, "refuses the user or the password"),
    ({"env": "WRONG_PASSWORD"}, "refuses the user or the password"),
    ({"file": "/nowhere"}, "the store's password: the file /nowhere"),
]


@pytest.mark.parametrize(("password", "told"), PASSWORDS)
async def test_a_password_that_is_missing_or_wrong_opens_nothing(server, monkeypatch, password, told):
    monkeypatch.setenv("WRONG_PASSWORD", "hunter2")
    store = {"url": f"redis://127.0.0.1:{server.port}", "password": password}
    with pytest.raises(ControlError, match=told) as refused:
        await open_store(settings({name: value for name, value in store.items() if value})).open()
    assert "hunter2" not in str(refused.value)


@pytest.fixture
def certificates(tmp_path):
    """A certificate for loopback that is its own authority, and its key."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    about = ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*made, *about, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


@contextlib.asynccontextmanager
async def behind_tls(server, certificates):
    """A port that asks for a certificate and passes what is said there on to the server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates)
    context.load_verify_locations(certificates[0])
    context.verify_mode = ssl.CERT_REQUIRED

    async def copy(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def connected(reader, writer):
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context) as listening:
        yield listening.sockets[0].getsockname()[1]


async def test_tls_checks_the_server_and_shows_a_certificate(server, certificates, monkeypatch):
    monkeypatch.setenv("STORE_PASSWORD", "first")
    certificate, key = map(str, certificates)
    files = {"ca": certificate, "certificate": certificate, "key": key}
    async with behind_tls(server, certificates) as port:
        for tls, expected in (files, True), ({**files, "ca": None}, False), ({"ca": certificate}, False):
            given = {name: value for name, value in tls.items() if value}
            store = {"url": f"rediss://127.0.0.1:{port}", "tls": given, "password": {"env": "STORE_PASSWORD"}}
            if expected:
                assert await works(open_store(settings(store))) == (True, [4])
            else:
                with pytest.raises(ControlError):
                    await open_store(settings(store)).open()


async def test_sentinels_lead_to_the_replica_that_took_over(tmp_path):
    servers = [RedisServer(tmp_path / name, repl_diskless_sync_delay=0).start() for name in ("primary", "replica")]
    primary, replica = servers
    try:
        replica.follow(primary)
        sentinel = RedisSentinel(tmp_path / "sentinel", primary)
        servers.append(sentinel.start())
        sentinel.wait_for_replica()
        store = open_store(settings(f"redis+sentinel://127.0.0.1:{sentinel.port}/main"))
        await store.open()
        assert (await store.reserve(lease("d1", claim(amount=60)), 0)).granted
        primary.kill()
        with pytest.raises(ControlError):
            await store.reserve(lease("d2", claim(amount=60)), 0)
        await asyncio.to_thread(sentinel.wait_for_another, primary)
        refused = await reserved_by_another(tmp_path, sentinel)
        assert [(b.leased, b.maximum) for b in refused.refused_by] == [(60, 100)]
        await store.close()
    finally:
        for one in servers:
            one.end()


async def reserved_by_another(tmp_path, sentinel):
    """Of a replica of the service that comes later, and that asks for no confirmation: there is no other server now."""
    store = open_store(settings({"url": f"redis+sentinel://127.0.0.1:{sentinel.port}/main", "durability": "fast"}))
    await store.open()
    try:
        return await store.reserve(lease("d3", claim(amount=60)), 0)
    finally:
        await store.close()


def test_a_store_in_a_file_needs_no_redis():
    """The extra is looked for only where it is named."""
    code = "import sys, ext_proc.stores.opened; sys.exit('redis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
