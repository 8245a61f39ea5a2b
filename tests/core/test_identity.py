"""Who calls: one virtual key, in any of three headers, and never two."""

from __future__ import annotations

import pytest

from ext_proc.effects import FindKey
from ext_proc.errors import ControlError
from ext_proc.principal import digest_of
from ext_proc.replies import Allow
from tests.core.conversation import HASH_KEY, NOW, call, decide, error_of, key, secret_of, snapshot

ALICE, OTHER = secret_of("alice"), secret_of("other")
ALLOWED = {
    "a bearer": [("authorization", f"Bearer {ALICE}")],
    "a bearer in lower case, with spaces": [("authorization", f"bearer   {ALICE} ")],
    "x-api-key": [("x-api-key", ALICE)],
    "api-key": [("api-key", f" {ALICE}")],
    "the same key in two headers": [("authorization", f"Bearer {ALICE}"), ("x-api-key", ALICE)],
    "the same key in all three": [("authorization", f"Bearer {ALICE}"), ("x-api-key", ALICE), ("api-key", ALICE)],
    "header values that are not text": [("x-api-key", ALICE), ("x-odd", "\xff\xfe"), ("x-empty", "")],
    "ten thousand headers": [("x-api-key", ALICE), *((f"x-{number}", "v") for number in range(10_000))],
}
REFUSED = {
    "nothing": ([("accept", "*/*")], 401, "missing_api_key"),
    "an empty bearer": ([("authorization", "Bearer ")], 401, "invalid_api_key"),
    "an empty header": ([("x-api-key", "")], 401, "invalid_api_key"),
    "another scheme": ([("authorization", f"Basic {ALICE}")], 401, "invalid_scheme"),
    "no scheme": ([("authorization", ALICE)], 401, "invalid_scheme"),
    "a key of another kind": ([("x-api-key", "sk-provider")], 401, "invalid_api_key"),
    "a key that is too long": ([("x-api-key", "tk-" + "x" * 5000)], 401, "invalid_api_key"),
    "a header that stands twice": ([("x-api-key", ALICE), ("x-api-key", ALICE)], 400, "duplicate_header"),
    "a header that a host has joined": ([("x-api-key", f"{ALICE},{OTHER}")], 400, "duplicate_header"),
    "two keys": ([("authorization", f"Bearer {ALICE}"), ("api-key", OTHER)], 400, "conflicting_credentials"),
    "an empty key beside one": (
        [("authorization", f"Bearer {ALICE}"), ("api-key", "")],
        400,
        "conflicting_credentials",
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_a_known_key_is_found_in_the_snapshot_without_asking_the_store(case):
    effects, reply = decide(call(headers=ALLOWED[case]), snapshot())
    assert effects == []
    assert isinstance(reply, Allow)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_sound_credential_is_refused_before_the_store_is_asked(case):
    headers, status, code = REFUSED[case]
    effects, reply = decide(call(headers=headers), snapshot())
    assert effects == []
    assert (reply.status, error_of(reply)["code"]) == (status, code)
    assert reply.record is None, "strangers leave no entry"


def test_a_key_that_the_snapshot_does_not_hold_is_looked_up_by_its_hash_alone():
    new = key("new")
    effects, reply = decide(call(headers=[("x-api-key", secret_of("new"))]), snapshot(), new)
    assert effects == [FindKey(digest_of(secret_of("new"), HASH_KEY))]
    assert isinstance(reply, Allow)


STORED = {
    "unknown": None,
    "expired": key("new", expires_at=NOW),
    "revoked": key("new", revoked_at=NOW - 1),
    "of another hash": key("else"),
}


@pytest.mark.parametrize("case", STORED)
def test_a_key_that_the_store_does_not_vouch_for_is_refused(case):
    effects, reply = decide(call(headers=[("x-api-key", secret_of("new"))]), snapshot(), STORED[case])
    assert [type(effect) for effect in effects] == [FindKey]
    assert (reply.status, error_of(reply)["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("times", [{"expires_at": NOW}, {"expires_at": NOW - 1}, {"revoked_at": 1.0}])
def test_a_key_in_the_snapshot_that_no_longer_holds_is_refused(times):
    effects, reply = decide(call(), snapshot(key(**times)))
    assert effects == []
    assert reply.status == 401


def test_a_key_holds_until_the_very_instant_of_its_expiry():
    assert isinstance(decide(call(), snapshot(key(expires_at=NOW + 0.001)))[1], Allow)


def test_without_keys_in_the_settings_nobody_is_known():
    assert decide(call(), snapshot(identity={"keys": False}))[1].status == 401


def test_a_store_that_cannot_be_asked_refuses_and_does_not_let_through():
    failing = ControlError("away")
    assert decide(call(headers=[("x-api-key", secret_of("new"))]), snapshot(), failing)[1].status == 503
