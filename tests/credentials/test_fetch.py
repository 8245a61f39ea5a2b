"""A secret is fetched from where the operator's file points; what cannot be used is told without its value."""

import os

import pytest

from ext_proc.credentials import SOURCES
from ext_proc.credentials.credential import NoCredential
from ext_proc.credentials.fetch import fetch, secrets_of, signature
from ext_proc.settings import Settings
from ext_proc.settings_providers import Secret

VALUE = "sk-proj-0123456789"


def mounted(folder, value):
    """A secret as Kubernetes mounts it: the file links through `..data` to a folder that is swapped whole."""
    version = folder / f"..{value}"
    version.mkdir()
    (version / "key").write_text(value)
    fresh = folder / "..fresh"
    fresh.symlink_to(version.name)
    fresh.rename(folder / "..data")
    if not (folder / "key").is_symlink():
        (folder / "key").symlink_to("..data/key")
    return Secret(file=str(folder / "key"))


def test_every_source_can_be_named_in_the_file():
    """The table of sources and the shape of a reference hold the same names."""
    assert set(SOURCES) == set(Secret.model_fields)


def test_an_environment_variable_is_read(monkeypatch):
    monkeypatch.setenv("TOLL_TEST_KEY", VALUE)
    assert fetch(Secret(env="TOLL_TEST_KEY")) == VALUE


def test_a_file_is_read_without_its_last_line_break(tmp_path):
    (tmp_path / "key").write_text(VALUE + "\r\n")
    assert fetch(Secret(file=str(tmp_path / "key"))) == VALUE


def test_a_file_that_was_swapped_is_seen_and_read_again(tmp_path):
    """Kubernetes swaps a link and keeps the name; the signature changes and the next fetch gives the new value."""
    secret = mounted(tmp_path, "first")
    before = signature([secret])
    assert fetch(secret) == "first"
    assert signature([secret]) == before
    mounted(tmp_path, "other")
    assert signature([secret]) != before
    assert fetch(secret) == "other"


def test_a_file_that_comes_goes_or_is_written_again_changes_its_signature(tmp_path):
    path = tmp_path / "key"
    secret = Secret(file=str(path))
    seen = [signature([secret])]
    path.write_text("a")
    seen.append(signature([secret]))
    path.write_text("b")
    os.utime(path, ns=(1, 1))
    seen.append(signature([secret]))
    path.unlink()
    assert len(set(seen)) == 3
    assert signature([secret]) == seen[0]


def test_a_signature_holds_no_secret(monkeypatch):
    monkeypatch.setenv("TOLL_TEST_KEY", VALUE)
    assert VALUE not in repr(signature([Secret(env="TOLL_TEST_KEY")]))


UNFIT = [
    (b"", "is empty"),
    (b"\n", "is empty"),
    (b"sk-hunter2 and more", "holds spaces, line breaks or characters outside of ASCII"),
    (b"sk-hunter2\nsk-other", "holds spaces, line breaks or characters outside of ASCII"),
    (b"sk-hunter2\x00", "holds spaces, line breaks or characters outside of ASCII"),
    (b"sk-hunter2\xff", "holds spaces, line breaks or characters outside of ASCII"),
    (b"hunter2" * 10_000, "is longer than 16384 characters"),
]


@pytest.mark.parametrize(("data", "problem"), UNFIT)
def test_what_no_header_can_carry_is_told_without_its_value(tmp_path, data, problem):
    """An unusable value is told by its reference and its fault, and never by itself."""
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(NoCredential) as refused:
        fetch(Secret(file=str(tmp_path / "key")))
    assert str(refused.value) == f"the file {tmp_path / 'key'} {problem}"
    assert "hunter2" not in repr(refused.value)


def test_what_is_missing_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.delenv("TOLL_TEST_KEY", raising=False)
    with pytest.raises(NoCredential, match="the environment variable TOLL_TEST_KEY is not set"):
        fetch(Secret(env="TOLL_TEST_KEY"))
    with pytest.raises(NoCredential, match="cannot be read: No such file or directory"):
        fetch(Secret(file=str(tmp_path / "none")))
    with pytest.raises(NoCredential, match="cannot be read: Is a directory"):
        fetch(Secret(file=str(tmp_path)))


def test_every_secret_of_the_file_is_watched():
    """The references to watch are those of all providers and the hash key."""
    settings = Settings.model_validate(
        {
            "providers": {
                "a": {"kind": "openai", "credential": {"env": "A"}},
                "b": {"kind": "openai", "credential": "none"},
            },
            "models": {"*": {"backends": [{"provider": "a"}]}},
            "identity": {"hash_key": {"file": "h"}},
        }
    )
    assert secrets_of(settings) == [Secret(env="A"), Secret(file="h")]
