"""Windows: what still counts, and until when."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ext_proc.windows import (
    CALENDAR,
    bucket,
    first_live_bucket,
    resets_at,
    seconds_of_window,
    split_window,
)

SLIDING = {"1s": 1, "30s": 30, "1m": 60, "90s": 90, "24h": 86400, "7d": 604800}
ZONES = [None, "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/Sao_Paulo", "Asia/Kathmandu"]
INSTANTS = st.floats(min_value=1_000_000_000, max_value=3_000_000_000)


def at(text, tz):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).timestamp()


@given(window=st.sampled_from(sorted(SLIDING)), charged=INSTANTS, share=st.floats(0, 1))
def test_a_sliding_window_never_forgets_early_and_at_most_a_sixtieth_late(window, charged, share):
    seconds = SLIDING[window]
    used = bucket(window, None, charged)
    assert used >= first_live_bucket(window, None, charged + seconds * share * 0.999)
    assert used < first_live_bucket(window, None, charged + seconds * (1 + 1 / 60) + 0.02)


@given(window=st.sampled_from(sorted(SLIDING)), now=INSTANTS)
def test_at_its_reset_a_sliding_window_has_forgotten_all_that_was_charged_before(window, now):
    reset = resets_at(window, None, now)
    assert now < reset <= now + SLIDING[window] * (1 + 1 / 60) + 0.02
    assert bucket(window, None, now) < first_live_bucket(window, None, reset + 0.02)


@given(window=st.sampled_from(CALENDAR), tz=st.sampled_from(ZONES), now=INSTANTS)
def test_calendar_periods_follow_each_other_without_gap_in_every_time_zone(window, tz, now):
    start, end = bucket(window, tz, now), resets_at(window, tz, now)
    assert start / 60 <= now < end
    assert bucket(window, tz, end) == end * 60
    assert bucket(window, tz, end - 1) == start == first_live_bucket(window, tz, now)


@pytest.mark.parametrize(
    ("window", "tz", "now", "start", "end"),
    [
        ("month", "Europe/Berlin", "2026-10-31T23:59:59", "2026-10-01T00:00", "2026-11-01T00:00"),
        ("month", "Europe/Berlin", "2026-11-01T00:00:00", "2026-11-01T00:00", "2026-12-01T00:00"),
        ("month", "UTC", "2028-02-29T12:00:00", "2028-02-01T00:00", "2028-03-01T00:00"),
        ("week", "Europe/Berlin", "2026-03-29T12:00:00", "2026-03-23T00:00", "2026-03-30T00:00"),
        ("day", "Europe/Berlin", "2026-10-25T12:00:00", "2026-10-25T00:00", "2026-10-26T00:00"),
        ("day", "America/Sao_Paulo", "2018-11-04T12:00:00", "2018-11-04T01:00", "2018-11-05T00:00"),
        ("hour", "Asia/Kathmandu", "2026-06-01T10:59:59", "2026-06-01T10:00", "2026-06-01T11:00"),
    ],
)
def test_a_calendar_window_begins_and_ends_on_the_wall_clock_of_its_zone(window, tz, now, start, end):
    instant = at(now, tz)
    assert bucket(window, tz, instant) == at(start, tz) * 60
    assert resets_at(window, tz, instant) == at(end, tz)


def test_the_day_on_which_clocks_are_set_back_has_25_hours_and_its_doubled_hour_counts_twice():
    noon = at("2026-10-25T12:00", "Europe/Berlin")
    assert resets_at("day", "Europe/Berlin", noon) * 60 - bucket("day", "Europe/Berlin", noon) == 25 * 3600 * 60
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    hours = [bucket("hour", "Europe/Berlin", t.timestamp()) for t in (first, first.replace(fold=1))]
    assert hours[1] - hours[0] == 3600 * 60


@pytest.mark.parametrize("window", ["forever", ""])
def test_what_never_ends_has_one_bucket_and_no_reset(window):
    assert (bucket(window, None, 1.8e9), first_live_bucket(window, None, 2.8e9), resets_at(window, None, 1.8e9)) == (
        0,
        0,
        None,
    )


@pytest.mark.parametrize(
    ("written", "window", "tz"),
    [
        ("month@Europe/Berlin", "month", "Europe/Berlin"),
        ("month", "month", None),
        ("1m@UTC", "1m", "UTC"),
        ("", "", None),
    ],
)
def test_a_claim_carries_its_window_and_the_time_zone(written, window, tz):
    assert split_window(written) == (window, tz)


@pytest.mark.parametrize(
    ("window", "tz"), [("1y", None), ("0s", None), ("month", "Mars/Olympus"), ("month", "../etc/passwd")]
)
def test_an_unknown_window_or_zone_is_refused_with_what_is_allowed(window, tz):
    with pytest.raises(ValueError, match="allowed"):
        seconds_of_window(window, tz)
