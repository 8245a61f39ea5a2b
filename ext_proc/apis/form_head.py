"""The headers of a form and of its parts: which boundary, which field, and whether it is a file.

Spec: RFC 7578 sections 4.1 to 4.8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ext_proc.errors import Malformed

MOST_LINES = 16
FORM = "multipart/form-data"

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  RFC 9110's word, not a secret
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_PARAMETER = re.compile(rf';[ \t]*({_TOKEN})=("(?:[^"\\]|\\.)*"|{_TOKEN})[ \t]*')
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_NAME = re.compile(r"[^\x00-\x1f\x7f\"\\%]{1,128}")
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True)
class Head:
    """A part's field name and media type; `file_name` is None where it is no file."""

    name: str
    file_name: str | None
    media_type: str


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == FORM


def boundary_of(content_type: str) -> bytes:
    if not is_form(content_type):
        raise Malformed(f"The body must be a form: send it as `content-type: {FORM}`.", code="invalid_form")
    _, parameters = _with_parameters(content_type, "content-type")
    boundary = _unquoted(parameters.get("boundary", ""))
    if not _BOUNDARY.fullmatch(boundary):
        raise Malformed(
            "`content-type` must name the form's boundary, of 1 to 70 characters that RFC 2046 allows.",
            code="invalid_form",
        )
    return boundary.encode()


def read_head(raw: bytes) -> Head:
    """The headers of one part, without the empty line behind them."""
    headers = _headers(raw)
    media_type, of_type = _with_parameters(headers.get("content-type", "text/plain"), "content-type")
    if media_type.startswith("multipart/"):
        raise _wrong("holds parts of its own; send each file as a part of the form")
    if headers.get("content-transfer-encoding", "binary").lower() not in {"7bit", "8bit", "binary"}:
        raise _wrong("has a transfer encoding; send its bytes as they are")
    if _unquoted(of_type.get("charset", "utf-8")).lower() not in _UTF_8:
        raise _wrong("is not in UTF-8; send text as UTF-8")
    kind, told = _with_parameters(headers.get("content-disposition", ""), "content-disposition")
    if kind != "form-data":
        raise _wrong('must say `content-disposition: form-data; name="…"`')
    file_name = told.get("filename", told.get("filename*"))
    return Head(_name(told), None if file_name is None else _unquoted(file_name)[:256], media_type)


def _name(told: dict[str, str]) -> str:
    name = _unquoted(told.get("name", ""))
    if "name*" in told or not _NAME.fullmatch(name):
        raise _wrong("needs a name of 1 to 128 characters in UTF-8, without quotes, backslashes and percent signs")
    return name


def _headers(raw: bytes) -> dict[str, str]:
    try:
        lines = raw.decode("utf-8").split("\r\n")
    except UnicodeDecodeError:
        raise _wrong("has headers that are not valid UTF-8; encode its name in UTF-8") from None
    if len(lines) > MOST_LINES:
        raise _wrong(f"has more than {MOST_LINES} headers")
    headers: dict[str, str] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise _wrong("has a line that is no header; end each by CRLF, and the last by an empty line")
        if found[1].lower() in headers:
            raise _wrong(f"has the header {found[1].lower()} twice")
        headers[found[1].lower()] = found[2].strip(" \t")
    return headers


def _with_parameters(value: str, header: str) -> tuple[str, dict[str, str]]:
    """The value in lower case without its parameters, and those, each once and as it was written."""
    word, at = value.partition(";")[0], value.find(";")
    parameters: dict[str, str] = {}
    while 0 <= at < len(value):
        found = _PARAMETER.match(value, at)
        if found is None or found[1].lower() in parameters:
            raise Malformed(f"The form has a `{header}` with parameters that cannot be read.", code="invalid_form")
        parameters[found[1].lower()], at = found[2], found.end()
    return word.strip().lower(), parameters


def _unquoted(value: str) -> str:
    return value[1:-1] if value.startswith('"') else value


def _wrong(what: str) -> Malformed:
    return Malformed(f"A part of the form {what}.", code="invalid_form")
