"""Forms as requests: read strictly, and edited without touching a byte that did not change.

What two parsers could read apart is refused, as a provider may be one and we the other. A file is described by where
it stands, and never copied. Spec: RFC 7578, and RFC 2046 section 5.1 for what lies between the boundaries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ext_proc.apis import json_body
from ext_proc.apis.body import Body
from ext_proc.apis.form_head import Head, boundary_of, is_form, read_head
from ext_proc.edit import Edit
from ext_proc.errors import Malformed

MOST_PARTS = 256
LONGEST_HEAD = 8 * 1024
"""Bytes of the headers of one part."""
SINGLE = frozenset(
    {"model", "n", "stream", "size", "quality", "partial_images", "output_format", "frame_count", "response_format"}
)
"""Fields that money or routing depend on, and that nobody may send as a list or as an object."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: its size in bytes, and what the client calls it and its type."""

    size: int
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what its headers say, and that bytes `start` to `end` of the body are its content."""

    head: Head
    start: int
    end: int


def read(body: bytes, content_type: str) -> dict[str, Any]:
    """Text fields and files by name. A list holds those of a name in `[]`, and files that have one name in common."""
    members: dict[str, Any] = {}
    for part in _parts(body, boundary_of(content_type)):
        name, value = part.head.name, _value(body, part)
        _check_single(name)
        if name.endswith("[]"):
            members.setdefault(name, []).append(value)
        elif name not in members:
            members[name] = value
        else:
            members[name] = _together(name, members[name], value)
    return members


def edits(body: bytes, changes: Mapping[str, Any], _members: Mapping[str, Any]) -> tuple[Edit, ...]:
    """What sets these text fields, the last edit first. A body that was read begins with its boundary."""
    if not changes:
        return ()
    boundary = body[2 : body.index(b"\r\n")]
    parts = list(_parts(body, boundary))
    spans = {part.head.name: (part.start, part.end) for part in parts}
    made = [Edit(*spans[name], _written(value)) for name, value in changes.items() if name in spans]
    added = [_added(name, value, boundary) for name, value in changes.items() if name not in spans]
    if added:
        made.append(Edit(parts[-1].end, parts[-1].end, "".join(added)))
    return tuple(sorted(made, key=lambda edit: edit.start, reverse=True))


def content(body: bytes, content_type: str, name: str) -> bytes:
    """The bytes of the file, or of the text, that is the form's only one of this name."""
    found = [body[part.start : part.end] for part in _parts(body, boundary_of(content_type)) if part.head.name == name]
    if len(found) != 1:
        raise Malformed(f"The form must have one field `{name}`.", code="invalid_form", param=name)
    return found[0]


def _read_either(body: bytes, content_type: str) -> dict[str, Any]:
    return read(body, content_type) if is_form(content_type) else json_body.read_object(body)


def _edits_of_either(body: bytes, changes: Mapping[str, Any], members: Mapping[str, Any]) -> tuple[Edit, ...]:
    """No JSON begins with a boundary."""
    return (edits if body.startswith(b"--") else json_body.edits)(body, changes, members)


def _parts(body: bytes, boundary: bytes) -> Iterator[Part]:
    delimiter = b"\r\n--" + boundary
    if not body.startswith(delimiter[2:]):
        raise _malformed("The form does not begin with the boundary that `content-type` names.")
    at, count = len(delimiter) - 2, 0
    while body.startswith(b"\r\n", at):
        count += 1
        if count > MOST_PARTS:
            raise _malformed(f"The form has more than {MOST_PARTS} parts; send fewer fields.")
        part, at = _part(body, at, delimiter)
        yield part
    if not body.startswith(b"--", at):
        raise _malformed("A boundary of the form must stand alone on its line, which CRLF ends.")
    if body[at + 2 : at + 5] not in (b"", b"\r\n"):
        raise _malformed("The form goes on behind its closing boundary.")


def _part(body: bytes, at: int, delimiter: bytes) -> tuple[Part, int]:
    """The part that begins at the line end behind its boundary, and the place behind the next boundary."""
    blank = body.find(b"\r\n\r\n", at, at + LONGEST_HEAD)
    if blank < 0:
        raise _malformed(f"The headers of a part do not end within {LONGEST_HEAD} bytes; end them by an empty line.")
    start = blank + 4
    end = body.find(delimiter, start)
    if end < 0:
        raise _malformed("The form ends before its closing boundary; send it whole.")
    return Part(read_head(body[at + 2 : blank]), start, end), end + len(delimiter)


def _value(body: bytes, part: Part) -> File | str:
    head = part.head
    if head.file_name is not None:
        return File(part.end - part.start, head.file_name, head.media_type)
    try:
        return body[part.start : part.end].decode("utf-8")
    except UnicodeDecodeError:
        message = f"The field `{head.name}` is not valid UTF-8; give it a file name if it is a file."
        raise Malformed(message, code="invalid_encoding", param=head.name) from None


def _check_single(name: str) -> None:
    plain = name.partition("[")[0]
    if plain != name and plain in SINGLE:
        message = f"The field `{name}` must be sent as `{plain}`, and once."
        raise Malformed(message, code="duplicate_field", param=plain)


def _together(name: str, earlier: Any, value: Any) -> list[Any]:
    if isinstance(value, File) and isinstance(earlier, File | list):
        return [*earlier, value] if isinstance(earlier, list) else [earlier, value]
    message = f"The field `{name}` stands twice in the form; send it once."
    raise Malformed(message, code="duplicate_field", param=name)


def _added(name: str, value: Any, boundary: bytes) -> str:
    head = f'\r\n--{boundary.decode()}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head + _written(value)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _malformed(message: str) -> Malformed:
    return Malformed(message, code="invalid_form")


FORM = Body(read, edits)
FORM_OR_JSON = Body(_read_either, _edits_of_either)
