"""Keys over the admin API: made, found page by page, and revoked."""

from __future__ import annotations

import pytest

from ext_proc.principal import digest_of


@pytest.fixture(scope="module")
def made(service):
    rows = [{"name": f"page-{at}", "team": "pages", "user": "even" if at % 2 == 0 else "odd"} for at in range(7)]
    return [service.ok("POST", "/keys", json=row) for row in rows]


def listed(service, query):
    """All rows, page by page."""
    found, after = [], None
    while True:
        page = service.ok("GET", "/keys", "viewer", params={**query, **({"after": after} if after else {})})
        found += page["keys"]
        after = page["next"]
        if after is None:
            return found


def test_a_key_is_told_once_and_stored_by_its_hash(service):
    body = {"name": "ci", "tenant": "acme", "team": "research", "models": ["gpt-*"], "expires": "30d"}
    answer = service.ask("POST", "/keys", json=body)
    key = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    secret = key.pop("secret")
    assert {**body, "expires": key["expires"]} == {name: key[name] for name in body}
    [stored] = service.store(lambda store: store.find_key(digest_of(secret, hash_key(service))))
    assert (stored.id, stored.principal.key, stored.principal.models) == (key["id"], key["id"], ("gpt-*",))
    shown = next(row for row in listed(service, {"tenant": "acme"}) if row["id"] == key["id"])
    assert shown == key
    assert secret not in str(shown)


def hash_key(service):
    return (service.folder / "tollkeeper.db.hashkey").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_pages_of_any_length_hold_each_key_once(service, made, count):
    """In the order in which they were made."""
    rows = listed(service, {"team": "pages", "count": count})
    assert [row["name"] for row in rows] == [row["name"] for row in made]


def test_keys_are_found_by_whom_they_stand_for_and_by_their_state(service, made):
    assert {row["name"] for row in listed(service, {"team": "pages", "user": "odd"})} == {"page-1", "page-3", "page-5"}
    last = made[-1]["id"]
    assert service.ok("DELETE", f"/keys/{last}", "security")["id"] == last
    assert [row["id"] for row in listed(service, {"team": "pages", "state": "revoked"})] == [last]
    assert len(listed(service, {"team": "pages", "state": "active"})) == 6


def test_a_key_ends_once(service):
    key = service.ok("POST", "/keys", json={"name": "brief"})
    assert service.ok("DELETE", f"/keys/{key['id']}")["revoked"]
    again = service.ask("DELETE", f"/keys/{key['id']}")
    assert (again.status_code, again.json()["detail"]) == (404, "There is no key of this id that still works.")
