"""The paths of the operator's file: a relative one means a place seen from the folder of the file."""

from __future__ import annotations

from pathlib import Path

from ext_proc.settings import Settings
from ext_proc.settings_admin import Admin
from ext_proc.settings_providers import Secret
from ext_proc.settings_store import StoreSettings


def located(settings: Settings, folder: Path) -> Settings:
    """The same settings with every relative path made absolute, seen from `folder`."""
    listen = settings.listen.model_copy(
        update={name: _address(folder, getattr(settings.listen, name)) for name in ("grpc", "http")}
    )
    providers = {
        name: provider.model_copy(update={"credential": _secret(folder, provider.credential)})
        for name, provider in settings.providers.items()
    }
    attributes = {
        name: attribute.model_copy(update={"secret": _secret(folder, attribute.secret)})
        for name, attribute in settings.attributes.items()
    }
    return settings.model_copy(
        update={
            "attributes": attributes,
            "listen": listen,
            "store": _store(folder, settings.store),
            "proxy": settings.proxy.model_copy(update={"listen": _address(folder, settings.proxy.listen)}),
            "providers": providers,
            "identity": settings.identity.model_copy(update={"hash_key": _secret(folder, settings.identity.hash_key)}),
            "usage": [usage.model_copy(update={"jsonl": _file(folder, usage.jsonl)}) for usage in settings.usage],
            "admin": _admin(folder, settings.admin),
            "prices": settings.prices.model_copy(update={"override": _file(folder, settings.prices.override)}),
        }
    )


def _store(folder: Path, store: StoreSettings) -> StoreSettings:
    if store.place.kind == "sqlite":
        return StoreSettings(url=f"sqlite:{resolve(folder, store.place.path)}")
    files = {name: _file(folder, text) for name, text in store.tls} if store.tls else {}
    tls = store.tls.model_copy(update=files) if store.tls else None
    return store.model_copy(update={"password": _secret(folder, store.password), "tls": tls})


def _admin(folder: Path, admin: Admin | None) -> Admin | None:
    if admin is None:
        return None
    tokens = [token.model_copy(update={"token": _secret(folder, token.token)}) for token in admin.tokens]
    return admin.model_copy(update={"tokens": tokens})


def resolve(folder: Path, text: str) -> Path:
    """The path that `text` means in a settings file that lies in `folder`."""
    return folder / Path(text).expanduser()


def _file(folder: Path, text: str | None) -> str | None:
    return None if text is None else str(resolve(folder, text))


def _address(folder: Path, address: str) -> str:
    return f"unix:{resolve(folder, address[5:])}" if address.startswith("unix:") else address


def _secret(folder: Path, secret: Secret | str | None) -> Secret | str | None:
    return secret.model_copy(update={"file": _file(folder, secret.file)}) if isinstance(secret, Secret) else secret
