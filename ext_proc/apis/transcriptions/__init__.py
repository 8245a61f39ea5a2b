"""Transcriptions and Translations, OpenAI's wire formats for what is said in a recording: passed on to their own."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.form_body import FORM
from ext_proc.apis.same_api import same_api
from ext_proc.apis.transcriptions.answer import read_answer, stream_observer
from ext_proc.apis.transcriptions.outline import outline

_SHARED = {
    "outline": outline,
    "read_answer": read_answer,
    "stream_observer": stream_observer,
    "read_error": read_error,
    "write_error": write_error,
    "body": FORM,
}

TRANSCRIPTIONS = same_api(
    "Transcriptions", name="transcriptions", operation="transcription", paths=("/v1/audio/transcriptions",), **_SHARED
)
TRANSLATIONS = same_api(
    "Translations", name="translations", operation="translation", paths=("/v1/audio/translations",), **_SHARED
)
