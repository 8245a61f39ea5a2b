"""The table of what is not a chat, observed: a call of each client API for a model on providers of several kinds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ext_proc.apis import APIS
from ext_proc.apis.paths import filled
from ext_proc.providers import KINDS
from tests.fakes import Fake, Response
from tests.gateway import Gateway, gateway
from tests.providers.asked import PLACE

SHOWN = (
    "openai",
    "azure",
    "mistral",
    "cohere",
    "gemini",
    "vertex",
    "bedrock",
    "anthropic",
    "jina",
    "openai-compatible",
)
NAMES = {
    "bedrock": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "vertex": "gemini-2.5-flash",
}
TEXT = {"role": "user", "content": "text"}
PARTS = {"parts": [{"text": "text"}]}
FORM: dict[str, Any] = {"file": ("a.mp3", b"sound"), "image": ("a.png", b"image")}


@dataclass(frozen=True, slots=True)
class Said:
    """What a client of this API says beside the model; `form` names the file of a form."""

    body: dict[str, Any] = field(default_factory=dict)
    form: str | None = None


CALLS = {
    "completions": Said({"prompt": "text", "max_tokens": 9}),
    "embeddings": Said({"input": ["text"]}),
    "cohere_embed": Said({"texts": ["text"], "input_type": "search_query", "embedding_types": ["float"]}),
    "embed_content": Said({"content": PARTS}),
    "batch_embed_contents": Said({"requests": [{"content": PARTS}]}),
    "cohere_rerank": Said({"query": "text", "documents": ["a", "b"]}),
    "rerank": Said({"query": "text", "documents": ["a", "b"]}),
    "moderations": Said({"input": "text"}),
    "messages_count_tokens": Said({"messages": [TEXT]}),
    "responses_input_tokens": Said({"input": "text"}),
    "generate_content_count_tokens": Said({"contents": [PARTS]}),
    "converse_count_tokens": Said(
        {"input": {"converse": {"messages": [{"role": "user", "content": [{"text": "a"}]}]}}}
    ),
    "image_generations": Said({"prompt": "text"}),
    "image_edits": Said({"prompt": "text"}, "image"),
    "image_variations": Said({}, "image"),
    "speech": Said({"input": "text", "voice": "alloy"}),
    "transcriptions": Said({}, "file"),
    "translations": Said({}, "file"),
}
TITLES = {
    "completions": "Completions",
    "messages_count_tokens": "count_tokens of Messages",
    "responses_input_tokens": "input_tokens of Responses",
    "generate_content_count_tokens": "countTokens",
    "converse_count_tokens": "CountTokens of Bedrock",
}
"""Where the API has none of its own that is short."""
KEPT = {"Files": "files_list", "Batches": "batches_list", "Message Batches": "message_batches_list"}


@contextmanager
def several_kinds(folder: Path) -> Iterator[tuple[Gateway, Fake]]:
    """Every provider answers with an error, which is enough to see what it was asked."""
    with ExitStack() as stack:
        fake = stack.enter_context(Fake(lambda _received: Response([b"{}"], status=500)))
        (folder / "key").write_text("sk-canary")
        providers = {kind: _provider(kind, fake.url, folder / "key") for kind in SHOWN}
        models = {
            f"on-{kind}": {"backends": [{"provider": kind, "model": NAMES.get(kind, "a-model")}]} for kind in SHOWN
        }
        answer = fake.answer
        yield stack.enter_context(gateway(folder, "1.40", answer, answer, providers, models=models)), fake


def _provider(kind: str, url: str, secret: Path) -> dict[str, Any]:
    row = KINDS[kind]
    listed = {"api": [*row.paths]} if row.listed else {}
    place = {name: PLACE[name] for name in row.needs(url)}
    return {"kind": kind, "endpoint": url, "credential": {"file": str(secret)}, **place, **listed}


def family_table(folder: Path) -> list[list[str]]:
    """Rows of cells, the head first. What a provider keeps is never called for a model, and stands in its row."""
    with several_kinds(folder) as (gate, fake):
        rows = [
            [TITLES.get(api, APIS[api].title), *(_observed(gate, fake, api, kind) for kind in SHOWN)] for api in CALLS
        ]
    kept = [[title, *("yes" if api in KINDS[kind].keeping else "—" for kind in SHOWN)] for title, api in KEPT.items()]
    return [["", *(f"`{kind}`" for kind in SHOWN)], *rows, *kept]


def _observed(gate: Gateway, fake: Fake, api: str, kind: str) -> str:
    before, answer = len(fake.received), _asked(gate, api, f"on-{kind}")
    if len(fake.received) == before:
        if answer.headers.get("x-tollkeeper-estimated"):
            return "estimated"
        assert answer.status_code == 400, (api, kind, answer.text)
        return "—"
    own = KINDS[kind].paths.get(api)
    path = fake.received[-1].path.partition("?")[0]
    same = own is not None and path.endswith(filled(own, {"model": NAMES.get(kind, "a-model"), **PLACE}))
    return "yes" if same else "mapped"


def _asked(gate: Gateway, api: str, model: str) -> httpx.Response:
    path, said = APIS[api].paths[0], CALLS[api]
    url, headers = gate.url + path.replace("{model}", model), {"authorization": f"Bearer {gate.key()}"}
    body = said.body if "{model}" in path else {"model": model, **said.body}
    if said.form:
        return httpx.post(url, data=body, files={said.form: FORM[said.form]}, headers=headers, timeout=20)
    return httpx.post(url, json=body, headers=headers, timeout=20)
