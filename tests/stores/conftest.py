"""Every backend, opened fresh for a test. Another store is one line in BACKENDS."""

import pytest

from tests.stores.backends import BACKENDS


@pytest.fixture(params=sorted(BACKENDS))
async def store(request, tmp_path):
    opened = BACKENDS[request.param](tmp_path)
    await opened.open()
    yield opened
    await opened.close()
