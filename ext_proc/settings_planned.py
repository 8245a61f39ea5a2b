"""What the operator's file will be able to say and this version cannot.

A control that is not enforced must never be accepted, so each is refused by name. `*` stands for any name or index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS: dict[tuple[str, ...], str] = {
    ("policy",): "policy bundles",
    ("audit",): "the audit log",
    ("guardrails",): "guardrails",
    ("trusted_hosts",): "identity from headers",
    ("listen", "tls"): "TLS on the service's own ports",
    ("identity", "jwt"): "identity by JWT",
    ("identity", "mtls"): "identity by client certificate",
    ("identity", "headers"): "identity from headers",
    ("identity", "trusted_hosts"): "identity from headers",
    ("usage", "*", "otlp"): "export over OTLP",
    ("usage", "*", "redis"): "export to Redis",
    ("usage", "*", "kafka"): "export to Kafka",
    ("providers", "*", "credential", "aws"): "an AWS credential",
    ("providers", "*", "credential", "gcp"): "a Google credential",
    ("providers", "*", "credential", "azure"): "an Azure credential",
    ("providers", "*", "credential", "vault"): "a credential from Vault",
    ("identity", "hash_key", "vault"): "a secret from Vault",
}

STRATEGIES = frozenset({"lowest-cost", "lowest-latency", "least-busy", "sticky"})
STORES = frozenset({"postgres", "postgresql"})


def of_key(path: Sequence[str | int]) -> str | None:
    """What the key at `path` would configure, when it is one of a later version."""
    for pattern, what in KEYS.items():
        if len(pattern) == len(path) and all(p in ("*", str(part)) for p, part in zip(pattern, path, strict=True)):
            return what
    return None


def refusal(what: str) -> str:
    return f"not supported by this version: {what}; refused, because it would not be enforced"
