"""What the edge must know of an upload.

Spec: https://platform.openai.com/docs/api-reference/files/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.apis.api import Outline
from ext_proc.apis.form_body import File
from ext_proc.apis.json_value import name
from ext_proc.errors import Malformed

_DECIDING = ("purpose", "file")


def outline(members: Mapping[str, Any]) -> Outline:
    """Another spelling of what decides here could be what decides at the provider."""
    name(members.get("purpose"), "purpose")
    if not isinstance(members.get("file"), File):
        raise Malformed("`file` must be one file of the form.", param="file")
    for spelling in members:
        plain = spelling.partition("[")[0].strip().lower()
        if plain in _DECIDING and spelling != plain:
            raise Malformed(f"The field `{spelling[:32]}` must be sent as `{plain}`, and once.", param=plain)
    return Outline("", writes=False)
