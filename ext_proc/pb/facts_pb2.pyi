from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Request(_message.Message):
    __slots__ = ("model", "api", "operation", "stream", "max_output_tokens", "n", "tools", "images", "input_tokens_bound")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    API_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_BOUND_FIELD_NUMBER: _ClassVar[int]
    model: str
    api: str
    operation: str
    stream: bool
    max_output_tokens: int
    n: int
    tools: _containers.RepeatedScalarFieldContainer[str]
    images: int
    input_tokens_bound: int
    def __init__(self, model: _Optional[str] = ..., api: _Optional[str] = ..., operation: _Optional[str] = ..., stream: _Optional[bool] = ..., max_output_tokens: _Optional[int] = ..., n: _Optional[int] = ..., tools: _Optional[_Iterable[str]] = ..., images: _Optional[int] = ..., input_tokens_bound: _Optional[int] = ...) -> None: ...

class Principal(_message.Message):
    __slots__ = ("tenant", "team", "app", "user", "key")
    TENANT_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    tenant: str
    team: str
    app: str
    user: str
    key: str
    def __init__(self, tenant: _Optional[str] = ..., team: _Optional[str] = ..., app: _Optional[str] = ..., user: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...
