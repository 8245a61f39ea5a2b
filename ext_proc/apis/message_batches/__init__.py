"""Message Batches, Anthropic's wire format: passed on to a provider that works through them.

Spec: https://platform.claude.com/docs/en/api/messages/batches
"""

from __future__ import annotations

from functools import partial

from ext_proc.apis.api import Outline
from ext_proc.apis.body import JSON, NO_BODY
from ext_proc.apis.keeps import Does, Keeps
from ext_proc.apis.message_batches.requests import outline
from ext_proc.apis.message_batches.telling import PATH, TELLING
from ext_proc.apis.messages.errors import read_error, write_error
from ext_proc.apis.same_api import same_api

_batches = partial(
    same_api,
    "Message Batches",
    operation="batches",
    request_id_header="request-id",
    read_answer=lambda _body: [],
    read_error=read_error,
    write_error=write_error,
)
_of_path = partial(_batches, body=NO_BODY, outline=lambda _members: Outline("", writes=False))
_ONE = f"{PATH}/{{id}}"


def _keeps(does: Does) -> Keeps:
    return Keeps("message_batch", does, TELLING)


MESSAGE_BATCHES = (
    _batches(name="message_batches_create", body=JSON, paths=(PATH,), outline=outline, keeps=_keeps("begin")),
    _of_path(name="message_batches_list", method="GET", paths=(PATH,), keeps=_keeps("list")),
    _of_path(name="message_batches_retrieve", method="GET", paths=(_ONE,), keeps=_keeps("read")),
    _of_path(name="message_batches_delete", method="DELETE", paths=(_ONE,), keeps=_keeps("delete")),
    _of_path(name="message_batches_results", method="GET", paths=(f"{_ONE}/results",), keeps=_keeps("results")),
    _of_path(name="message_batches_cancel", paths=(f"{_ONE}/cancel",), keeps=_keeps("change")),
)
