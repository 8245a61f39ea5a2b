"""Speech, OpenAI's wire format to have a text spoken: passed on to providers that speak it."""

from __future__ import annotations

from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.same_api import same_api
from ext_proc.apis.speech.answer import read_answer, stream_observer
from ext_proc.apis.speech.outline import outline

SPEECH = same_api(
    "Speech",
    name="speech",
    operation="speech",
    paths=("/v1/audio/speech",),
    outline=outline,
    read_answer=read_answer,
    stream_observer=stream_observer,
    read_error=read_error,
    write_error=write_error,
    host_meters=True,
)
