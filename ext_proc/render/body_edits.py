"""The changes that the check makes to a request's body: ext_authz itself can only change headers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ext_proc.render.config import extension

if TYPE_CHECKING:
    from ext_proc.render.config import Config

SCRIPT = Path(__file__).with_name("body_edits.lua")


def body_edits() -> Config:
    return extension(
        "tollkeeper.body_edits",
        "envoy.extensions.filters.http.lua.v3.Lua",
        default_source_code={"inline_string": SCRIPT.read_text()},
    )
