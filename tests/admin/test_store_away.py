"""While the store is away the admin API says so: what needs it is a problem, and the status tells the reason."""

from __future__ import annotations

import pytest

from tests.admin.conftest import serving
from tests.gateway import poll
from tests.stores.servers import RedisServer

ASKED = (
    ("GET", "/budgets", {}),
    ("GET", "/budgets/all-day", {}),
    ("POST", "/budgets/all-day/grants", {"json": {"amount": 1}}),
    ("POST", "/budgets/all-day/reset", {"json": {}}),
    ("GET", "/keys", {}),
    ("POST", "/keys", {"json": {"name": "a"}}),
    ("DELETE", "/keys/key_1", {}),
    ("GET", "/usage", {}),
)


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.end()


def test_what_needs_the_store_is_refused_until_it_is_back(tmp_path, redis):
    store = {"url": f"redis://127.0.0.1:{redis.port}", "timeout": "300ms"}
    hash_key = tmp_path / "hash.key"
    hash_key.write_text("0123456789abcdef")
    with serving(tmp_path, store=store, identity={"hash_key": {"file": "hash.key"}}) as service:
        service.ok("POST", "/budgets/all-day/grants", json={"amount": 5, "id": "kept"})
        assert service.ok("GET", "/status")["store"] == {"kind": "redis", "reachable": True, "reason": None}
        redis.kill()
        for method, path, options in ASKED:
            answer = service.ask(method, path, **options)
            assert (answer.status_code, answer.json().get("type")) == (503, "urn:tollkeeper:problem:store"), answer.text
        assert not service.ok("GET", "/status")["store"]["reachable"]
        assert service.ok("GET", "/models")["models"]
        told = service.ok("POST", "/check", json={"model": "gpt-4o-mini"})
        assert (told["allowed"], told["error"]["status"]) == (False, 503), "as a call would be answered now"
        assert '"outcome": "store"' in service.log()
        redis.start()
        poll(lambda: service.ask("GET", "/budgets").status_code == 200)
        service.ok("POST", "/budgets/all-day/grants", json={"amount": 5, "id": "kept"})
        assert [row["id"] for row in service.ok("GET", "/budgets/all-day")["grants"]] == ["kept"]
