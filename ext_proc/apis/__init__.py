"""The wire APIs, by name and by the path that clients call."""

from __future__ import annotations

from collections.abc import Mapping

from ext_proc.apis.api import Api
from ext_proc.apis.chat_completions import CHAT_COMPLETIONS
from ext_proc.apis.messages import MESSAGES

APIS: Mapping[str, Api] = {api.name: api for api in (CHAT_COMPLETIONS, MESSAGES)}

API_OF_PATH: Mapping[str, Api] = {path: api for api in APIS.values() for path in api.paths}
