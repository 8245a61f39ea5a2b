"""Tokens are counted by their modality, and every way in which Gemini ends an answer is known."""

from __future__ import annotations

import json

import pytest

from ext_proc.apis import APIS
from ext_proc.parts import Finish, Start, UsageReport
from ext_proc.usage import Usage
from tests.apis.generate_content_streams import GEMINI_START, candidate, response

CHAT, MESSAGES, GEMINI = APIS["chat_completions"], APIS["messages"], APIS["generate_content"]


def parts_of(*candidates, **members):
    return GEMINI.read_answer(json.dumps(response(*candidates, **members)).encode())[1:]


DETAILED = {
    "promptTokenCount": 30,
    "toolUsePromptTokenCount": 4,
    "candidatesTokenCount": 9,
    "totalTokenCount": 43,
    "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 3},
        {"modality": "AUDIO", "tokenCount": 20},
        {"modality": "IMAGE", "tokenCount": 7},
    ],
    "toolUsePromptTokensDetails": [{"modality": "IMAGE", "tokenCount": 4}],
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}, {"modality": "IMAGE"}],
}


def test_tokens_are_counted_by_modality():
    usage = Usage(34, 9, input_audio_tokens=20, input_image_tokens=11, output_audio_tokens=5)
    assert parts_of(usage=DETAILED) == [UsageReport(usage)]
    written = json.loads(GEMINI.write_answer([GEMINI_START, UsageReport(usage)]))
    assert written["usageMetadata"] == {
        "promptTokenCount": 34,
        "candidatesTokenCount": 9,
        "totalTokenCount": 43,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 3},
            {"modality": "AUDIO", "tokenCount": 20},
            {"modality": "IMAGE", "tokenCount": 11},
        ],
        "candidatesTokensDetails": [
            {"modality": "TEXT", "tokenCount": 4},
            {"modality": "AUDIO", "tokenCount": 5},
        ],
    }


# Why it ended

FILTERED = [
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
]
NOT_FILTERED = ["STOP", "OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "NO_IMAGE", "A_NEW_ONE"]
BLOCKED = ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK", "NEW"]


@pytest.mark.parametrize("word", FILTERED)
def test_an_answer_that_was_filtered_says_so_to_every_client(word):
    parts = [GEMINI_START, *parts_of(candidate({"text": "a"}, finish=word))]
    assert parts[-1] == Finish("content_filter")
    assert json.loads(CHAT.write_answer(parts))["choices"][0]["finish_reason"] == "content_filter"
    assert json.loads(MESSAGES.write_answer(parts))["stop_reason"] == "refusal"


@pytest.mark.parametrize("word", NOT_FILTERED)
def test_another_end_is_no_filter(word):
    assert parts_of(candidate({"text": "a"}, finish=word))[-1] == Finish("stop")


@pytest.mark.parametrize("word", BLOCKED)
def test_a_prompt_that_was_blocked_is_an_answer_that_was_filtered(word):
    blocked = {"promptFeedback": {"blockReason": word, "safetyRatings": []}, "usageMetadata": {"promptTokenCount": 3}}
    assert GEMINI.read_answer(json.dumps(blocked).encode()) == [
        Start("", ""),
        Finish("content_filter"),
        UsageReport(Usage(3)),
    ]
