"""`tollkeeper check`: every mistake of the settings file with its place, or a summary of what it says."""

from typing import Annotated, Any

import typer

from ext_proc.cli.doubts import doubts
from ext_proc.cli.options import DEFAULT, AsJson, ConfigFile, settings_at
from ext_proc.cli.tables import show_json, show_table
from ext_proc.settings import Settings
from ext_proc.settings_file import SettingsFile
from ext_proc.settings_findings import ConfigError, Finding
from ext_proc.settings_providers import api_names


def check(
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Check the settings file: nothing is started, nothing is changed. Exit status 1 when it does not hold.

    Example: tollkeeper check -c tollkeeper.yaml
    """
    file: SettingsFile | None = None
    try:
        file = settings_at(config)
        findings = doubts(file)
    except ConfigError as error:
        findings = list(error.findings)
    fails = any(strict or finding.severity == "error" for finding in findings)
    if as_json:
        show_json(_json(str(config), file, findings, ok=not fails))
    else:
        _show(str(config), file, findings, ok=not fails)
    if fails:
        raise typer.Exit(1)


def _json(path: str, file: SettingsFile | None, findings: list[Finding], *, ok: bool) -> dict[str, Any]:
    told = {"ok": ok, "file": path, "findings": [finding.row() for finding in findings]}
    return told if file is None else told | _summary(file.settings)


def _show(path: str, file: SettingsFile | None, findings: list[Finding], *, ok: bool) -> None:
    for finding in findings:
        typer.echo(f"{path}:{finding}")
    if file is None or not ok:
        return
    summary = _summary(file.settings)
    show_table(("provider", "kind", "endpoint", "APIs"), [_cells(row) for row in summary["providers"]])
    show_table(("model", "backends"), [_cells(row) for row in summary["models"]])
    if summary["limits"]:
        show_table(("limit", ">maximum", "unit", "window", "per", "mode"), [_cells(row) for row in summary["limits"]])
    typer.echo(f"{summary['workers']} worker(s) on {file.settings.listen.grpc}, store {file.settings.store.url}")
    typer.echo("ok")


def _summary(settings: Settings) -> dict[str, Any]:
    return {
        "providers": [
            {
                "name": name,
                "kind": provider.kind,
                "endpoint": provider.address,
                "apis": list(api_names(provider)),
            }
            for name, provider in settings.providers.items()
        ],
        "models": [
            {"name": name, "backends": [f"{backend.provider}/{backend.model or name}" for backend in model.backends]}
            for name, model in settings.models.items()
        ],
        "limits": [
            {
                "name": limit.name,
                "maximum": str(getattr(limit, limit.unit)),
                "unit": limit.unit,
                "window": limit.window,
                "per": limit.per,
                "mode": limit.mode,
            }
            for limit in settings.limits
        ],
        "workers": settings.listen.workers,
    }


def _cells(row: dict[str, Any]) -> list[Any]:
    return [", ".join(value) if isinstance(value, list) else value for value in row.values()]
