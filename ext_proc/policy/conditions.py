"""Conditions: CEL over the typed facts of a call, compiled when the file that holds them is read.

A name that the facts do not have, and what is not true or false, is an error there. Spec: https://cel.dev, and the
facts in protos/facts.proto.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pool

from ext_proc.pb import facts_pb2

LONGEST = 4096
"""Characters of a condition."""
_FACTS = "tollkeeper.facts.v1"
NAMES = ("request", "principal", "time")
_RESERVED = """as break const continue else false for function if import in let loop namespace null package return true
type var void while int uint double bool string bytes list map null_type dyn has all exists exists_one filter size"""
RESERVED = frozenset({*NAMES, *_RESERVED.split()})
"""What no attribute can be called."""


class ConditionError(ValueError):
    """The condition does not hold as such, or could not be decided."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts of one call. `attributes` are those that the settings take from headers; an absent one is empty."""

    request: facts_pb2.Request
    principal: facts_pb2.Principal
    attributes: Mapping[str, str]
    now: float

    def data(self) -> dict[str, Any]:
        at = datetime.fromtimestamp(self.now, UTC)
        return {**self.attributes, "request": self.request, "principal": self.principal, "time": at}


@dataclass(frozen=True, slots=True)
class Condition:
    """`expression` is compiled, and known to be of the type bool."""

    source: str
    expression: Any = field(repr=False, compare=False)

    def holds(self, seen: Seen) -> bool:
        """Raises ConditionError for whatever is not true or false, as after a division by zero."""
        try:
            value = self.expression.eval(data=seen.data())
        except RuntimeError as error:
            raise ConditionError("the condition could not be evaluated") from error
        if value.type() != cel.Type.BOOL:
            raise ConditionError(f"the condition has no value for this call: {_plain(str(value.value()))[:200]}")
        return bool(value.value())


def compiled(source: str, attributes: Iterable[str] = ()) -> Condition:
    """`attributes` are names beside the facts. Raises ConditionError, which tells line and column in the condition."""
    if len(source) > LONGEST:
        raise ConditionError(f"longer than {LONGEST} characters")
    try:
        expression = _environment(frozenset(attributes)).compile(source)
    except RuntimeError as error:
        raise ConditionError(_told(str(error))) from None
    if expression.return_type() != cel.Type.BOOL:
        raise ConditionError(f"1:1: is {_plain(expression.return_type().name())}, not true or false")
    return Condition(source, expression)


@lru_cache(maxsize=64)
def _environment(attributes: frozenset[str]) -> Any:
    facts = {"request": cel.Type(f"{_FACTS}.Request"), "principal": cel.Type(f"{_FACTS}.Principal")}
    told = dict.fromkeys(attributes, cel.Type.STRING)
    return cel.NewEnv(descriptor_pool.Default(), variables={**told, **facts, "time": cel.Type.TIMESTAMP})


def _told(message: str) -> str:
    """`1:8: undefined field 'modl' …`: the first mistake, without the compiler's picture of it."""
    found = re.search(r"<input>:(\d+:\d+): ([^\n]*)", message)
    return f"{found[1]}: {_plain(found[2])}" if found else _plain(message.partition("\n")[0])


def _plain(message: str) -> str:
    """Without the words of the library."""
    message = message.removesuffix("[INVALID_ARGUMENT]").removeprefix("INVALID_ARGUMENT: ").strip()
    message = message.replace(f"{_FACTS}.", "").removesuffix(" (in container '')")
    return re.sub(r" expecting \{.*", "", message)
