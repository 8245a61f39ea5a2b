"""embedContent and batchEmbedContents, Google's wire formats for embeddings: of one text, and of several."""

from __future__ import annotations

from ext_proc.apis.embed_content.answer import read_answer, read_batch_answer, write_answer, write_batch_answer
from ext_proc.apis.embed_content.outline import batch_outline, outline, rename, rename_batch
from ext_proc.apis.embed_content.read import read_batch_request, read_request
from ext_proc.apis.embed_content.write import write_batch_request, write_request
from ext_proc.apis.generate_content.errors import read_error, write_error
from ext_proc.apis.same_api import same_api
from ext_proc.apis.vectors import shaped

BATCH_EMBED_CONTENTS = same_api(
    "batchEmbedContents",
    name="batch_embed_contents",
    operation="embeddings",
    family="embeddings",
    paths=("/v1beta/models/{model}:batchEmbedContents", "/v1/models/{model}:batchEmbedContents"),
    outline=batch_outline,
    read_request=read_batch_request,
    write_request=write_batch_request,
    read_answer=read_batch_answer,
    write_answer=write_batch_answer,
    shape=shaped,
    rename=rename_batch,
    read_error=read_error,
    write_error=write_error,
)
EMBED_CONTENT = same_api(
    "embedContent",
    name="embed_content",
    operation="embeddings",
    family="embeddings",
    paths=("/v1beta/models/{model}:embedContent", "/v1/models/{model}:embedContent"),
    outline=outline,
    read_request=read_request,
    write_request=write_request,
    read_answer=read_answer,
    write_answer=write_answer,
    shape=shaped,
    rename=rename,
    read_error=read_error,
    write_error=write_error,
)
