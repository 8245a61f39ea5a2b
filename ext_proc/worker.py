"""One worker's parts, and the chores that its loop runs beside the calls."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ext_proc.conclusions import Conclusions
from ext_proc.credentials.credential import NoCredential
from ext_proc.drive import Driver
from ext_proc.errors import ControlError
from ext_proc.events import Finished
from ext_proc.ledger.outbox import pump
from ext_proc.limit_rules import LimitRule
from ext_proc.price_file import PriceFileError
from ext_proc.settings import Settings
from ext_proc.settings_findings import ConfigError
from ext_proc.sinks.sink import Sink
from ext_proc.snapshot import Snapshot
from ext_proc.stores.local_slices import LocalSlices
from ext_proc.stores.store import Store

log = logging.getLogger(__name__)
RESTART_ONLY = ("listen", "store", "usage")


@dataclass(slots=True)
class Worker:
    """`load` reads the settings, `build` makes a snapshot of them; `changed` gives a signature that tells when to."""

    snapshot: Snapshot
    store: Store
    sinks: Mapping[str, Sink]
    load: Callable[[], Settings]
    build: Callable[[Settings, int], Snapshot]
    changed: Callable[[Settings], Hashable]
    seen: Hashable
    open_attempts: set[object] = field(default_factory=set)
    keys_seen: int = -1
    leases: LocalSlices = field(init=False)
    driver: Driver = field(init=False)
    conclusions: Conclusions = field(init=False)

    def __post_init__(self) -> None:
        self.leases = LocalSlices(self.store)
        self.conclusions = Conclusions(lambda: self.snapshot, self.leases.settle, self.leases.settle_later)

    def conclude(self, finished: Iterable[Finished]) -> None:
        self.conclusions.add(finished)

    async def refresh(self) -> None:
        """Takes up a changed file, credential or key. What does not hold is reported, and the last good one stays."""
        self._refresh_settings()
        await self._refresh_keys()

    def _refresh_settings(self) -> None:
        seen = self.changed(self.snapshot.settings)
        if seen == self.seen:
            return
        self.seen = seen
        settings = self._present_settings()
        try:
            fresh = self.build(settings, self.snapshot.version + 1)
        except (NoCredential, PriceFileError) as error:
            log.error("the last good settings stay: %s", error)  # noqa: TRY400  a mistake of a file, not of ours
            return
        self._warn_of_restart(settings)
        self.snapshot = replace(fresh, keys=self.snapshot.keys)
        log.info("settings version %d are live", fresh.version)

    async def has_store(self) -> bool:
        """Whether the store is there. Raises ControlError where no call can do without it."""
        try:
            await self.store.ping()
        except ControlError:
            if all(map(self._passes_without_store, self.snapshot.limits)):
                return False
            raise
        return True

    def _passes_without_store(self, rule: LimitRule) -> bool:
        """Some calls at least: those that it does not select, or those that it lets in."""
        if not rule.enforce or not rule.selector.is_open or rule.outage == "allow":
            return True
        return rule.outage == "local" and self.leases.hold_of(rule.name)

    def _present_settings(self) -> Settings:
        """The file as it is now, or the last good one: a broken file does not keep a new credential out."""
        try:
            return self.load()
        except ConfigError as error:
            log.error("the changed settings do not hold, the last good ones stay: %s", error)  # noqa: TRY400  not our fault
            return self.snapshot.settings

    async def settle_next(self) -> None:
        await self.conclusions.some()
        await self.settle()

    async def settle(self) -> None:
        await self.conclusions.flush(time.time())

    async def hold(self) -> None:
        """Holds beforehand what calls may be let in from while the store is away."""
        await self.leases.keep(time.time())

    async def give_back(self) -> None:
        await self.leases.give_back(time.time())

    async def expire(self) -> None:
        await self.store.expire(time.time())

    async def export(self) -> None:
        if not self.sinks:
            return
        pumped = await pump(self.store, self.sinks, str(os.getpid()), time.time)
        for name, failure in pumped.failures:
            log.warning("the usage sink %s fails, its entries wait: %s", name, failure.strerror)

    async def _refresh_keys(self) -> None:
        version = await self.store.keys_version()
        if version != self.keys_seen:
            keys = {key.digest: key for key in await self.store.list_keys() if key.revoked_at is None}
            self.snapshot, self.keys_seen = replace(self.snapshot, keys=keys), version

    def _warn_of_restart(self, fresh: Settings) -> None:
        for name in RESTART_ONLY:
            if getattr(self.snapshot.settings, name) != getattr(fresh, name):
                log.warning("%s has changed; it takes effect at the next start", name)
