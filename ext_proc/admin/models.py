"""The models that clients may ask for, and where each is served."""

from __future__ import annotations

from ext_proc.admin.pages import Next, PageQuery, page
from ext_proc.admin.route import Ask, Desk, Part


class BackendRow(Part):
    provider: str
    model: str | None
    weight: int
    priority: int


class ModelRow(Part):
    """`name` may be a glob."""

    name: str
    strategy: str
    max_output_tokens: int | None
    backends: list[BackendRow]


class ModelPage(Part):
    models: list[ModelRow]
    next: Next = None


async def list_models(desk: Desk, ask: Ask) -> ModelPage:
    query: PageQuery = ask.query
    rows = [
        ModelRow(
            name=name,
            strategy=model.strategy,
            max_output_tokens=model.max_output_tokens,
            backends=[
                BackendRow(provider=one.provider, model=one.model, weight=one.weight, priority=one.priority)
                for one in model.backends
            ],
        )
        for name, model in desk.snapshot().settings.models.items()
    ]
    shown, following = page(rows, lambda row: row.name, query)
    return ModelPage(models=list(shown), next=following)
