"""Each official client's calls and turns, by the API that it speaks."""

from __future__ import annotations

from tests.matrix import calls, cohere_client, turns

CALLS = {**calls.CALLS, "cohere_chat": cohere_client.call}
TURNS = {**turns.TURNS, "cohere_chat": cohere_client.turns}
