"""A generateContent request and answer with most of what it can say, to be spoilt."""

from __future__ import annotations

from tests.apis.generate_content_requests import OWN_SCHEMA
from tests.apis.generate_content_streams import COUNTS, called, candidate, response

MEDIA = ("application/pdf", "text/plain", "audio/wav")
GROUNDED = {
    "groundingMetadata": {
        "webSearchQueries": ["q"],
        "groundingChunks": [{"web": {"uri": "https://x", "title": "t"}}],
        "groundingSupports": [
            {"segment": {"partIndex": 1, "startIndex": 0, "endIndex": 1}, "groundingChunkIndices": [0]}
        ],
    },
    "citationMetadata": {"citationSources": [{"startIndex": 0, "endIndex": 1, "uri": "https://x"}]},
    "logprobsResult": {
        "chosenCandidates": [{"token": "t", "logProbability": -1.5}],
        "topCandidates": [{"candidates": [{"token": "t", "logProbability": -1.5}]}],
    },
}
GEMINI_REQUEST = {
    "model": "m",
    "stream": True,
    "systemInstruction": {"parts": [{"text": "s"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "t"}, {"inlineData": {"mimeType": "image/png", "data": "A"}}]},
        {"role": "user", "parts": {"file_data": {"mime_type": "image/png", "file_uri": "https://x"}}},
        {"role": "user", "parts": [{"inlineData": {"mimeType": kind, "data": "AAAA"}} for kind in MEDIA]},
        {
            "role": "model",
            "parts": [
                {"text": "a", "thought": True},
                {"text": "", "thoughtSignature": "c2Vh"},
                {**called(id="1", args={"a": 1}), "thoughtSignature": "dG9sbGtlZXBlciBzaWduYXR1cmU6"},
                called(),
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "f", "response": {"output": "r"}}},
                {"functionResponse": {"id": "1", "name": "f", "response": {"error": "r"}, "parts": []}},
            ],
        },
    ],
    "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": OWN_SCHEMA}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "maxOutputTokens": 10,
        "temperature": 1,
        "topK": 40.0,
        "stopSequences": ["a"],
        "candidateCount": 2,
        "responseMimeType": "application/json",
        "responseSchema": OWN_SCHEMA,
        "thinkingConfig": {"thinkingBudget": 1, "includeThoughts": True},
        "responseLogprobs": False,
        "logprobs": 1,
        "presencePenalty": 0.5,
    },
    "serviceTier": "flex",
    "safetySettings": [],
}
GEMINI_ANSWER = response(
    GROUNDED
    | candidate(
        {"text": "a", "thought": True, "thoughtSignature": "c2Vh"},
        {"text": "t"},
        {**called(id="1", args={"a": 1}), "thoughtSignature": "dG9sbGtlZXBlciByZWRhY3RlZDog"},
        called(),
        finish="STOP",
    ),
    usage=COUNTS,
    promptFeedback={"blockReason": "SAFETY"},
)
GEMINI_ERROR = {
    "error": {
        "code": 429,
        "message": "m",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "r"},
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "f"}]},
        ],
    }
}
