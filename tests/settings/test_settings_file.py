"""What the operator's file says is what the service gets: exact amounts, absolute paths, defaults."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from ext_proc.limits import UNITS
from ext_proc.settings import Settings, seconds
from ext_proc.settings_file import load, read
from ext_proc.settings_paths import resolve
from ext_proc.settings_providers import api_names

EVERYTHING = """\
listen: {grpc: "unix:run/toll.sock", http: 127.0.0.1:9401, workers: 2}
store: sqlite:data/toll.db
proxy: {listen: 127.0.0.1:10000, timeout: 5m, first_byte_timeout: 1500ms, max_body_bytes: 1_048_576}
providers:
  openai: &openai {kind: openai, credential: {env: OPENAI_API_KEY}}
  second: {<<: *openai, endpoint: "https://eu.example.com/v1"}
  claude: {kind: anthropic, credential: {file: secrets/anthropic}}
  local: {kind: openai-compatible, endpoint: "http://127.0.0.1:8000/v1", api: [chat_completions], credential: none}
  lan: {kind: openai-compatible, endpoint: "http://10.0.0.1/v1", allow_plaintext: true}
models:
  gpt-4o-mini:
    backends:
    - {provider: openai, weight: 9}
    - {provider: claude, model: claude-haiku-4-5, weight: 0, priority: 1}
    strategy: weighted
    max_output_tokens: 4096
    metering: inline
  "*": {backends: [{provider: local}]}
identity: {keys: true, hash_key: {file: hash.key}}
limits:
- {name: team-month, match: {team: research, model: "gpt-*"}, per: [team], usd: 500, window: month, tz: Europe/Berlin}
- {name: small, usd: 0.1, window: 30s, unpriced: allow}
- {name: key-rate, per: [key], requests: 60, window: 1m}
- {name: user-day, per: [user, model], tokens: 200000, window: 24h, mode: shadow}
- {name: agents, per: [app], concurrent: 8}
usage: [{log: stdout}, {jsonl: usage.jsonl}, {jsonl: /var/log/usage.jsonl}]
prices: {override: prices.yaml}
"""
MINIMAL = {"providers": {"openai": {"kind": "openai"}}, "models": {"*": {"backends": [{"provider": "openai"}]}}}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "tollkeeper.yaml"
    path.write_text(EVERYTHING)
    return path


def limit(**members):
    return Settings.model_validate({**MINIMAL, "limits": [{"name": "a", "window": "day", **members}]}).limits[0]


def test_every_key_of_the_contract_is_read(path):
    """A file that uses each key of this version is accepted whole."""
    settings = load(path)
    assert list(settings.providers) == ["openai", "second", "claude", "local", "lan"]
    assert [limit.unit for limit in settings.limits] == ["usd", "usd", "requests", "tokens", "concurrent"]
    assert settings.models["gpt-4o-mini"].backends[1].priority == 1
    assert settings.proxy.max_body_bytes == 1024 * 1024
    assert api_names(settings.providers["claude"]) == ("messages", "messages_count_tokens")


def test_relative_paths_are_seen_from_the_folder_of_the_file(path, tmp_path, monkeypatch):
    """Whatever the working directory is, the file means the same places; absolute paths stay as they are."""
    monkeypatch.chdir("/")
    settings = load(path)
    assert settings.store_path == tmp_path / "data" / "toll.db"
    assert settings.listen.grpc == f"unix:{tmp_path}/run/toll.sock"
    assert settings.listen.http == "127.0.0.1:9401"
    assert settings.providers["claude"].credential.file == str(tmp_path / "secrets" / "anthropic")
    assert settings.providers["openai"].credential.env == "OPENAI_API_KEY"
    assert settings.identity.hash_key.file == str(tmp_path / "hash.key")
    assert [usage.jsonl for usage in settings.usage] == [None, str(tmp_path / "usage.jsonl"), "/var/log/usage.jsonl"]
    assert settings.prices.override == str(tmp_path / "prices.yaml")


def test_the_folder_of_a_file_named_without_one_is_the_working_directory(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(Path("tollkeeper.yaml")).store_path == tmp_path / "data" / "toll.db"


def test_a_home_directory_may_be_written_as_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ops")
    assert resolve(Path("/etc"), "~/key") == Path("/home/ops/key")
    assert resolve(Path("/etc"), "key") == Path("/etc/key")


def test_settings_alone_are_enough():
    """A file of two keys is a whole file."""
    settings = Settings.model_validate(MINIMAL)
    assert settings.listen.grpc == "127.0.0.1:9400"
    assert settings.identity.keys


AMOUNTS = [
    (500, 500_000_000_000),
    (0.1, 100_000_000),
    ("0.000000001", 1),
    (Decimal("123456789.123456789"), 123_456_789_123_456_789),
    (1_000_000_000, 10**18),
    (0, 0),
]


@pytest.mark.parametrize(("usd", "nano"), AMOUNTS)
def test_dollars_are_held_exactly(usd, nano):
    """An amount of dollars is what was written, in whole nano-dollars."""
    assert limit(usd=usd).maximum == nano


def test_dollars_of_a_file_are_never_a_float(tmp_path):
    """A number with more digits than a float holds keeps them all."""
    path = tmp_path / "a.yaml"
    path.write_text(EVERYTHING.replace("usd: 0.1,", "usd: 123456789.123456789,"))
    assert load(path).limits[1].maximum == 123_456_789_123_456_789


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit not in ("usd", "concurrent")])
def test_a_count_is_its_own_maximum(unit):
    assert limit(**{unit: 7}).maximum == 7


@pytest.mark.parametrize(("text", "length"), [("500ms", 0.5), ("30s", 30), ("10m", 600), ("1h", 3600), ("1.5h", 5400)])
def test_durations_are_seconds(text, length):
    assert seconds(text) == length


def test_mistakes_across_the_file_are_told_beside_those_of_single_values():
    """A backend of an unknown provider is found although the providers themselves are wrong."""
    raw = {
        "providers": {"a": {"kind": "nope"}},
        "models": {"m": {"backends": [{"provider": "b"}]}},
        "limits": [{"name": "l", "concurrent": 1}, {"name": "l", "concurrent": 1}],
    }
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(raw)
    assert {error["loc"] for error in refused.value.errors()} == {
        ("providers", "a", "kind"),
        ("models", "m", "backends", 0, "provider"),
        ("limits", 1, "name"),
    }


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Settings.model_validate(MINIMAL).store = "sqlite:other"


def test_a_warning_knows_its_place(path):
    """Who finds something doubtful later can point at the line."""
    finding = read(path).finding(("providers", "claude", "credential"), "cannot be read")
    assert str(finding) == "7:41: warning: providers.claude.credential: cannot be read"
