"""The OpenAPI document: valid, of every route, and true of what is answered."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from ext_proc.admin import ROUTES
from ext_proc.admin.problem import KINDS

ANSWERED = (
    ("GET", "/status", {}),
    ("GET", "/models", {}),
    ("GET", "/budgets", {}),
    ("GET", "/budgets/{limit}", {}),
    ("GET", "/budgets/{limit}/grants", {}),
    ("POST", "/budgets/{limit}/grants", {"json": {"amount": 1}}),
    ("DELETE", "/budgets/{limit}/grants/{id}", {}),
    ("POST", "/budgets/{limit}/reset", {"json": {}}),
    ("POST", "/check", {"json": {"model": "gpt-4o-mini", "input_tokens": 10}}),
    ("GET", "/keys", {}),
    ("POST", "/keys", {"json": {"name": "documented"}}),
    ("DELETE", "/keys/{id}", {}),
    ("GET", "/usage", {}),
)


@pytest.fixture(scope="module")
def document(service):
    return service.ok("GET", "/openapi.json", "viewer")


def test_it_is_valid(document):
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert document["openapi"].startswith("3.1")


def test_it_names_every_route_and_no_other(document):
    told = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert told == {(route.method, f"/admin/v1{route.path}") for route in ROUTES} | {("GET", "/admin/v1/openapi.json")}
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(set(ids)) == len(ids)


def test_every_kind_of_problem_is_of_a_route(document):
    told = {status for item in document["paths"].values() for one in item.values() for status in one["responses"]}
    assert told >= {str(status) for status, _ in KINDS.values()} - {"405"}


@pytest.mark.parametrize(("method", "path", "options"), ANSWERED, ids=lambda value: str(value)[:40])
def test_answers_are_as_it_says(service, document, method, path, options):
    """Results and problems alike."""
    answer = service.ask(method, path.format(limit="all-day", id="none"), **options)
    told = document["paths"][f"/admin/v1{path}"][method.lower()]["responses"][str(answer.status_code)]
    schema = told["content"][answer.headers["content-type"].partition(";")[0]]["schema"]
    checked = {**schema, "components": document["components"]}
    assert list(Draft202012Validator(checked).iter_errors(answer.json())) == []


def test_all_routes_are_asked_here():
    assert {(method, path) for method, path, _ in ANSWERED} == {(route.method, route.path) for route in ROUTES}


def test_the_status_tells_no_value_of_a_credential(service):
    status = service.ok("GET", "/status", "viewer")
    assert status["store"] == {"kind": "sqlite", "reachable": True, "reason": None}
    assert {row["name"]: row["credential"] for row in status["providers"]} == {
        "openai": "present",
        "away": "missing",
        "local": "none",
    }
    assert (status["workers"], status["models"], status["limits"]) == (2, 2, 4)
    assert "canary" not in str(status)


def test_models_are_told_with_their_backends(service):
    first, last = service.ok("GET", "/models", "viewer")["models"]
    assert [(row["provider"], row["priority"]) for row in first["backends"]] == [("openai", 0), ("away", 1)]
    assert last["name"] == "*"
