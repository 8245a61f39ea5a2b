"""Every backend, begun once a module and opened fresh for a test. Another store is one line in BACKENDS."""

import pytest

from tests.stores.backends import BACKENDS


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def backend(request, tmp_path_factory):
    begun = BACKENDS[request.param](tmp_path_factory.mktemp(request.param))
    yield begun
    begun.end()


@pytest.fixture
async def store(backend, tmp_path):
    opened = backend.store(tmp_path.name)
    await opened.open()
    yield opened
    await opened.close()
