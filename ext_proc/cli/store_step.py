"""One step on the store that the settings name: opened, done, closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from ext_proc.bootstrap import open_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ext_proc.settings import Settings
    from ext_proc.stores.store import Store

T = TypeVar("T")


def on_store(settings: Settings, step: Callable[[Store], Awaitable[T]]) -> T:
    """Raises ControlError when the store cannot be reached."""
    return asyncio.run(_on_store(settings, step))


async def _on_store(settings: Settings, step: Callable[[Store], Awaitable[T]]) -> T:
    store = open_store(settings)
    await store.open()
    try:
        return await step(store)
    finally:
        await store.close()
