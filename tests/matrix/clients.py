"""The official SDKs, each with an address and a virtual key and nothing else of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import anthropic
import boto3
import cohere
import httpx
import openai
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from google import genai
from google.genai import types


@dataclass(frozen=True, slots=True)
class Clients:
    openai: openai.OpenAI
    anthropic: anthropic.Anthropic
    genai: genai.Client
    bedrock: Any
    cohere: cohere.ClientV2


@contextmanager
def connected(url: str, key: str) -> Iterator[Clients]:
    with ExitStack() as stack:
        yield Clients(
            stack.enter_context(openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)),
            stack.enter_context(anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20)),
            stack.enter_context(genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))),
            stack.enter_context(_bedrock(url, key)),
            cohere.ClientV2(api_key=key, base_url=url, httpx_client=stack.enter_context(httpx.Client(timeout=20))),
        )


@contextmanager
def _bedrock(url: str, key: str) -> Iterator[Any]:
    """Amazon's SDK sends a bearer token of its own over TLS alone; here its public hook sets the same header."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, read_timeout=20)
    made = boto3.session.Session().client("bedrock-runtime", "us-east-1", endpoint_url=url, config=config)
    made.meta.events.register("before-send.bedrock-runtime", lambda request, **_: _present(request, key))
    try:
        yield made
    finally:
        made.close()


def _present(request: AWSPreparedRequest, key: str) -> None:
    request.headers["Authorization"] = f"Bearer {key}"
