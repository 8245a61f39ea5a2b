"""The table of docs/matrix.md, observed: every feature of every client's API is asked of a provider of every format.

python -m tests.matrix.table --write
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from tests.matrix.families import family_table
from tests.matrix.feature import BASES, Feature
from tests.matrix.features import FEATURES
from tests.matrix.five_providers import FORMATS, Five, five_providers

PAGE = Path(__file__).parents[2] / "docs/matrix.md"
PATHS = {
    "chat_completions": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "generate_content": "/v1/models/{model}:generateContent",
    "converse": "/model/{model}/converse",
    "cohere_chat": "/v2/chat",
}
TITLES = {
    "chat_completions": "Chat Completions",
    "responses": "Responses",
    "messages": "Messages",
    "generate_content": "generateContent",
    "converse": "Converse",
    "cohere_chat": "Cohere's Chat",
}
INTRO = """\
# What passes between APIs

Any client's API can be answered by a provider of any format. Text, streams, parallel tool calls, thinking, usage and
errors do in every pair. For the rest, this page says what a provider of each format is told:

- **yes**: the provider speaks the client's API, and gets what the client said.
- **mapped**: it gets the same in its own words.
- **left out**: its format has no word for it, and the answer is right without it; the header `x-tollkeeper-dropped` of
  the answer names it.
- **refused**: the answer would be another one; the client gets status 400, which names the member, and nothing is sent.
  A backend that can say it is tried in its place, where the model has one. With `on_unsupported: drop` on the model it
  is left out, too.

| client | its address | where the virtual key goes |
|---|---|---|
| `openai` | `base_url`, which ends in `/v1` | `api_key` |
| `anthropic` | `base_url`, without a path | `api_key` |
| `google-genai` | `http_options.base_url`, without a path | `api_key` |
| `cohere` | `base_url`, without a path | `api_key` |
| `mistralai`, which speaks Chat Completions | `server_url`, without a path | `api_key` |
| `boto3` | `endpoint_url`, without a path | `AWS_BEARER_TOKEN_BEDROCK`, which it sends over TLS alone |

Claude on Bedrock by InvokeModel and on Vertex AI by rawPredict has the words of Messages but for the service tier, and
holds no threads; clients of Messages and of InvokeModel reach each other's providers with their bytes as they are.

The tables are observed by `python -m tests.matrix.table --write`, and a test holds them to what the gateway does.
"""


OTHERS = """\
## Other calls

What is not a chat reaches a provider that speaks the client's API (**yes**) or another one of its family (**mapped**):
embeddings, rankings, counts of tokens. Where nobody counts, the count is **estimated**. Completions is translated like a
chat. An OpenAI-compatible server has what its settings list. Of other kinds of provider, see [theirs](providers.md);
files and batches pass to [the provider that keeps them](files.md).
"""


def written(five: Five) -> str:
    (folder := five.gate.folder / "families").mkdir(exist_ok=True)
    head, *rows = family_table(folder)
    others = [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]
    return "\n".join([INTRO, *(_section(five, client) for client in FORMATS), OTHERS, *others])


def _section(five: Five, client: str) -> str:
    head = ["", *(TITLES[provider] for provider in FORMATS)]
    lines, reasons = [_row(head), _row(["---"] * len(head))], []
    for feature in (feature for feature in FEATURES if client in feature.said):
        told = [(provider, *observed(five, client, provider, feature)) for provider in FORMATS]
        lines.append(_row([feature.name, *(word for _, word, _ in told)]))
        reasons += _reasons(feature, [(TITLES[provider], reason) for provider, _, reason in told if reason])
    because = ["", "Refused because:", "", *reasons] if reasons else []
    return "\n".join([f"## A client of {TITLES[client]}", "", *lines, *because, ""])


def _reasons(feature: Feature, told: list[tuple[str, str]]) -> list[str]:
    """Each once, with those that it holds for."""
    by_reason: dict[str, list[str]] = {}
    for provider, reason in told:
        by_reason.setdefault(reason, []).append(provider)
    return [f"- {feature.name} ({', '.join(providers)}): {reason}" for reason, providers in by_reason.items()]


def observed(five: Five, client: str, provider: str, feature: Feature) -> tuple[str, str]:
    """The word for it, and why it was refused."""
    before, answer = five.count(provider), asked(five, client, f"on-{provider}", feature.said[client])
    if answer.status_code != 200:
        assert (answer.status_code, five.count(provider)) == (400, before), (client, provider, feature, answer.text)
        return "refused", message_of(answer.json())
    if not re.search(feature.mark, five.sent(provider)):
        assert answer.headers.get("x-tollkeeper-dropped"), (client, provider, feature.name)
        return "left out", ""
    return ("yes" if client == provider else "mapped"), ""


def asked(five: Five, client: str, model: str, said: dict[str, Any]) -> httpx.Response:
    body = {**BASES[client], **said}
    in_path = "{model}" in PATHS[client]
    return five.http.post(PATHS[client].format(model=model), json=body if in_path else {"model": model, **body})


def message_of(body: dict[str, Any]) -> str:
    """With the member at fault where it stands apart."""
    error = body.get("error", body)
    details = error["details"] if isinstance(error.get("details"), list) else []
    violations = [v["field"] for detail in details for v in detail.get("fieldViolations", [])]
    name = next(iter(violations), error.get("param"))
    said: str = error["message"]
    return said if name is None or name in said else f"`{name}`: {said}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, five_providers(Path(folder), "1.40") as five:
        page = written(five)
    if "--write" in sys.argv:
        PAGE.write_text(page)
    else:
        print(page)


if __name__ == "__main__":
    main()
