"""One gateway with a provider of each format, kept for a module, and the official clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.matrix.clients import Clients, connected
from tests.matrix.five_providers import Five, five_providers


@pytest.fixture(scope="module")
def version() -> str:
    """A module for another Envoy has its own."""
    return "1.40"


@pytest.fixture(scope="module")
def five(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Five]:
    with five_providers(tmp_path_factory.mktemp("matrix"), version) as running:
        yield running


@pytest.fixture(scope="module")
def clients(five: Five) -> Iterator[Clients]:
    with connected(five.gate.url, five.gate.key()) as made:
        yield made
