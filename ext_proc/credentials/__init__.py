"""The table of places that a secret can come from. To add one, write its file and add its row."""

from __future__ import annotations

from ext_proc.credentials import env, file
from ext_proc.credentials.credential import Source

SOURCES: dict[str, Source] = {
    "env": Source(env.signature, env.fetch),
    "file": Source(file.signature, file.fetch),
}
