"""The table of providers. To add one of a known format, add its row."""

from __future__ import annotations

from ext_proc.providers.open_models import OPEN_MODELS
from ext_proc.providers.own_formats import OWN_FORMATS
from ext_proc.providers.provider import Provider
from ext_proc.providers.servers import SERVERS
from ext_proc.providers.vendors import VENDORS

KINDS: dict[str, Provider] = {row.kind: row for row in (*VENDORS, *OPEN_MODELS, *OWN_FORMATS, *SERVERS)}
