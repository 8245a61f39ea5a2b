"""What the admin API changes counts at Envoy: keys that it makes and ends, grants and resets, on every worker."""

from __future__ import annotations

import httpx
import pytest

from tests.gateway import gateway, poll
from tests.sdks.scripts import anthropic_answer, openai_answer

TOKEN = "fedcba9876543210" * 2
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "text"}]}
LIMITS = [{"name": "team-day", "per": ["team"], "requests": 2, "window": "day"}]


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("admin")
    (folder / "admin.token").write_text(TOKEN)
    admin = {"tokens": [{"name": "ops", "role": "operator", "token": {"file": "admin.token"}}]}
    with gateway(folder, "1.40", openai_answer, anthropic_answer, admin=admin, limits=LIMITS) as running:
        yield running


def ask(gate, method, path, **options):
    url = f"http://{gate.settings['listen']['http']}/admin/v1{path}"
    answer = httpx.request(method, url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=20, **options)
    assert answer.is_success, answer.text
    return answer.json()


def status(gate, key):
    return gate.post("/v1/chat/completions", CHAT, {"authorization": f"Bearer {key['secret']}"}).status_code


def test_a_key_works_at_once_and_no_more_once_it_is_revoked(gate):
    key = ask(gate, "POST", "/keys", json={"name": "made", "team": "keys", "models": ["gpt-*"]})
    ask(gate, "POST", "/budgets/team-day/grants", json={"scope": "team=keys", "amount": 1000})
    assert {status(gate, key) for _ in range(6)} == {200}
    ask(gate, "DELETE", f"/keys/{key['id']}")
    poll(lambda: {status(gate, key) for _ in range(6)} == {401}, within=5)


def test_a_grant_and_a_reset_count_on_every_worker_at_once(gate):
    key = ask(gate, "POST", "/keys", json={"name": "granted", "team": "grants"})
    assert [status(gate, key) for _ in range(4)] == [200, 200, 429, 429]
    grant = ask(gate, "POST", "/budgets/team-day/grants", json={"scope": "team=grants", "amount": 3})
    assert [status(gate, key) for _ in range(4)] == [200, 200, 200, 429]
    ask(gate, "DELETE", f"/budgets/team-day/grants/{grant['id']}")
    assert status(gate, key) == 429
    ask(gate, "POST", "/budgets/team-day/reset", json={"scope": "team=grants"})
    assert [status(gate, key) for _ in range(3)] == [200, 200, 429]
