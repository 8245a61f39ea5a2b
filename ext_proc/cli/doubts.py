"""What `check` finds doubtful in settings that hold: secrets that are missing, prices that are unknown, dead ends."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ext_proc import admin_tokens
from ext_proc.bills import worst_case_nano
from ext_proc.credentials.credential import NoCredential
from ext_proc.credentials.fetch import fetch
from ext_proc.credentials.hash_key import SHORTEST, hash_key_path, is_exposed
from ext_proc.price_book import PriceBook
from ext_proc.price_file import NO_OVERRIDES, PriceFileError, read_price_file
from ext_proc.settings_providers import LOOPBACK, Secret
from ext_proc.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ext_proc.prices import Price
    from ext_proc.settings import Model
    from ext_proc.settings_file import SettingsFile
    from ext_proc.settings_findings import Finding

_SOUND = Usage(input_tokens=1, output_tokens=1, input_audio_tokens=1, output_audio_tokens=1)
_USED = (
    ("audio", "price for sound", _SOUND),
    ("realtime", "price for sound", _SOUND),
    ("transcribe", "price for recordings", Usage(input_tokens=1, input_audio_tokens=1)),
    ("whisper", "price for recordings", Usage(audio_milliseconds=1)),
    ("tts", "price for speech", Usage(characters=1)),
    ("image", "price for images", Usage(images=1)),
)
"""What stands in the name of a model, and what it is billed for then."""


def doubts(file: SettingsFile) -> list[Finding]:
    """Warnings, and errors of files that the settings name; in file order."""
    found = [
        *_credentials(file),
        *_attributes(file),
        *_unused_providers(file),
        *_store(file),
        *_identity(file),
        *_admin(file),
        *_prices(file),
    ]
    return sorted(found, key=lambda finding: (finding.line, finding.column))


def _credentials(file: SettingsFile) -> Iterator[Finding]:
    for name, provider in file.settings.providers.items():
        place = ("providers", name, "credential")
        if isinstance(provider.credential, Secret):
            problem = _missing(provider.credential)
            if problem:
                yield file.finding(place, f"{problem}; calls to this provider are refused until it is there")
        elif place not in file.document.keys and provider.endpoint is None:
            problem = f"no credential; {provider.address} answers none without one"
            yield file.finding(place[:2], problem, "credential: {env: NAME}, {file: PATH} or none")


def _attributes(file: SettingsFile) -> Iterator[Finding]:
    for name, attribute in file.settings.attributes.items():
        if attribute.secret is not None and (problem := _missing(attribute.secret)):
            place = ("attributes", name, "secret")
            yield file.finding(place, f"{problem}; calls with this header are refused until it is there")


def _missing(secret: Secret) -> str | None:
    try:
        fetch(secret)
    except NoCredential as error:
        return str(error)
    return None


def _unused_providers(file: SettingsFile) -> Iterator[Finding]:
    used = {backend.provider for model in file.settings.models.values() for backend in model.backends}
    for name in file.settings.providers:
        if name not in used:
            yield file.finding(("providers", name), "no model uses this provider")


def _store(file: SettingsFile) -> Iterator[Finding]:
    store = file.settings.store
    away = [host for host, _ in store.place.nodes if host not in LOOPBACK]
    if away and not store.place.tls:
        yield file.finding(("store",), f"what is said to {away[0]} is not encrypted", "a URL that begins with rediss")
    if store.password is not None and (problem := _missing(store.password)):
        yield _error(file.finding(("store", "password"), problem))


def _identity(file: SettingsFile) -> Iterator[Finding]:
    identity = file.settings.identity
    if not identity.keys:
        yield file.finding(("identity", "keys"), "there is no other way to say who calls, so every call is refused")
    if identity.hash_key is None:  # so the store is a file
        path = hash_key_path(file.settings)
        if is_exposed(path):
            yield file.finding(("store",), f"others can read {path}, which hashes the keys; run chmod 600 on it")
        return
    problem = _missing(identity.hash_key) or _short(identity.hash_key)
    if problem:
        yield _error(file.finding(("identity", "hash_key"), problem))


def _short(secret: Secret) -> str | None:
    return f"fewer than {SHORTEST} characters" if len(fetch(secret)) < SHORTEST else None


def _admin(file: SettingsFile) -> Iterator[Finding]:
    for at, row in enumerate(file.settings.admin.tokens if file.settings.admin else ()):
        place = ("admin", "tokens", at, "token")
        if problem := _missing(row.token):
            yield file.finding(place, f"{problem}; nobody is let in by it")
        elif not admin_tokens.SHORTEST <= len(fetch(row.token)) <= admin_tokens.LONGEST:
            allowed = f"{admin_tokens.SHORTEST} to {admin_tokens.LONGEST} characters, as of `openssl rand -hex 32`"
            yield _error(file.finding(place, "nobody is let in by a token of this length", allowed))


def _prices(file: SettingsFile) -> Iterator[Finding]:
    override = file.settings.prices.override
    try:
        book = PriceBook(read_price_file(Path(override)) if override else NO_OVERRIDES)
    except PriceFileError as error:
        yield _error(file.finding(("prices", "override"), str(error)))
    except OSError as error:
        yield _error(file.finding(("prices", "override"), f"{override} cannot be read: {error.strerror}"))
    else:
        yield from _unpriced(file, book)


def _unpriced(file: SettingsFile, book: PriceBook) -> Iterator[Finding]:
    limits = [limit for limit in file.settings.limits if limit.unit == "usd" and limit.mode == "enforce"]
    strict = any(limit.unpriced == "deny" for limit in limits)
    for name, model in file.settings.models.items() if strict else ():
        yield from _unpriced_backends(file, book, name, model)


def _unpriced_backends(file: SettingsFile, book: PriceBook, name: str, model: Model) -> Iterator[Finding]:
    """A glob that passes the client's own model name on has no price to look up here."""
    for at, backend in enumerate(model.backends):
        there = backend.model or name
        if backend.model is None and any(mark in name for mark in "*?["):
            continue
        price = book.price(file.settings.providers[backend.provider].kind, there, time.time())
        lacks = "price" if price is None else _lacks(price, there)
        if lacks:
            problem = f"{there} has no known {lacks}, and limits in usd refuse a call without one"
            allowed = "a price under prices.override, or unpriced: allow on the limit"
            yield file.finding(("models", name, "backends", at), problem, allowed)


def _lacks(price: Price, model: str) -> str | None:
    """What a model seems to be for, by its name, but has no price for."""
    used = ((what, usage) for mark, what, usage in _USED if mark in model.lower())
    return next((what for what, usage in used if worst_case_nano(price, usage) is None), None)


def _error(finding: Finding) -> Finding:
    return replace(finding, severity="error")
