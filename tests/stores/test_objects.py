"""Whose things at providers are, the same on every store."""

from dataclasses import replace

import pytest

from ext_proc.principal import Principal
from ext_proc.stored import Stored, owner_of
from tests.stores.backends import NOW

FILE = Stored("file-1", "file", "openai", "team=a", NOW, NOW + 60, {"batch": {"requests": 2, "tags": []}}, {"id": "ü"})
BATCH = Stored("batch_1", "batch", "openai", "team=a", NOW + 1)


async def test_a_thing_is_found_by_its_id_as_it_was_kept(store):
    await store.keep([FILE, BATCH], NOW)
    assert await store.find_object("file-1", NOW) == FILE
    assert await store.find_object("batch_1", NOW) == BATCH
    assert await store.find_object("file-2", NOW) is None


async def test_what_is_seen_later_replaces_what_was_seen_and_what_is_known_for_good_stays(store):
    await store.keep([FILE], NOW)
    await store.keep([replace(FILE, facts={}, created_at=0.0, expires_at=NOW + 90, seen={"status": "new"})], NOW)
    assert await store.find_object("file-1", NOW) == replace(FILE, expires_at=NOW + 90, seen={"status": "new"})
    await store.keep([replace(FILE, expires_at=None, seen=None)], NOW)
    assert await store.find_object("file-1", NOW) == replace(FILE, expires_at=NOW + 90, seen={"status": "new"})


@pytest.mark.parametrize("taken", [{"owner": "team=b"}, {"provider": "azure"}, {"owner": ""}])
async def test_nobody_else_takes_over_what_one_has(store, taken):
    await store.keep([FILE], NOW)
    await store.keep([replace(FILE, expires_at=NOW + 999, seen={"stolen": True}, **taken)], NOW)
    assert await store.find_object("file-1", NOW) == FILE
    assert await store.objects("team=b", "file", NOW) == []


async def test_a_list_holds_an_owners_things_of_one_kind_newest_first(store):
    files = [replace(FILE, id=f"file-{n}", created_at=NOW + n // 2) for n in range(5)]
    await store.keep([*files, BATCH, replace(FILE, id="other", owner="team=ab")], NOW)
    assert [one.id for one in await store.objects("team=a", "file", NOW)] == [f"file-{n}" for n in (4, 3, 2, 1, 0)]
    assert await store.objects("team=a", "batch", NOW) == [BATCH]
    assert await store.objects("team=c", "file", NOW) == []


async def test_what_has_expired_is_not_known_any_more(store):
    await store.keep([FILE], NOW)
    assert await store.find_object("file-1", NOW + 59)
    assert await store.find_object("file-1", NOW + 60) is None
    assert await store.objects("team=a", "file", NOW + 60) == []
    await store.keep([replace(FILE, owner="team=b", expires_at=None)], NOW + 61)
    assert (await store.find_object("file-1", NOW + 61)).owner == "team=b"


async def test_what_is_forgotten_is_not_known_any_more(store):
    await store.keep([FILE, BATCH], NOW)
    await store.forget("file-1")
    await store.forget("file-9")
    assert await store.find_object("file-1", NOW) is None
    assert await store.objects("team=a", "batch", NOW) == [BATCH]


OWNERS = {
    "team=a": Principal(team="a", user="u", key="k"),
    "tenant=t,team=a": Principal(tenant="t", team="a", key="k"),
    "key=k": Principal(user="u", key="k", app="p"),
    "tenant=t,key=k": Principal(tenant="t", key="k"),
    "user=u": Principal(user="u", app="p"),
    "app=p": Principal(app="p"),
    "tenant=t": Principal(tenant="t"),
    "tenant=t%2Cteam%3Da": Principal(tenant="t,team=a"),
    "": Principal(),
}


@pytest.mark.parametrize("owner", OWNERS)
def test_a_teams_things_are_the_teams_and_without_one_each_keys_own(owner):
    assert owner_of(OWNERS[owner]) == owner
