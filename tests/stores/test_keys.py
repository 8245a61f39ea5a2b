"""Virtual keys, the same on every store."""

from dataclasses import replace

import pytest

from ext_proc.principal import Principal, VirtualKey
from tests.stores.backends import NOW

KEY = VirtualKey("k1", "digest-1", "ci", Principal(team="a", key="k1", models=("gpt-*",)), NOW, expires_at=NOW + 9)
OTHER = VirtualKey("k2", "digest-2", "über", Principal(tenant="t", user="u"), NOW + 1)


async def test_a_key_is_found_by_its_digest_as_it_was_added(store):
    await store.add_key(KEY)
    await store.add_key(OTHER)
    assert await store.find_key("digest-1") == KEY
    assert await store.find_key("digest-2") == OTHER
    assert await store.find_key("digest-3") is None
    assert await store.list_keys() == [KEY, OTHER]


async def test_a_revoked_key_stays_and_says_so(store):
    await store.add_key(KEY)
    assert await store.revoke_key("k1", NOW + 5)
    assert await store.find_key("digest-1") == replace(KEY, revoked_at=NOW + 5)
    assert not await store.revoke_key("k1", NOW + 6)
    assert not await store.revoke_key("k9", NOW)


async def test_the_version_grows_with_every_change_and_only_then(store):
    versions = [await store.keys_version()]
    await store.add_key(KEY)
    versions.append(await store.keys_version())
    await store.revoke_key("k9", NOW)
    versions.append(await store.keys_version())
    await store.revoke_key("k1", NOW)
    versions.append(await store.keys_version())
    assert versions[0] < versions[1] == versions[2] < versions[3]


@pytest.mark.parametrize("twin", [replace(OTHER, id="k1"), replace(OTHER, digest="digest-1")])
async def test_a_key_is_added_once(store, twin):
    await store.add_key(KEY)
    with pytest.raises(ValueError, match="exists already"):
        await store.add_key(twin)
    assert await store.list_keys() == [KEY]
