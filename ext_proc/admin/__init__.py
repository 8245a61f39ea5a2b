"""The table of the admin API. To add to it, write what answers and add its row; the document follows."""

from __future__ import annotations

from ext_proc.admin import budgets, check, grants, keys, models, status, usage
from ext_proc.admin.pages import PageQuery
from ext_proc.admin.route import CHANGES, READS, REVOKES, Route

ROUTES: tuple[Route, ...] = (
    Route("GET", "/status", READS, "How the service is", status.show_status, status.Status),
    Route("GET", "/models", READS, "What clients may ask for", models.list_models, models.ModelPage, PageQuery),
    Route(
        *("GET", "/budgets", READS, "How the limits stand", budgets.list_budgets, budgets.BudgetPage),
        query=budgets.BudgetsQuery,
        problems=("not-found",),
    ),
    Route(
        *("GET", "/budgets/{limit}", READS, "One limit, with calls under way", budgets.show_budget, budgets.Budget),
        query=budgets.BudgetQuery,
        problems=("not-found",),
    ),
    Route(
        *("GET", "/budgets/{limit}/grants", READS, "What is granted of a limit", grants.list_grants, grants.GrantList),
    ),
    Route(
        *("POST", "/budgets/{limit}/grants", CHANGES, "Grant more of a limit", grants.create_grant, grants.GrantRow),
        body=grants.NewGrant,
        status=201,
        changes=True,
        problems=("not-found", "conflict"),
    ),
    Route(
        *("DELETE", "/budgets/{limit}/grants/{id}", CHANGES, "Take a grant back"),
        *(grants.revoke_grant, grants.RevokedGrant),
        changes=True,
        problems=("not-found",),
    ),
    Route(
        *("POST", "/budgets/{limit}/reset", CHANGES, "Begin anew with a scope", budgets.reset_budget, budgets.Reset),
        body=budgets.ResetBody,
        changes=True,
        problems=("not-found",),
    ),
    Route(
        *("POST", "/check", READS, "Whether a call would be let in, and at what price", check.check, check.Checked),
        body=check.Question,
        problems=("not-found",),
    ),
    Route("GET", "/keys", READS, "All keys", keys.list_keys, keys.KeyPage, keys.KeysQuery),
    Route(
        *("POST", "/keys", CHANGES, "Make a key", keys.create_key, keys.MadeKey),
        body=keys.NewKey,
        status=201,
        changes=True,
    ),
    Route(
        *("DELETE", "/keys/{id}", REVOKES, "End a key for good", keys.revoke_key, keys.RevokedKey),
        changes=True,
        problems=("not-found",),
    ),
    Route("GET", "/usage", READS, "Calls, tokens and cost", usage.show_usage, usage.UsageSums, usage.UsageQuery),
)
