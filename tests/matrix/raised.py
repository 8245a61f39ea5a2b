"""What each official client raises, and where its error says the status and the headers of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anthropic
import openai
from botocore.exceptions import ClientError, EventStreamError
from cohere import errors as cohere_errors
from cohere.core.api_error import ApiError
from google.genai import errors as genai_errors

from tests.matrix.calls import AnswerFailedError

OPENAI = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
}
RAISED: dict[str, dict[int, Any]] = {
    "chat_completions": OPENAI,
    "responses": OPENAI,
    "messages": {status: getattr(anthropic, error.__name__) for status, error in OPENAI.items()},
    "generate_content": {
        **dict.fromkeys((400, 401, 404, 429), genai_errors.ClientError),
        500: genai_errors.ServerError,
    },
    "converse": dict.fromkeys((400, 401, 404, 429, 500), ClientError),
    "cohere_chat": {
        400: cohere_errors.BadRequestError,
        401: cohere_errors.UnauthorizedError,
        404: cohere_errors.NotFoundError,
        429: cohere_errors.TooManyRequestsError,
        500: ApiError,
    },
}
"""By the status of the answer; 500 stands for all above."""
AMAZON_NAMES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
}
BROKEN: dict[str, Any] = {
    "chat_completions": openai.APIError,
    "responses": (openai.APIError, AnswerFailedError),
    "messages": anthropic.APIStatusError,
    "generate_content": genai_errors.APIError,
    "converse": EventStreamError,
    "cohere_chat": AnswerFailedError,
}
"""For an error within a stream."""


def status_of(error: Any) -> int:
    match error:
        case ClientError():
            return error.response["ResponseMetadata"]["HTTPStatusCode"]
        case genai_errors.APIError():
            return error.code
    return error.status_code


def headers_of(error: Any) -> Mapping[str, str]:
    match error:
        case ClientError():
            return error.response["ResponseMetadata"]["HTTPHeaders"]
        case ApiError():
            return error.headers
    return error.response.headers


def check(error: Any, client: str, status: int) -> None:
    assert status_of(error) == status
    if client == "converse":
        assert error.response["Error"]["Code"] == AMAZON_NAMES[status]
