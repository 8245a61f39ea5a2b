"""Forms are read in one way or not at all, and an edit touches nothing but the field that it is for."""

from __future__ import annotations

import re
from email.parser import BytesParser
from email.policy import HTTP

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ext_proc.apis.form_body import FORM, FORM_OR_JSON, LONGEST_HEAD, MOST_PARTS, File, content
from ext_proc.apis.json_body import edited
from ext_proc.errors import Malformed

BOUNDARY = "b0undary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
MODEL = 'Content-Disposition: form-data; name="model"'
FILE = 'Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav'


def part(head: str | bytes = MODEL, content: bytes = b"whisper-1") -> bytes:
    raw = head if isinstance(head, bytes) else head.encode()
    return b"--b0undary\r\n" + raw + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts or (part(),)) + b"--b0undary--\r\n"


def built(fields, files) -> tuple[bytes, str]:
    """The bytes that a usual client makes of it, and their content type."""
    request = httpx.Request("POST", "http://provider", data=fields, files=files)
    return request.read(), request.headers["content-type"]


def read_by_email(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """The same by the parser of Python's own library."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    return [(one["content-disposition"].params["name"], one.get_payload(decode=True)) for one in message.iter_parts()]


READ = [
    (form(), {"model": "whisper-1"}),
    (form().removesuffix(b"\r\n"), {"model": "whisper-1"}),
    (form(part(content=b"")), {"model": ""}),
    (form(part(content="é😀\r\n--b0\r\n".encode())), {"model": "é😀\r\n--b0\r\n"}),
    (form(part("content-disposition:form-data;name=model")), {"model": "whisper-1"}),
    (form(part(FILE, b"\0\xff\r\n\r\n--")), {"file": File(8, "a.wav", "audio/wav")}),
    (form(part(FILE, b"")), {"file": File(0, "a.wav", "audio/wav")}),
    (form(part(FILE), part(FILE, b"")), {"file": [File(9, "a.wav", "audio/wav"), File(0, "a.wav", "audio/wav")]}),
    (form(part(FILE.replace('"file"', '"image[]"'))), {"image[]": [File(9, "a.wav", "audio/wav")]}),
    (form(part(MODEL.replace("model", "include[]"))), {"include[]": ["whisper-1"]}),
    (form(part(MODEL.replace("model", "svg[model]"))), {"svg[model]": "whisper-1"}),
    (form(part(f'{MODEL}; filename="a\\"b.png"')), {"model": File(9, 'a\\"b.png', "text/plain")}),
    (form(part(f"{MODEL}; filename*=utf-8''a%20b")), {"model": File(9, "utf-8''a%20b", "text/plain")}),
    (form(part(f"{MODEL}\r\nContent-Type: text/plain; charset=UTF-8")), {"model": "whisper-1"}),
    (form(part(f"{MODEL}\r\nContent-Transfer-Encoding: binary\r\nContent-Length: 9")), {"model": "whisper-1"}),
]


@pytest.mark.parametrize(("body", "members"), READ)
def test_a_form_is_read(body, members):
    assert FORM.read(body, TYPE) == members


TYPES = ["multipart/form-data; boundary=b0undary", 'Multipart/Form-Data;charset=utf-8; BOUNDARY="b0undary"']


@pytest.mark.parametrize("content_type", TYPES)
def test_the_boundary_is_read_in_any_spelling(content_type):
    assert FORM.read(form(), content_type) == {"model": "whisper-1"}


HOSTILE_TYPES = {
    "none at all": ("", "multipart/form-data"),
    "JSON": ("application/json", "multipart/form-data"),
    "another kind of parts": ("multipart/mixed; boundary=b0undary", "multipart/form-data"),
    "no boundary": ("multipart/form-data", "boundary"),
    "an empty boundary": ('multipart/form-data; boundary=""', "boundary"),
    "an endless boundary": (f"multipart/form-data; boundary={'b' * 71}", "boundary"),
    "a boundary that ends in a space": ('multipart/form-data; boundary="b "', "boundary"),
    "two boundaries": ("multipart/form-data; boundary=b0undary; boundary=other", "content-type"),
    "two types in one header": ("multipart/form-data; boundary=a, multipart/form-data; boundary=b0undary", "content"),
    "a boundary with a line end": ('multipart/form-data; boundary="b\r\nx"', "boundary"),
}


@pytest.mark.parametrize("case", HOSTILE_TYPES)
def test_a_type_without_one_boundary_is_refused(case):
    content_type, word = HOSTILE_TYPES[case]
    with pytest.raises(Malformed, match=word) as caught:
        FORM.read(form(), content_type)
    assert caught.value.code == "invalid_form"


HOSTILE = {
    "nothing": (b"", "begin"),
    "JSON": (b'{"model":"m"}', "begin"),
    "another boundary": (form().replace(b"b0undary", b"other"), "begin"),
    "a preamble": (b"hello\r\n" + form(), "begin"),
    "an empty line first": (b"\r\n" + form(), "begin"),
    "an epilogue": (form() + b"--b0undary\r\n" + MODEL.encode() + b"\r\n\r\nother", "behind its closing"),
    "no end": (part(), "ends before"),
    "cut in a value": (form()[:-20], "ends before"),
    "cut in a header": (b"--b0undary\r\nContent-Disp", "do not end"),
    "cut in the closing boundary": (form()[:-4] + b"-", "stand alone"),
    "a boundary that goes on": (form(part(content=b"a\r\n--b0undaryX\r\nb")), "stand alone"),
    "a boundary and a space": (form().replace(b"--b0undary\r\n", b"--b0undary \r\n"), "stand alone"),
    "bare line ends": (form().replace(b"\r\n", b"\n"), "stand alone"),
    "too many parts": (form(*[part(MODEL.replace("model", f"f{n}")) for n in range(MOST_PARTS + 1)]), "fewer"),
    "a header bomb": (form(part(f"X-A: {'a' * LONGEST_HEAD}\r\n{MODEL}")), "do not end within"),
    "many headers": (form(part("\r\n".join([f"X-{n}: a" for n in range(20)]) + "\r\n" + MODEL)), "more than 16"),
    "no headers": (b"--b0undary\r\n\r\nvalue\r\n--b0undary--", "do not end|no header"),
    "no disposition": (form(part("Content-Type: text/plain")), "content-disposition"),
    "another disposition": (form(part('Content-Disposition: attachment; name="model"')), "content-disposition"),
    "two dispositions": (form(part(f"{MODEL}\r\n{MODEL}")), "twice"),
    "a folded header": (form(part('Content-Disposition: form-data;\r\n name="model"')), "no header"),
    "a header without a colon": (form(part(f"{MODEL}\r\nboo")), "no header"),
    "a space before the colon": (form(part('Content-Disposition : form-data; name="model"')), "no header"),
    "a boundary among the headers": (form(part(f"--b0undary: x\r\n{MODEL}")), "no header"),
    "a bare carriage return": (form(part(f"{MODEL}\rX: y")), "no header"),
    "a NUL in a name": (form(part(MODEL.replace("model", "mo\0del"))), "no header"),
    "no name": (form(part("Content-Disposition: form-data")), "needs a name"),
    "an empty name": (form(part(MODEL.replace("model", ""))), "needs a name"),
    "a huge name": (form(part(MODEL.replace("model", "m" * 200))), "needs a name"),
    "two names": (form(part(f'{MODEL}; name="other"')), "cannot be read"),
    "two file names": (form(part(f'{MODEL}; filename="a"; filename="b"')), "cannot be read"),
    "a name in two ways": (form(part(f"{MODEL}; name*=utf-8''other")), "needs a name"),
    "an escaped name": (form(part(MODEL.replace("model", "mo\\del"))), "needs a name"),
    "a percent-encoded name": (form(part(MODEL.replace("model", "mod%65l"))), "needs a name"),
    "an open quote": (form(part('Content-Disposition: form-data; name="model')), "cannot be read"),
    "a name that is not UTF-8": (form(part(MODEL.encode().replace(b"model", b"mod\xe9l"))), "UTF-8"),
    "parts in a part": (form(part(f"{MODEL}\r\nContent-Type: multipart/mixed; boundary=x")), "of its own"),
    "base64": (form(part(f"{MODEL}\r\nContent-Transfer-Encoding: base64")), "transfer encoding"),
    "another charset": (form(part(f"{MODEL}\r\nContent-Type: text/plain; charset=utf-16")), "UTF-8"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_two_parsers_could_read_apart_is_refused(case):
    body, words = HOSTILE[case]
    with pytest.raises(Malformed, match=words) as caught:
        FORM.read(body, TYPE)
    assert caught.value.code == "invalid_form"


FIELDS = {
    "the model twice": (form(part(), part(content=b"other")), "duplicate_field", "model"),
    "the model and a file of its name": (form(part(), part(f'{MODEL}; filename="a"')), "duplicate_field", "model"),
    "the model as a list": (form(part(), part(MODEL.replace("model", "model[]"))), "duplicate_field", "model"),
    "the model as an object": (form(part(MODEL.replace("model", "model[a]"))), "duplicate_field", "model"),
    "text that is not UTF-8": (form(part(content=b"\xff")), "invalid_encoding", "model"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_a_field_that_could_be_read_apart_is_refused_and_named(case):
    body, code, param = FIELDS[case]
    with pytest.raises(Malformed) as caught:
        FORM.read(body, TYPE)
    assert (caught.value.code, caught.value.param) == (code, param)


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\%\r\n\0', exclude_categories=("Cc", "Cs")), max_size=9
)
FORMS = st.tuples(
    st.dictionaries(NAMES.map(lambda name: f"f{name}"), st.text(st.characters(codec="utf-8"))),
    st.dictionaries(NAMES.map(lambda name: f"g{name}"), st.tuples(st.just("a.bin"), st.binary())),
)
SET = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1)


@settings(max_examples=200, deadline=None)
@given(given_form=FORMS, model=st.text(st.characters(codec="utf-8")), new=SET, more=st.booleans())
def test_an_edit_changes_its_field_and_no_other_byte(given_form, model, new, more):
    fields, files = given_form
    body, content_type = built({**fields, "model": model}, files or {"file": ("a", b"\0\xff")})
    before, changes = FORM.read(body, content_type), {"model": new, **({"added": new} if more else {})}
    made = FORM.edits(body, changes, before)
    after = edited(body, made)
    assert FORM.read(after, content_type) == {**before, **changes}
    old, now = dict(read_by_email(body, content_type)), dict(read_by_email(after, content_type))
    assert now == {**old, **{name: value.encode() for name, value in changes.items()}}
    assert len(after) - len(body) == sum(len(edit.new.encode()) - (edit.end - edit.start) for edit in made)


@settings(max_examples=200, deadline=None)
@given(FORMS)
def test_a_form_is_read_as_others_read_it(given_form):
    fields, files = given_form
    body, content_type = built(fields, files or {"file": ("a", b"")})
    texts = {name: value.encode() for name, value in FORM.read(body, content_type).items() if isinstance(value, str)}
    assert texts.items() <= dict(read_by_email(body, content_type)).items()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes_are_read_or_refused(noise, at):
    whole = form(part(), part(FILE, b"\0"))
    body = whole[:at] + noise + whole[at:]
    try:
        assert isinstance(FORM.read(body, TYPE), dict)
    except Malformed as error:
        assert error.status == 400  # noqa: PT017  either is right


def test_nothing_is_edited_where_nothing_changes():
    assert FORM.edits(form(), {}, {}) == ()


def test_numbers_and_truths_are_written_as_a_form_has_them():
    body = edited(form(), FORM.edits(form(), {"n": 2, "stream": True}, {}))
    assert FORM.read(body, TYPE) == {"model": "whisper-1", "n": "2", "stream": "true"}


def test_a_body_that_may_be_either_is_read_and_edited_as_what_it_is():
    json = b'{"model":"a","n":1}'
    assert FORM_OR_JSON.read(json, "application/json") == {"model": "a", "n": 1}
    assert edited(json, FORM_OR_JSON.edits(json, {"model": "b"}, {"model": "a", "n": 1})) == b'{"model":"b","n":1}'
    assert FORM_OR_JSON.read(form(), TYPE) == {"model": "whisper-1"}
    assert FORM_OR_JSON.read(edited(form(), FORM_OR_JSON.edits(form(), {"model": "b"}, {})), TYPE) == {"model": "b"}


class Counted(bytes):
    """Bytes that count how many of them are looked at."""

    looked = 0

    def find(self, sub, start=0, end=None):
        found = super().find(sub, start, len(self) if end is None else end)
        Counted.looked += (found if found >= 0 else min(len(self), len(self) if end is None else end)) - start
        return found

    def __getitem__(self, key):
        taken = super().__getitem__(key)
        Counted.looked += len(taken) if isinstance(taken, bytes) else 1
        return taken


LARGE = {
    "one file": lambda size: [part(FILE, b"\r\n--b0undar" * size)],
    "many fields": lambda size: [part(MODEL.replace("model", f"f{n}"), b"v" * size) for n in range(100)],
}


@pytest.mark.parametrize("shape", LARGE)
def test_a_body_twice_as_long_costs_about_twice(shape):
    costs = []
    for size in (10_000, 20_000):
        Counted.looked = 0
        FORM.read(Counted(form(*LARGE[shape](size))), TYPE)
        costs.append(Counted.looked)
    assert costs[1] <= 2.2 * costs[0]


def test_a_file_is_never_copied():
    Counted.looked = 0
    body = Counted(form(part(FILE, b"a" * 1_000_000)))
    FORM.read(body, TYPE)
    assert Counted.looked <= len(body) + LONGEST_HEAD


def test_a_message_never_shows_what_was_sent():
    with pytest.raises(Malformed) as caught:
        FORM.read(form(part(b"Content-Disposition: form-data; name=\xff; secret")), TYPE)
    assert not re.search("secret", str(caught.value))


def test_the_content_of_a_file_is_found_by_its_field_to_the_byte():
    data = b"\r\n--b0undar\r\n" + bytes(range(256))
    body = form(part(), part(FILE, data), part(FILE.replace('"file"', '"mask"'), b"other"))
    assert content(body, TYPE, "file") == data
    assert content(body, TYPE, "model") == b"whisper-1"


@pytest.mark.parametrize("parts", [(part(),), (part(FILE), part(FILE))])
def test_a_content_that_is_not_there_once_is_none(parts):
    with pytest.raises(Malformed) as caught:
        content(form(*parts), TYPE, "file")
    assert caught.value.param == "file"
