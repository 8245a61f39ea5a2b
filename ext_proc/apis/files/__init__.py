"""Files, OpenAI's wire format: passed on to the provider that keeps them.

Spec: https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

from functools import partial

from ext_proc.apis.api import Outline
from ext_proc.apis.batches.telling import OF_FILES
from ext_proc.apis.body import NO_BODY
from ext_proc.apis.chat_completions.errors import read_error, write_error
from ext_proc.apis.files.outline import outline
from ext_proc.apis.form_body import FORM
from ext_proc.apis.keeps import Keeps
from ext_proc.apis.same_api import same_api

_files = partial(
    same_api,
    "Files",
    operation="files",
    read_answer=lambda _body: [],
    read_error=read_error,
    write_error=write_error,
)
_of_path = partial(_files, body=NO_BODY, outline=lambda _members: Outline("", writes=False))

FILES = (
    _files(
        name="files_create", body=FORM, paths=("/v1/files",), outline=outline, keeps=Keeps("file", "make", OF_FILES)
    ),
    _of_path(name="files_list", method="GET", paths=("/v1/files",), keeps=Keeps("file", "list", OF_FILES)),
    _of_path(name="files_retrieve", method="GET", paths=("/v1/files/{id}",), keeps=Keeps("file", "read", OF_FILES)),
    _of_path(name="files_delete", method="DELETE", paths=("/v1/files/{id}",), keeps=Keeps("file", "delete", OF_FILES)),
    _of_path(
        name="files_content", method="GET", paths=("/v1/files/{id}/content",), keeps=Keeps("file", "download", OF_FILES)
    ),
)
