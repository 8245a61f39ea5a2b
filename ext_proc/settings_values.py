"""The values that the operator's file is made of. Each says what is wrong with what it got, and what is allowed."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StrictInt
from pydantic_core import PydanticCustomError

from ext_proc import settings_planned as planned
from ext_proc.limits import NANO
from ext_proc.policy.conditions import RESERVED
from ext_proc.providers import KINDS
from ext_proc.windows import CALENDAR, seconds_of_window

MOST_USD = 1_000_000_000
MOST_COUNTED = 1_000_000_000_000_000
ATTRIBUTES = ("tenant", "team", "app", "user", "key", "model", "api", "operation", "provider", "tool")
"""What `match` and `per` of a limit speak of, beside the attributes that the settings name."""

_TAKEN_HEADERS = frozenset(
    {"authorization", "x-api-key", "api-key", "x-goog-api-key", "host", "content-type", "content-length", "cookie"}
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_ENDPOINT = "https://HOST[:PORT][/PATH], without user, query or fragment"


def wrong(problem: str, allowed: str = "") -> PydanticCustomError:
    """The error of one value: what is wrong with it, and what is allowed in its place."""
    return PydanticCustomError("wrong", "{problem}", {"problem": problem, "allowed": allowed})


def seconds(duration: str) -> float:
    """`500ms`, `30s`, `10m` or `1h` in seconds. Raises ValueError."""
    written = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)", duration)
    if written is None:
        raise ValueError(f"not a duration: {duration!r}")
    return float(written[1]) * _SECONDS[written[2]]


def _duration(text: str) -> str:
    try:
        length = seconds(text)
    except ValueError:
        raise wrong("not a duration", "a number with a unit, as in 500ms, 30s, 10m or 1h") from None
    if length <= 0:
        raise wrong("no time at all", "more than 0s")
    return text


def _address(text: str) -> str:
    if text.startswith("unix:"):
        if len(text) == len("unix:") or "\0" in text:
            raise wrong("unix: without a path", "unix:PATH, as in unix:/run/tollkeeper.sock")
        return text
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise wrong("not an address", "HOST:PORT or unix:PATH")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise wrong("an IPv6 address without brackets", "[ADDRESS]:PORT, as in [::1]:9400")
    return text


def _parts(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return None
    return url


def _endpoint(text: str) -> str:
    url = _parts(text)
    if url is None or url.scheme not in {"http", "https"} or not url.hostname:
        raise wrong("not an endpoint", _ENDPOINT)
    if url.query or url.fragment or "@" in url.netloc or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise wrong("more than an endpoint", _ENDPOINT)
    return text


def _usd(value: Any) -> Decimal:
    """The exact amount, as it was written: a float is taken by its shortest text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise wrong("not an amount", "dollars, as in 500 or 0.25")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise wrong("not an amount", "dollars, as in 500 or 0.25") from None
    if not amount.is_finite() or not 0 <= amount <= MOST_USD:
        raise wrong("out of range", f"0 to {MOST_USD} dollars")
    if amount * NANO % 1:
        raise wrong("finer than a nano-dollar", "at most 9 decimals")
    return amount


def _window(text: str) -> str:
    try:
        seconds_of_window(text, None)
    except ValueError:
        raise wrong("unknown window", f"30s, 1m, 24h, 7d, {', '.join(CALENDAR)}, forever") from None
    return text


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong("unknown time zone", "an IANA name, as in Europe/Berlin or UTC") from None
    return text


class Route(NamedTuple):
    """A request model that takes a call over."""

    model: str


def _on_exceed(value: Any) -> Any:
    if value in ("deny", "warn"):
        return value
    if isinstance(value, dict) and value.keys() == {"route"} and isinstance(value["route"], str) and value["route"]:
        return Route(value["route"])
    raise wrong("unknown action", "deny, warn or {route: MODEL}")


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise wrong("not the name of an environment variable", "letters, digits and _, as in OPENAI_API_KEY")
    return text


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise wrong("not a path", "the path of a file")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", text):
        raise wrong("not a name", "at most 64 of letters, digits, '.', '_' and '-'; a letter or digit first")
    return text


def _region(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,62}", text):
        raise wrong("not a region", "small letters, digits and '-', as in eu-central-1, europe-west4 or global")
    return text


def _project(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.:-]{0,127}", text):
        raise wrong("not a project", "the project's id or number, as in my-project-1234")
    return text


def _api_version(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,62}", text):
        raise wrong("not a version", "a date, as in 2024-10-21 or 2025-04-01-preview")
    return text


def _kind(kind: str) -> str:
    if kind in KINDS:
        return kind
    raise wrong("unknown kind of provider", ", ".join(sorted(KINDS)))


def _several(names: Any) -> Any:
    if isinstance(names, str):
        return [names]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise wrong("not a name, and not a list of names", "NAME or [NAME, …]")
    return names


def _strategy(name: Any) -> Any:
    if name in planned.STRATEGIES:
        raise wrong(planned.refusal(f"strategy {name}"), "weighted")
    return name


def is_attribute_name(name: str) -> bool:
    """Of an attribute beside the usual ones, which conditions can speak of."""
    return re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) is not None and name not in {*ATTRIBUTES, *RESERVED}


def _attribute_name(name: str) -> str:
    if name in ATTRIBUTES or name in RESERVED:
        raise wrong("the name is taken", "a name of its own, as in session, run or group")
    if not is_attribute_name(name):
        raise wrong("not a name", "at most 32 of small letters, digits and '_'; a letter first")
    return name


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise wrong("not the name of a header", "small letters, digits and '-', as in x-session-id")
    if name in _TAKEN_HEADERS or name.startswith(("x-envoy-", "x-tollkeeper-")):
        raise wrong("a header with a meaning of its own", "another one, as in x-session-id")
    return name


Duration = Annotated[str, AfterValidator(_duration)]
Address = Annotated[str, AfterValidator(_address)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Usd = Annotated[Decimal, PlainValidator(_usd)]
Window = Annotated[str, AfterValidator(_window)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
OnExceed = Annotated[str | Route, PlainValidator(_on_exceed)]
Percent = Annotated[StrictInt, Field(ge=1, le=1000)]
Variable = Annotated[str, AfterValidator(_variable)]
FilePath = Annotated[str, AfterValidator(_path)]
Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, Field(min_length=1, max_length=256)]
Counted = Annotated[StrictInt, Field(ge=0, le=MOST_COUNTED)]
Region = Annotated[str, AfterValidator(_region)]
Project = Annotated[str, AfterValidator(_project)]
ApiVersion = Annotated[str, AfterValidator(_api_version)]
Kind = Annotated[str, AfterValidator(_kind)]
Keepers = Annotated[list[str], BeforeValidator(_several)]
"""A name, or a list of them."""
Strategy = Annotated[Literal["weighted"], BeforeValidator(_strategy)]
AttributeName = Annotated[str, AfterValidator(_attribute_name)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
