"""Streams of Messages as Bedrock frames them."""

from __future__ import annotations

import base64
import json

from ext_proc.apis import eventstream


def chunk(event, type_="chunk", **members):
    """One event, given as text, with the padding by which Bedrock hides the length of a token."""
    headers = {":event-type": type_, ":content-type": "application/json", ":message-type": "event"}
    wrapped = {"bytes": base64.b64encode(event.encode()).decode(), "p": "abcdef", **members}
    return eventstream.encode(headers, json.dumps(wrapped).encode())


def chunks(stream):
    """The events of a stream of Messages."""
    lines = stream.decode().split("\n")
    return b"".join(chunk(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
