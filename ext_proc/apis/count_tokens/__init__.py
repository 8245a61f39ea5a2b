"""Token counting: each maker of a chat API has another path for how many tokens a request of it would be read as."""

from __future__ import annotations

from ext_proc.apis.count_tokens.converse import CONVERSE_COUNT_TOKENS
from ext_proc.apis.count_tokens.generate_content import GENERATE_CONTENT_COUNT_TOKENS, VERTEX_COUNT_TOKENS
from ext_proc.apis.count_tokens.messages import MESSAGES_COUNT_TOKENS
from ext_proc.apis.count_tokens.responses import RESPONSES_INPUT_TOKENS

COUNT_TOKENS = (
    MESSAGES_COUNT_TOKENS,
    RESPONSES_INPUT_TOKENS,
    GENERATE_CONTENT_COUNT_TOKENS,
    CONVERSE_COUNT_TOKENS,
    VERTEX_COUNT_TOKENS,
)
