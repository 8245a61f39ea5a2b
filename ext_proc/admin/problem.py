"""What the admin API answers in place of a result: RFC 9457 problems, each with its remedy. None holds a secret."""

from __future__ import annotations

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "no-token": (401, "No valid admin token"),
    "role": (403, "The token's role does not allow this"),
    "not-set-up": (404, "The admin API is not set up"),
    "not-found": (404, "There is no such thing"),
    "method": (405, "The path has no such method"),
    "too-slow": (408, "The body did not arrive in time"),
    "conflict": (409, "It is there and says something else"),
    "too-large": (413, "The body is too large"),
    "not-json": (415, "The body is not JSON"),
    "invalid": (422, "Something in the request does not hold"),
    "store": (503, "The store cannot be reached"),
    "timeout": (504, "It took too long"),
}
"""Status and title of each kind of problem."""


class Wrong(BaseModel):
    """One member that does not hold."""

    at: str = Field(description="Where, as a JSON pointer into the body, or the name of a parameter.")
    problem: str


class ProblemBody(BaseModel):
    """RFC 9457."""

    type: str = Field(description="urn:tollkeeper:problem: and the kind of problem.")
    title: str
    status: int
    detail: str
    remedy: str = ""
    errors: list[Wrong] = Field(default=[])


class Problem(Exception):
    """`kind` is one of `KINDS`; `headers` go with the answer."""

    def __init__(
        self, kind: str, detail: str, remedy: str = "", *, errors: list[Wrong] | None = None, **headers: str
    ) -> None:
        super().__init__(detail)
        self.status, title = KINDS[kind]
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = ProblemBody(
            type=f"urn:tollkeeper:problem:{kind}",
            title=title,
            status=self.status,
            detail=detail,
            remedy=remedy,
            errors=errors or [],
        )
