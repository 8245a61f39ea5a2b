"""The wire APIs, by name. To add one, write its folder and add its row."""

from __future__ import annotations

from collections.abc import Mapping

from ext_proc.apis.api import Api
from ext_proc.apis.batches import BATCHES
from ext_proc.apis.chat_completions import CHAT_COMPLETIONS
from ext_proc.apis.cohere_chat import COHERE_CHAT
from ext_proc.apis.cohere_embed import COHERE_EMBED
from ext_proc.apis.cohere_rerank import COHERE_RERANK
from ext_proc.apis.completions import COMPLETIONS
from ext_proc.apis.converse import CONVERSE
from ext_proc.apis.count_tokens import COUNT_TOKENS
from ext_proc.apis.embed_content import BATCH_EMBED_CONTENTS, EMBED_CONTENT
from ext_proc.apis.embeddings import EMBEDDINGS
from ext_proc.apis.files import FILES
from ext_proc.apis.generate_content import GENERATE_CONTENT
from ext_proc.apis.images import IMAGES
from ext_proc.apis.invoke_model import INVOKE_MODEL
from ext_proc.apis.message_batches import MESSAGE_BATCHES
from ext_proc.apis.messages import MESSAGES
from ext_proc.apis.moderations import MODERATIONS
from ext_proc.apis.raw_predict import RAW_PREDICT
from ext_proc.apis.rerank import RERANK
from ext_proc.apis.responses import RESPONSES
from ext_proc.apis.speech import SPEECH
from ext_proc.apis.transcriptions import TRANSCRIPTIONS, TRANSLATIONS

_TABLE = (
    COHERE_CHAT,
    CHAT_COMPLETIONS,
    MESSAGES,
    RESPONSES,
    COMPLETIONS,
    CONVERSE,
    INVOKE_MODEL,
    RAW_PREDICT,
    GENERATE_CONTENT,
    COHERE_EMBED,
    BATCH_EMBED_CONTENTS,
    EMBED_CONTENT,
    EMBEDDINGS,
    COHERE_RERANK,
    RERANK,
    MODERATIONS,
    *IMAGES,
    SPEECH,
    TRANSCRIPTIONS,
    TRANSLATIONS,
    *COUNT_TOKENS,
    *FILES,
    *BATCHES,
    *MESSAGE_BATCHES,
)
"""A provider that speaks several and not the client's own is called in the first of them: what it only took over from
others comes later."""

APIS: Mapping[str, Api] = {api.name: api for api in _TABLE}
