"""Whatever Envoy answers by itself has the shape of the API whose path was asked for."""

from __future__ import annotations

import pytest

from ext_proc.apis import APIS
from ext_proc.render.local_replies import SHAPES


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_the_paths_of_an_api_lead_to_errors_as_it_writes_them(api):
    other_headers = {"generate_content": "/v1/models/"}  # told by the header of Google's SDKs
    for path in (*api.paths, *api.stream_paths):
        shapes = [shape.api for shape in SHAPES if path.startswith(shape.paths)]
        if path.startswith(other_headers.get(api.name, "-")):
            continue
        assert APIS[shapes[0] if shapes else "chat_completions"].write_error is api.write_error
