"""`keys` makes keys that prove a principal, shows them once, and ends them."""

import json

import pytest

from ext_proc.principal import digest_of


def found(folder, key):
    hash_key = (folder.path / "tollkeeper.db.hashkey").read_bytes()
    return folder.store(lambda store: store.find_key(digest_of(key, hash_key)))[0]


def test_a_key_stands_for_its_principal_and_is_shown_once(folder):
    """What is printed proves the principal that was asked for; what is stored and listed holds no key and no hash."""
    arguments = (
        "--name",
        "ci",
        "--team",
        "research",
        "--app",
        "bot",
        "--model",
        "gpt-*",
        "--model",
        "o3",
        "--expires",
        "30d",
    )
    told = folder.ok("keys", "create", *arguments)
    key = told.splitlines()[-1]
    stored = found(folder, key)
    assert (stored.name, stored.principal.team, stored.principal.app) == ("ci", "research", "bot")
    assert stored.principal.key == stored.id
    assert stored.principal.may_use("gpt-4o")
    assert not stored.principal.may_use("claude-haiku-4-5")
    assert stored.expires_at - stored.created_at == pytest.approx(30 * 86400)
    listed = folder.ok("keys", "list", "--json")
    assert key not in listed
    assert stored.digest not in listed
    row = json.loads(listed)[0]
    assert (row["id"], row["models"], row["state"]) == (stored.id, ["gpt-*", "o3"], "active")
    assert key.encode() not in (folder.path / "tollkeeper.db").read_bytes()


def test_a_script_gets_the_key_and_nothing_else(folder):
    key = folder.ok("keys", "create", "-q", "--name", "ci").rstrip("\n")
    assert found(folder, key).name == "ci"
    told = json.loads(folder.ok("keys", "create", "--json", "--name", "second", "--expires", "2999-01-31"))
    assert found(folder, told["secret"]).id == told["id"]
    assert told["expires"] == "2999-01-31T00:00:00Z"


def test_a_revoked_key_is_no_longer_usable(folder):
    """Revoking says so, the list says so, and the store's readers learn that keys have changed."""
    key = folder.ok("keys", "create", "-q", "--name", "ci").rstrip("\n")
    key_id = found(folder, key).id
    before = folder.store(lambda store: store.keys_version())
    assert folder.ok("keys", "revoke", key_id) == f"{key_id} is revoked\n"
    assert folder.store(lambda store: store.keys_version()) > before
    assert not found(folder, key).usable(0)
    assert " revoked" in folder.ok("keys", "list")
    assert (
        folder.refused("keys", "revoke", key_id)
        == f"error: there is no key '{key_id}' that still works; `tollkeeper keys list` shows all\n"
    )


MISTAKES = [
    (("--expires", "soon"), "--expires: 'soon' is no time; allowed: 30m, 12h, 7d, 4w or a date as in 2027-01-31"),
    (("--expires", "2020-01-01"), "--expires: '2020-01-01' is in the past"),
    (("--expires", "999999w"), "--expires: '999999w' is out of range"),
    (("--team", "a,team=b"), "--team: 'a,team=b'; allowed: 1 to 128 characters, none of , = |"),
    (("--model", ""), "--model: ''; allowed: 1 to 128 characters, none of , = |"),
]


@pytest.mark.parametrize(("arguments", "problem"), MISTAKES)
def test_a_key_that_makes_no_sense_is_not_made(folder, arguments, problem):
    assert folder.refused("keys", "create", "--name", "ci", *arguments) == f"error: {problem}\n"
    assert not (folder.path / "tollkeeper.db").exists()


def test_a_lost_hash_key_is_told_and_not_replaced(folder):
    (folder.path / "tollkeeper.db.hashkey").write_bytes(b"")
    assert "has 0 bytes in place of 32" in folder.refused("keys", "create", "--name", "ci")
