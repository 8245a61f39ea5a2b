"""The OpenAPI 3.1 document of the admin API, made of the same table and models that answer.

Spec: https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ext_proc.admin.problem import KINDS, MEDIA_TYPE, ProblemBody
from ext_proc.admin.route import PREFIX, READS, Route
from ext_proc.version import installed_version

_EVERYWHERE = ("bad-request", "no-token", "role", "not-set-up", "store", "timeout")
_WITH_BODY = ("too-slow", "too-large", "not-json", "invalid")
DOCUMENT = "/openapi.json"
_ITSELF = {
    "operationId": "show_document",
    "summary": "This document",
    "x-roles": sorted(READS),
    "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}},
}
_Mode = tuple[type[BaseModel], Literal["validation", "serialization"]]
_REF = "#/components/schemas/{model}"


def document(routes: Sequence[Route]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route)
    paths[PREFIX + DOCUMENT] = {"get": _ITSELF}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tollkeeper's admin API", "version": installed_version()},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(routes),
        },
    }


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    read: list[_Mode] = [(route.body, "validation") for route in routes if route.body]
    written: list[_Mode] = [(route.result, "serialization") for route in routes]
    every: list[_Mode] = [*read, *written, (ProblemBody, "serialization")]
    _, schema = models_json_schema([row for at, row in enumerate(every) if row not in every[:at]], ref_template=_REF)
    return dict(schema["$defs"])


def _operation(route: Route) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.answer.__name__,
        "summary": route.summary,
        "description": f"{route.answer.__doc__ or ''} Roles: {', '.join(sorted(route.roles))}.".strip(),
        "x-roles": sorted(route.roles),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {str(route.status): _content("The result.", route.result, "application/json")} | _problems(route),
    }
    if route.body is not None:
        made["requestBody"] = {"required": True, **_content("", route.body, "application/json")}
        del made["requestBody"]["description"]
    return made


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    properties = route.query.model_json_schema().get("properties", {})
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()]


def _problems(route: Route) -> dict[str, Any]:
    kinds = [*_EVERYWHERE, *route.problems, *(_WITH_BODY if route.body else ("invalid",))]
    titles: dict[str, list[str]] = {}
    for kind in kinds:
        status, title = KINDS[kind]
        titles.setdefault(str(status), []).append(title)
    return {status: _content("; ".join(told) + ".", ProblemBody, MEDIA_TYPE) for status, told in sorted(titles.items())}


def _content(description: str, model: type[BaseModel], media_type: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"description": description, "content": {media_type: {"schema": schema}}}
