"""The halves of an API that only its own providers serve, as its answers hold nothing that a vocabulary could say.

An API of a family that never streams gives halves of its own for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ext_proc.apis.api import Api, StreamObserver, StreamReader, StreamWriter
from ext_proc.chat import Request
from ext_proc.errors import Unsupported
from ext_proc.parts import Part


def same_api(title: str, **parts: Any) -> Api:
    """The API whose `parts` are given, a family of its own unless they name one; its other halves refuse."""
    only = SameApi(title)
    halves = {name: getattr(only, name) for name in dir(only) if name in Api.__slots__}
    return Api(**{"title": title, "family": parts["name"], **halves, **parts})


@dataclass(frozen=True, slots=True)
class SameApi:
    """Raises `Unsupported` wherever another API, or a stream, would be needed. `title` is what its makers call it."""

    title: str

    def read_request(self, _members: Mapping[str, Any]) -> Request:
        raise self._refusal()

    def write_request(self, _request: Request) -> bytes:
        raise self._refusal()

    def write_answer(self, _parts: Sequence[Part]) -> bytes:
        raise self._refusal()

    def stream_reader(self) -> StreamReader:
        raise self._refusal()

    def stream_writer(self, _request: Request) -> StreamWriter:
        raise self._refusal()

    def stream_observer(self, _show_usage: bool) -> StreamObserver:  # noqa: FBT001  as Api.stream_observer has it
        raise self._refusal()

    def limit_output(self, _members: Mapping[str, Any], _cap: int) -> dict[str, Any]:
        return {}

    def ask_usage(self, _members: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def _refusal(self) -> Unsupported:
        return Unsupported(f"Only a provider that speaks {self.title} can serve this call.", param="model")
