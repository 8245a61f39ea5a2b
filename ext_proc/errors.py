"""Every error that a client can meet. Whose fault it is decides the class; the class knows status, kind and code.

    TollkeeperError
    ├── ClientError            the caller's: 4xx, nothing was sent to a provider
    │   ├── Malformed          400  broken JSON, wrong types, duplicate keys, two credentials
    │   ├── Unsupported        400  valid, but the chosen provider's format cannot say it
    │   ├── TooLong            400  more input tokens than the operator allows
    │   ├── Unauthenticated    401
    │   ├── Forbidden          403
    │   ├── NotFound           404  unknown path or model
    │   ├── WrongMethod        405
    │   ├── TooLarge           413
    │   └── OverLimit          429  names the limit; `retry_after` seconds when it is known
    ├── ProviderError          the provider's: its status is kept, or 502 where it sent none that a client may see
    └── ControlError           ours: 503, a control could not decide and fails closed
        └── DeadlineExceeded   504

`kind` is the neutral name that each API's write half turns into its own `type`. Messages hold no secret and no prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ext_proc.limits import Balance

KINDS = (
    "invalid_request",
    "authentication",
    "permission",
    "not_found",
    "too_large",
    "rate_limit",
    "overloaded",
    "timeout",
    "api_error",
)


class TollkeeperError(Exception):
    """Base. `message` is for the client; `code` a stable word for programs; `param` the member at fault."""

    status: int = 500
    kind: str = "api_error"
    code: str | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.param = param
        self.retry_after = retry_after


class ClientError(TollkeeperError):
    status = 400
    kind = "invalid_request"


class Malformed(ClientError):
    code: str | None = "malformed_request"


class Unsupported(ClientError):
    code: str | None = "unsupported"


class TooLong(ClientError):
    """More input than a call may have, in the code that clients know for what no model can see at once."""

    code: str | None = "context_length_exceeded"


class Unauthenticated(ClientError):
    status = 401
    kind = "authentication"
    code: str | None = "invalid_api_key"


class Forbidden(ClientError):
    status = 403
    kind = "permission"
    code: str | None = "forbidden"


class NotFound(ClientError):
    status = 404
    kind = "not_found"
    code: str | None = "not_found"


class WrongMethod(ClientError):
    status = 405
    code: str | None = "method_not_allowed"

    def __init__(self, message: str, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


class TooLarge(ClientError):
    status = 413
    kind = "too_large"
    code: str | None = "request_too_large"


class OverLimit(ClientError):
    """`route` is the model that takes such calls over, `standing` what bodies with room tell of the limit."""

    status = 429
    kind = "rate_limit"
    code: str | None = "rate_limit_exceeded"
    route: str | None = None
    balances: tuple[Balance, ...] = ()
    standing: Mapping[str, Any] | None = None


class ProviderError(TollkeeperError):
    """What the provider answered in place of a result; `status` and `kind` are its own."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 502,
        kind: str = "api_error",
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, param=param, retry_after=retry_after)
        self.status = status
        self.kind = kind


class ControlError(TollkeeperError):
    status = 503
    kind = "overloaded"
    code: str | None = "control_unavailable"


class DeadlineExceeded(ControlError):
    status = 504
    kind = "timeout"
    code: str | None = "deadline_exceeded"


KIND_OF_STATUS = {
    400: "invalid_request",
    401: "authentication",
    403: "permission",
    404: "not_found",
    408: "timeout",
    413: "too_large",
    422: "invalid_request",
    429: "rate_limit",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
"""The neutral kind of an HTTP status, for errors whose body does not say; others are `api_error`."""
