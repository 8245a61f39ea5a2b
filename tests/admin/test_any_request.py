"""Whatever is sent to the admin API, it is answered with a result or a problem, and the service goes on."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ext_proc.admin import ROUTES

EXPECTED = {200, 201, 400, 404, 405, 409, 415, 422}
MEMBERS = sorted(
    {name for route in ROUTES for model in (route.body, route.query) if model for name in model.model_fields}
)
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["team=a", "1e999999", "NaN", "7d", "gpt-4o-mini", "1" * 900]))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(TEXTS, SCALARS, max_size=3))
BODIES = st.dictionaries(st.sampled_from(MEMBERS) | TEXTS, VALUES, max_size=5)
NAMES = st.sampled_from(["all-day", "pair-day", "team-month"]) | st.text(min_size=1, max_size=12)
PATIENT = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PATIENT
@given(
    route=st.sampled_from(ROUTES), limit=NAMES, name=NAMES, body=BODIES, query=st.dictionaries(TEXTS, TEXTS, max_size=2)
)
def test_no_request_breaks_it(service, route, limit, name, body, query):
    path = route.path.format(
        limit=quote(limit.encode("utf-8", "replace"), safe=""), id=quote(name.encode("utf-8", "replace"), safe="")
    )
    content = {"content": json.dumps(body), "headers": [("content-type", "application/json")]} if route.body else {}
    answer = service.ask(route.method, path, params=_sendable(query), **content)
    assert answer.status_code in EXPECTED, answer.text
    assert isinstance(answer.json(), dict)


def _sendable(query):
    return {key.encode("utf-8", "replace"): value.encode("utf-8", "replace") for key, value in query.items()}


@PATIENT
@given(path=st.text("/.%budgetskeysv12\\?#\0 é", max_size=30))
def test_no_path_breaks_it(service, path):
    answer = service.ask("GET", f"/{quote(path, safe='/.%?')}")
    assert answer.status_code in EXPECTED, answer.text
