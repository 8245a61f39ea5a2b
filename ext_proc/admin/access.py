"""Who asks the admin API, and whether its role allows what it asks."""

from __future__ import annotations

from collections.abc import Sequence

from ext_proc.admin.problem import Problem
from ext_proc.admin.route import Route
from ext_proc.admin_tokens import AdminToken, holder
from ext_proc.snapshot import Snapshot

_REMEDY = "Send the header `Authorization: Bearer TOKEN` with a token of `admin.tokens` in the settings."


def authenticate(authorization: Sequence[str], snapshot: Snapshot) -> AdminToken:
    """`authorization` are the values of all headers of that name. Raises Problem."""
    if snapshot.settings.admin is None:
        remedy = "Set `admin: {tokens: [{name: NAME, role: operator, token: {env: NAME}}]}` in the settings."
        raise Problem("not-set-up", "The settings have no key `admin`, so nobody may use the admin API.", remedy)
    if len(authorization) > 1:
        raise Problem("bad-request", "There is more than one Authorization header.", "Send one.")
    scheme, _, presented = (authorization[0] if authorization else "").partition(" ")
    found = holder(presented.strip(), snapshot.admin_tokens, snapshot.hash_key)
    if scheme.lower() != "bearer" or found is None:
        raise Problem("no-token", "There is no admin token, or an unknown one.", _REMEDY, www_authenticate="Bearer")
    return found


def authorize(token: AdminToken, route: Route) -> None:
    """Raises Problem."""
    if token.role not in route.roles:
        detail = f"The token {token.name} has the role {token.role}."
        raise Problem("role", detail, f"Use a token of role {' or '.join(sorted(route.roles))}.")
