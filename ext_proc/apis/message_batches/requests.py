"""The requests of a Message Batch, each a whole one of Messages under an id of its own.

Spec: https://platform.claude.com/docs/en/api/messages/batches/create
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ext_proc.apis.api import Api, Outline
from ext_proc.apis.batches.lines import BatchInput, Bound, Check
from ext_proc.apis.json_value import array, dump, filled_array, name, object_
from ext_proc.errors import Malformed, TollkeeperError, TooLarge

MOST_REQUESTS = 100_000
"""What Anthropic takes in one batch."""
LONGEST_ID = 64


def outline(members: Mapping[str, Any]) -> Outline:
    filled_array(members.get("requests"), "requests")
    return Outline("", writes=False)


@dataclass(frozen=True, slots=True)
class Requests:
    """How to read them: as which API, whether they may be asked, and what bounds their input."""

    api: Api
    check: Check
    bound: Bound

    def read(self, members: Mapping[str, Any]) -> BatchInput:
        """Raises what is wrong with a request, which names the request."""
        requests = array(members.get("requests"), "requests")
        if len(requests) > MOST_REQUESTS:
            raise TooLarge(f"A batch may have at most {MOST_REQUESTS:,} requests.", param="requests")
        seen: set[str] = set()
        found: BatchInput | None = None
        for number, request in enumerate(requests):
            try:
                params = _params(request, seen)
                outline = self._outline(params)
                found = found or BatchInput(self.api.paths[0], outline.model)
                if outline.model != found.model:
                    raise Malformed("`params.model` must be that of the first request.", param="params.model")
            except TollkeeperError as error:
                raise _at(number, error) from None
            found = found.with_request(f"request {number}", outline, self.bound(len(dump(params)), outline))
        assert found is not None
        return found

    def _outline(self, params: Mapping[str, Any]) -> Outline:
        try:
            outline = self.api.outline(params)
            self.check(self.api, outline)
        except TollkeeperError as error:
            error.param = f"params.{error.param}" if error.param else "params"
            raise
        if outline.stream:
            raise Malformed("`params.stream` must not be set: a batch has no streams.", param="params.stream")
        return outline


def _params(request: Any, seen: set[str]) -> Mapping[str, Any]:
    members = object_(request, "request")
    custom_id = name(members.get("custom_id"), "custom_id")
    if len(custom_id) > LONGEST_ID or custom_id in seen:
        raise Malformed(f"`custom_id` must be one of its own, of at most {LONGEST_ID} characters.", param="custom_id")
    seen.add(custom_id)
    return object_(members.get("params"), "params")


def _at(number: int, error: TollkeeperError) -> TollkeeperError:
    error.message = f"Request {number} of the batch: {error.message}"
    error.args = (error.message,)
    error.param = f"requests.{number}.{error.param}" if error.param else f"requests.{number}"
    return error
