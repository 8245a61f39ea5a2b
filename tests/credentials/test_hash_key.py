"""Virtual keys are hashed under one key that all workers share and nobody else can read."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from ext_proc.credentials.credential import NoCredential
from ext_proc.credentials.hash_key import hash_key_path, is_exposed, load_hash_key
from ext_proc.settings import Settings


def settings(folder, **identity):
    return Settings.model_validate(
        {
            "store": f"sqlite:{folder}/toll.db",
            "providers": {"a": {"kind": "openai"}},
            "models": {"*": {"backends": [{"provider": "a"}]}},
            "identity": identity,
        }
    )


def test_a_key_is_made_once_and_kept(tmp_path):
    """Without a configured key, 32 random bytes are kept beside the store, readable by the owner alone."""
    first = load_hash_key(settings(tmp_path))
    path = tmp_path / "toll.db.hashkey"
    assert hash_key_path(settings(tmp_path)) == path
    assert path.read_bytes() == first == load_hash_key(settings(tmp_path))
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not is_exposed(path)
    assert [file.name for file in tmp_path.iterdir()] == ["toll.db.hashkey"]


def test_workers_that_start_at_once_share_one_key(tmp_path):
    """Of many that find no key and make one, all go on with the same."""
    with ThreadPoolExecutor(16) as workers:
        keys = list(workers.map(lambda _: load_hash_key(settings(tmp_path)), range(64)))
    assert len(set(keys)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_key_that_others_can_read_is_noticed(tmp_path):
    load_hash_key(settings(tmp_path))
    (tmp_path / "toll.db.hashkey").chmod(0o640)
    assert is_exposed(tmp_path / "toll.db.hashkey")
    assert not is_exposed(tmp_path / "none")


def test_the_operators_key_comes_first(tmp_path, monkeypatch):
    """A configured key is used, no file is made, and a short one is refused without showing it."""
    monkeypatch.setenv("TOLL_TEST_HASH_KEY", "0123456789abcdef")
    assert load_hash_key(settings(tmp_path, hash_key={"env": "TOLL_TEST_HASH_KEY"})) == b"0123456789abcdef"
    monkeypatch.setenv("TOLL_TEST_HASH_KEY", "hunter2")
    with pytest.raises(NoCredential, match=r"^identity\.hash_key has fewer than 16 characters$"):
        load_hash_key(settings(tmp_path, hash_key={"env": "TOLL_TEST_HASH_KEY"}))
    assert not list(tmp_path.iterdir())


def test_a_damaged_or_unreachable_key_file_is_never_replaced(tmp_path):
    """A key that is not whole is an error: a new one would silently lock every caller out."""
    (tmp_path / "toll.db.hashkey").write_bytes(b"short")
    with pytest.raises(NoCredential, match="has 5 bytes in place of 32"):
        load_hash_key(settings(tmp_path))
    (tmp_path / "toll.db.hashkey").write_bytes(b"")
    with pytest.raises(NoCredential, match="has 0 bytes in place of 32"):
        load_hash_key(settings(tmp_path))
    with pytest.raises(NoCredential, match="cannot be read or made: No such file or directory"):
        load_hash_key(settings(tmp_path / "none"))
