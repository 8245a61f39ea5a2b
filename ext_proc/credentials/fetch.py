"""The present value of a secret that the operator's file refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ext_proc.credentials import SOURCES
from ext_proc.settings import Settings
from ext_proc.settings_providers import Secret

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from ext_proc.credentials.credential import Source


def fetch(secret: Secret) -> str:
    """Raises NoCredential, whose text never holds the value."""
    source, where = _source(secret)
    return source.fetch(where)


def signature(secrets: Iterable[Secret]) -> Hashable:
    """Changes when one of the secrets may have changed. Take it before fetching: then no change is missed."""
    return tuple(source.signature(where) for source, where in map(_source, secrets))


def secrets_of(settings: Settings) -> list[Secret]:
    """Every secret that the file refers to."""
    credentials = [provider.credential for provider in settings.providers.values()]
    signing = [attribute.secret for attribute in settings.attributes.values()]
    tokens = [token.token for token in settings.admin.tokens] if settings.admin else []
    secrets = (*credentials, *signing, *tokens, settings.identity.hash_key, settings.store.password)
    return [secret for secret in secrets if isinstance(secret, Secret)]


def _source(secret: Secret) -> tuple[Source, str]:
    name, where = next(iter(secret.model_dump(exclude_none=True).items()))
    return SOURCES[name], where
