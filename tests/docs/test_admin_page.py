"""The page of the admin API tells every route with its roles, and every kind of problem."""

from __future__ import annotations

from ext_proc.admin import ROUTES
from ext_proc.admin.problem import KINDS
from tests.docs.blocks import ROOT
from tests.docs.test_pages import rows


def test_the_guide_tells_the_same_table_of_routes_and_of_problems():
    routes, problems = rows((ROOT / "docs/admin.md").read_text())
    told = [
        [route.method, f"`{route.path}`", "all" if len(route.roles) == 3 else ", ".join(sorted(route.roles))]
        for route in ROUTES
    ]
    assert [row[:3] for row in routes] == told
    assert problems == [[f"`{kind}`", str(status), title] for kind, (status, title) in KINDS.items()]
