"""Who may use the admin API: roles by routes, and a table of requests that are forbidden or broken."""

from __future__ import annotations

import gzip
import json
import socket

import pytest
import yaml

from ext_proc.admin import ROUTES
from tests.admin.conftest import TOKENS, serving
from tests.gateway import poll

TOKEN = TOKENS["viewer"]
BOMB = gzip.compress(b" " * 50_000_000)
JSON = [("content-type", "application/json")]
READING = {"viewer", "operator", "security"}
MAY = {
    ("GET", "/status"): READING,
    ("GET", "/models"): READING,
    ("GET", "/budgets"): READING,
    ("GET", "/budgets/{limit}"): READING,
    ("GET", "/budgets/{limit}/grants"): READING,
    ("GET", "/keys"): READING,
    ("GET", "/usage"): READING,
    ("POST", "/check"): READING,
    ("POST", "/budgets/{limit}/grants"): {"operator"},
    ("DELETE", "/budgets/{limit}/grants/{id}"): {"operator"},
    ("POST", "/budgets/{limit}/reset"): {"operator"},
    ("POST", "/keys"): {"operator"},
    ("DELETE", "/keys/{id}"): {"operator", "security"},
}


def test_the_table_of_roles_names_every_route():
    assert {(route.method, route.path) for route in ROUTES} == MAY.keys()


@pytest.mark.parametrize(("method", "path"), MAY)
@pytest.mark.parametrize("role", TOKENS)
def test_each_role_may_do_what_is_its_own_and_nothing_else(service, method, path, role):
    """Whoever may is told of the broken body or the unknown id; whoever may not is told which role may."""
    body = {"content": b"[]", "headers": JSON} if method == "POST" else {}
    answer = service.ask(method, path.format(limit="no-limit", id="no-id"), role, **body)
    if role in MAY[method, path]:
        assert answer.status_code in {200, 400, 404}
    else:
        assert answer.status_code == 403
        assert answer.json()["remedy"] == f"Use a token of role {' or '.join(sorted(MAY[method, path]))}."
        assert '"outcome": "forbidden"' in service.log()


CREDENTIALS = {
    "none": [],
    "empty": [("authorization", "")],
    "no scheme": [("authorization", TOKEN)],
    "another scheme": [("authorization", f"Basic {TOKEN}")],
    "no token": [("authorization", "Bearer")],
    "a part": [("authorization", f"Bearer {TOKEN[:-1]}")],
    "more": [("authorization", f"Bearer {TOKEN}0")],
    "another case": [("authorization", f"Bearer {TOKEN.upper()}")],
    "an inner space": [("authorization", f"Bearer {TOKEN[:9]} {TOKEN[9:]}")],
    "very long": [("authorization", f"Bearer {TOKEN * 100}")],
    "not ASCII": [("authorization", f"Bearer {TOKEN}ß".encode())],
    "in another header": [("x-api-key", TOKEN)],
    "a virtual key": [("authorization", "Bearer tk-0000000000000000000000000000000000000000000")],
}


@pytest.mark.parametrize("headers", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_request_without_a_whole_token_is_refused(service, headers):
    answer = service.ask("GET", "/status", role=None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "admin.tokens" in answer.json()["remedy"]


def test_two_credentials_are_one_too_many(service):
    both = [("authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {TOKENS['operator']}")]
    answer = service.ask("GET", "/status", role=None, headers=both)
    assert (answer.status_code, answer.json()["detail"]) == (400, "There is more than one Authorization header.")


def test_a_token_in_the_query_opens_nothing(service):
    assert service.ask("GET", f"/status?token={TOKEN}&access_token={TOKEN}", role=None).status_code == 401


BROKEN = {
    "unknown path": ("GET", "/nothing", {}, 404),
    "unknown version": ("GET", "/../v2/status", {}, 404),
    "below a path": ("GET", "/status/more", {}, 404),
    "an empty name": ("GET", "/budgets/", {}, 404),
    "a path in a name": ("GET", "/budgets/..%2f..%2fstatus", {}, 404),
    "NUL in a name": ("DELETE", "/keys/%00", {}, 404),
    "SQL in a name": ("DELETE", "/keys/'%20OR%201=1--", {}, 404),
    "wrong method": ("PUT", "/keys", {}, 405),
    "another wrong method": ("DELETE", "/status", {}, 405),
    "asking what there is": ("OPTIONS", "/status", {}, 405),
    "a parameter that there is not": ("GET", "/status?verbose=1", {}, 422),
    "a parameter twice": ("GET", "/keys?count=1&count=2", {}, 400),
    "too many rows": ("GET", "/keys?count=100000", {}, 422),
    "not a number": ("GET", "/keys?count=x", {}, 422),
    "behind nothing": ("GET", "/keys?after=key_0", {}, 400),
    "an unknown state": ("GET", "/keys?state=gone", {}, 422),
    "unknown groups": ("GET", "/usage?by=colour", {}, 422),
    "no time": ("GET", "/usage?since=yesterday", {}, 422),
    "too long a time": ("GET", "/usage?since=999d", {}, 422),
    "backwards": ("GET", "/usage?since=1d&until=2d", {}, 422),
    "no body": ("POST", "/keys", {}, 415),
    "a form": ("POST", "/keys", {"data": {"name": "a"}}, 415),
    "compressed": ("POST", "/keys", {"content": BOMB, "headers": [*JSON, ("content-encoding", "gzip")]}, 415),
    "no JSON": ("POST", "/keys", {"content": b"{", "headers": JSON}, 400),
    "not UTF-8": ("POST", "/keys", {"content": b'{"name": "\xff"}', "headers": JSON}, 400),
    "a list": ("POST", "/keys", {"json": []}, 400),
    "a member twice": ("POST", "/keys", {"content": b'{"name": "a", "name": "b"}', "headers": JSON}, 400),
    "very deep": ("POST", "/keys", {"content": b'{"a":' * 12000, "headers": JSON}, 400),
    "too large": ("POST", "/keys", {"content": b" " * 70_000, "headers": JSON}, 413),
    "an unknown member": ("POST", "/keys", {"json": {"name": "a", "admin": True}}, 422),
    "no name": ("POST", "/keys", {"json": {}}, 422),
    "a name of another type": ("POST", "/keys", {"json": {"name": 5}}, 422),
    "a mark of scopes": ("POST", "/keys", {"json": {"name": "a", "team": "x,user=y"}}, 422),
    "a line break": ("POST", "/keys", {"json": {"name": "a\n"}}, 422),
    "an end in the past": ("POST", "/keys", {"json": {"name": "a", "expires": "2001-01-01"}}, 422),
    "no end": ("POST", "/keys", {"json": {"name": "a", "expires": "soon"}}, 422),
    "a grant of no limit": ("POST", "/budgets/nope/grants", {"json": {"amount": 1}}, 404),
    "a grant of nothing": ("POST", "/budgets/all-day/grants", {"json": {}}, 422),
    "a grant of zero": ("POST", "/budgets/all-day/grants", {"json": {"amount": 0}}, 422),
    "a grant of less": ("POST", "/budgets/all-day/grants", {"json": {"amount": -1}}, 422),
    "a grant of a fraction": ("POST", "/budgets/all-day/grants", {"json": {"amount": 1.5}}, 422),
    "a grant of true": ("POST", "/budgets/all-day/grants", {"json": {"amount": True}}, 422),
    "a grant of too much": ("POST", "/budgets/all-day/grants", {"json": {"amount": 2**63}}, 422),
    "dollars of calls": ("POST", "/budgets/all-day/grants", {"json": {"usd": 1}}, 422),
    "calls of dollars": ("POST", "/budgets/team-month/grants", {"json": {"scope": "team=a", "amount": 1}}, 422),
    "finer than a nano-dollar": (
        "POST",
        "/budgets/team-month/grants",
        {"json": {"scope": "team=a", "usd": "1e-10"}},
        422,
    ),
    "a scope where there is none": ("POST", "/budgets/all-day/grants", {"json": {"scope": "team=a", "amount": 1}}, 422),
    "no scope where there is one": ("POST", "/budgets/pair-day/grants", {"json": {"amount": 1}}, 422),
    "half a scope": ("POST", "/budgets/pair-day/grants", {"json": {"scope": "team=a", "amount": 1}}, 422),
    "a scope turned round": (
        "POST",
        "/budgets/pair-day/grants",
        {"json": {"scope": "user=b,team=a", "amount": 1}},
        422,
    ),
    "a grant that has ended": ("POST", "/budgets/all-day/grants", {"json": {"amount": 1, "until": "2001-01-01"}}, 422),
    "a reset of nothing": ("POST", "/budgets/all-day/reset", {"json": {}}, 404),
    "an unknown grant": ("DELETE", "/budgets/all-day/grants/none", {}, 404),
}


@pytest.mark.parametrize(("method", "path", "options", "status"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_hold_is_refused_with_a_remedy_or_a_place(service, method, path, options, status):
    answer = service.ask(method, path, **options)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].startswith("urn:tollkeeper:problem:")
    assert problem.get("remedy") or problem["errors"]
    assert (status == 405) == ("allow" in answer.headers)


def test_many_mistakes_are_told_in_few_words(service):
    answer = service.ask("POST", "/keys", json={f"{at}-canary": "secret-canary-value" for at in range(1500)})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 20)
    assert "secret-canary-value" not in answer.text


def test_bytes_that_are_no_http_are_not_logged(service):
    host, port = service.settings["listen"]["http"].split(":")
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(f"GET /admin/v1/status HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\x00\r\nhost\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.0 400")
    poll(lambda: "Error handling request from 127.0.0.1: BadHttpMessage" in service.log())
    assert TOKEN not in service.log()


def test_without_the_key_there_is_no_admin_api_until_it_is_set(tmp_path):
    """The answer says which key to set; a file with it is taken up while the service runs, and so is its end."""
    with serving(tmp_path, admin=None) as service:
        answer = service.ask("GET", "/status")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tollkeeper:problem:not-set-up")
        assert "`admin: {tokens:" in answer.json()["remedy"]
        short = tmp_path / "short"
        short.write_text("thirty-one-characters-are-short")
        tokens = [
            {"name": "ops", "role": "viewer", "token": {"env": "TOLL_operator"}},
            {"name": "twin", "role": "operator", "token": {"env": "TOLL_operator"}},
            {"name": "short", "role": "viewer", "token": {"file": str(short)}},
            {"name": "gone", "role": "viewer", "token": {"env": "TOLL_NOT_SET"}},
        ]
        service.write(admin={"tokens": tokens})
        poll(lambda: all(service.ask("GET", "/status").status_code == 200 for _ in range(8)))
        assert service.ask("POST", "/keys", json={"name": "a"}).status_code == 403, "the first of two counts"
        for wrong in (short.read_text(), "x" * 40):
            answer = service.ask("GET", "/status", None, headers=[("authorization", f"Bearer {wrong}")])
            assert answer.status_code == 401
        short.write_text("thirty-two-characters-are-enough")
        long_enough = [("authorization", "Bearer thirty-two-characters-are-enough")]
        poll(lambda: service.ask("GET", "/status", None, headers=long_enough).status_code == 200)
        service.config.write_text(yaml.safe_dump({**service.settings, "admin": None}))
        poll(lambda: all(service.ask("GET", "/status").status_code == 404 for _ in range(8)))


def test_no_token_and_no_key_is_in_any_log_or_file(service):
    secret = service.ok("POST", "/keys", json={"name": "canary"})["secret"]
    for path in (p for p in service.folder.rglob("*") if p.is_file()):
        held = path.read_bytes()
        assert not [text for text in (*TOKENS.values(), secret, "sk-canary") if text.encode() in held], path.name


def test_every_change_is_told_with_who_what_and_when(service):
    service.ok("POST", "/budgets/all-day/grants", json={"amount": 5, "note": "line\nbreak", "id": "told"})
    service.ask("DELETE", "/budgets/all-day/grants/told-not")
    lines = [line.partition(" admin ")[2] for line in service.log().splitlines() if " admin {" in line]
    told = [json.loads(line) for line in lines]
    grant = next(line for line in told if line["with"].get("id") == "told")
    assert (grant["token"], grant["role"], grant["did"]) == ("a-operator", "operator", "POST /budgets/{limit}/grants")
    assert grant["with"] == {
        "limit": "all-day",
        "scope": "",
        "amount": 5,
        "note": "line\nbreak",
        "id": "told",
        "outcome": "done",
    }
    assert grant["at"].endswith("Z")
    made = service.ok("POST", "/keys", json={"name": "told-too"})["id"]
    assert f'"name": "told-too", "models": [], "id": "{made}", "outcome": "done"' in service.log()
    assert next(line for line in told if line["with"].get("id") == "told-not")["with"]["outcome"] == "not-found"
