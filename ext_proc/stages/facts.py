"""Facts: what limits and conditions see of one call, and the attributes that headers say."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from functools import partial

from ext_proc.apis.tool_names import tool_names
from ext_proc.errors import ControlError, Forbidden, Malformed
from ext_proc.events import Call
from ext_proc.limit_rules import Facts
from ext_proc.pb import facts_pb2
from ext_proc.plan import Step
from ext_proc.policy.conditions import Seen
from ext_proc.principal import ATTRIBUTES, Principal
from ext_proc.snapshot import Snapshot
from ext_proc.stages.read import Reading

_LONGEST = 256
_VALUE = re.compile(r"[\x20-\x7e]+")


def told_attributes(call: Call, snapshot: Snapshot) -> dict[str, str]:
    """The attributes that the settings take from headers; one that is absent is empty.

    Raises `Malformed` for a value that is none, `Forbidden` for one whose signature does not hold.
    """
    return {
        name: _told(name, attribute.header, call, snapshot) for name, attribute in snapshot.settings.attributes.items()
    }


def attribute_headers(snapshot: Snapshot) -> frozenset[str]:
    """What no provider is shown."""
    return frozenset(attribute.header for attribute in snapshot.settings.attributes.values())


def signed(name: str, value: str, secret: bytes) -> str:
    """The value as a header carries it: with an HMAC-SHA-256 of `name=value`, in hexadecimal, after a dot."""
    return f"{value}.{hmac.digest(secret, f'{name}={value}'.encode(), hashlib.sha256).hex()}"


def facts_of(
    reading: Reading, principal: Principal, attributes: Mapping[str, str], steps: Iterable[Step], now: float
) -> Facts:
    outline = reading.outline
    own = {name: getattr(principal, name) or "" for name in ATTRIBUTES}
    kind = {"model": outline.model, "api": reading.api.name, "operation": reading.api.operation}
    return Facts(
        values={**attributes, **own, **kind},
        providers=tuple(dict.fromkeys(step.provider for step in steps)),
        name_tools=partial(tool_names, reading.told),
        see=lambda tools: Seen(_request(reading, tools), facts_pb2.Principal(**own), attributes, now),
    )


def _request(reading: Reading, tools: tuple[str, ...]) -> facts_pb2.Request:
    outline = reading.outline
    return facts_pb2.Request(
        model=outline.model,
        api=reading.api.name,
        operation=reading.api.operation,
        stream=outline.stream,
        max_output_tokens=outline.max_output_tokens or 0,
        n=outline.n,
        tools=tools,
        images=outline.images,
        input_tokens_bound=reading.input_bound,
    )


def _told(name: str, header: str, call: Call, snapshot: Snapshot) -> str:
    values = call.values(header)
    if len(values) > 1:
        raise Malformed(f"The header {header} stands more than once; send it once.", code="duplicate_header")
    value = values[0].strip() if values else ""
    if not value:
        return ""
    if len(value) > _LONGEST or not _VALUE.fullmatch(value):
        raise Malformed(
            f"The header {header} must be at most {_LONGEST} printable characters of ASCII.", code="invalid_attribute"
        )
    return _proven(name, header, value, snapshot) if name in snapshot.signing_keys else value


def _proven(name: str, header: str, value: str, snapshot: Snapshot) -> str:
    secret = snapshot.signing_keys[name]
    if secret is None:
        raise ControlError(f"The secret that signs {name} is missing.", code="no_credential")
    bare = value.rpartition(".")[0]
    if not hmac.compare_digest(signed(name, bare, secret).encode(), value.encode()):
        raise Forbidden(f"The signature of the header {header} does not hold.", code="invalid_attribute")
    return bare
