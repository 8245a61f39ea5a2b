"""The pump: at least once into every sink, in order, and lost by no failure."""

from ext_proc.ledger.outbox import MOST_AT_ONCE, Pumped, pump
from tests.stores.backends import NOW, settlement
from tests.stores.conftest import backend as backend  # noqa: PLC0414  fixtures: every store, opened fresh
from tests.stores.conftest import store as store  # noqa: PLC0414


class Sink:
    """Remembers what it was given, and fails as often as it is told to."""

    def __init__(self, failures=0):
        self.seen, self.failures = [], failures

    def __call__(self, entries):
        if self.failures:
            self.failures -= 1
            raise OSError(28, "No space left on device")
        self.seen += [entry["decision_id"] for entry in entries]


async def test_every_sink_gets_every_entry_once_and_in_order(store):
    await store.settle([settlement(f"d{n}") for n in range(3)], NOW)
    sinks = {"a": Sink(), "b": Sink()}
    assert await pump(store, sinks, "me", lambda: NOW) == Pumped(3)
    assert await pump(store, sinks, "me", lambda: NOW + 1000) == Pumped(0)
    assert [sink.seen for sink in sinks.values()] == [["d0", "d1", "d2"]] * 2


async def test_a_failing_sink_keeps_the_entries_and_is_named(store):
    await store.settle([settlement("d0")], NOW)
    sinks = {"disk": Sink(failures=1), "log": Sink()}
    pumped = await pump(store, sinks, "me", lambda: NOW)
    assert [(name, error.errno) for name, error in pumped.failures] == [("disk", 28)]
    assert await pump(store, sinks, "me", lambda: NOW + 30) == Pumped(1)
    assert (sinks["disk"].seen, sinks["log"].seen) == (["d0"], ["d0", "d0"])


async def test_a_long_outbox_is_emptied_in_batches(store):
    await store.settle([settlement(f"d{n}") for n in range(MOST_AT_ONCE + 1)], NOW)
    sink = Sink()
    assert [(await pump(store, {"a": sink}, "me", lambda: NOW)).taken for _ in range(3)] == [MOST_AT_ONCE, 1, 0]
    assert len(set(sink.seen)) == MOST_AT_ONCE + 1
