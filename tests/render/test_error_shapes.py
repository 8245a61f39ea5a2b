"""Whatever Envoy answers by itself has the shape of the API whose path was asked for."""

from __future__ import annotations

import pytest

from ext_proc.apis import APIS
from ext_proc.render.local_replies import SHAPES


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_the_paths_of_an_api_lead_to_errors_as_it_writes_them(api):
    for path in (*api.paths, *api.stream_paths):
        if path.startswith("/v1/models/"):  # told by the header of Google's SDKs
            continue
        shapes = [shape.api for shape in SHAPES if path.startswith(shape.paths)]
        assert APIS[shapes[0] if shapes else "chat_completions"].write_error is api.write_error
