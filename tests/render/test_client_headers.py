"""The headers that the listener takes from clients before anything reads them."""

import re

import pytest

from ext_proc.render.client_headers import client_headers_removed

MATCHERS = [mutation["remove_on_match"]["key_matcher"] for mutation in client_headers_removed()]


def is_removed(name):
    return any(
        re.fullmatch(matcher["safe_regex"]["regex"], name)
        if "safe_regex" in matcher
        else name.startswith(matcher["prefix"])
        for matcher in MATCHERS
    )


OURS = (
    "",
    "plan",
    "decision",
    "d",
    "dry",
    "dry-",
    "dry-ru",
    "dry-rum",
    "dry-run-",
    "dry-run2",
    "xdry-run",
    "drY-run",
    "dry_run",
)


@pytest.mark.parametrize("name", [*(f"x-tollkeeper-{rest}" for rest in OURS), "x-envoy-max-retries", "x-envoy-dry-run"])
def test_a_name_of_ours_or_of_envoys_is_removed(name):
    assert is_removed(name)


@pytest.mark.parametrize(
    "name", ["x-tollkeeper-dry-run", "x-session-id", "authorization", "x-tollkeeper", "my-x-tollkeeper-plan"]
)
def test_a_clients_own_header_and_the_question_of_a_dry_run_stay(name):
    assert not is_removed(name)
