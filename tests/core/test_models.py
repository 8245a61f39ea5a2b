"""Gemini's clients are told what they may ask for in their own shape, by the path or by the header of their SDK."""

from __future__ import annotations

import json

import pytest

from ext_proc.replies import Answer
from tests.core.conversation import call, decide, key, secret_of, snapshot

GEMINI = ("x-goog-api-key", secret_of("alice"))
PLAIN = ("authorization", f"Bearer {secret_of('alice')}")


def asked(path, header=GEMINI, *, models=(), method="GET"):
    effects, reply = decide(call(b"", path, headers=[header], method=method), snapshot(key(models=models)))
    assert effects == []
    assert isinstance(reply, Answer)
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    ("path", "header"),
    [("/v1beta/models", GEMINI), ("/v1beta/models?pageSize=9", PLAIN), ("/v1/models", GEMINI)],
)
def test_the_list_reaches_as_far_as_the_key(path, header):
    status, said = asked(path, header, models=("gpt-*", "two"))
    assert status == 200
    assert [model["name"] for model in said["models"]] == ["models/gpt-4o-mini", "models/two"]
    assert asked(path, header, models=("none",)) == (200, {"models": []})


@pytest.mark.parametrize("path", ["/v1beta/models/gpt-4o-mini", "/v1/models/gpt%2D4o-mini"])
def test_one_model_is_told_by_its_name(path):
    status, said = asked(path)
    assert (status, said["name"], said["displayName"]) == (200, "models/gpt-4o-mini", "gpt-4o-mini")
    assert "countTokens" in said["supportedGenerationMethods"]


@pytest.mark.parametrize("header", [GEMINI, PLAIN])
def test_a_model_that_the_key_may_not_use_does_not_exist(header):
    status, said = asked("/v1beta/models/gpt-4o-mini", header, models=("two",))
    assert (status, said["error"]["status"]) == (404, "NOT_FOUND")


def test_the_list_takes_get_alone():
    status, said = asked("/v1beta/models", PLAIN, method="POST")
    assert (status, said["error"]["code"]) == (405, 405)


def test_what_is_not_served_below_the_same_path_is_no_model():
    status, said = asked("/v1beta/models/gpt-4o-mini:predict", method="POST")
    assert (status, said["error"]["status"]) == (404, "NOT_FOUND")
