"""One gateway with a provider of each format, kept for all modules, and the official clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.matrix.clients import Clients, connected
from tests.matrix.five_providers import Five, five_providers


@pytest.fixture(scope="session")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Five]:
    with five_providers(tmp_path_factory.mktemp("matrix"), "1.40") as running:
        yield running


@pytest.fixture(scope="session")
def clients(five: Five) -> Iterator[Clients]:
    with connected(five.gate.url, five.gate.key()) as made:
        yield made
