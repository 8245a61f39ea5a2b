"""The operator's file: read, checked and with its paths made absolute, or refused with every mistake and its place.

Relative paths in it are relative to the folder of the file.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union

from pydantic import BaseModel, ValidationError

from ext_proc import settings_planned as planned
from ext_proc.settings import Settings
from ext_proc.settings_findings import ConfigError, Finding, dotted, masked, shown
from ext_proc.settings_paths import located
from ext_proc.settings_yaml import Document, Mark, NotYaml, parse

if typing.TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]

_PROBLEMS: dict[str, tuple[str, str]] = {
    "missing": ("the key is missing", ""),
    "int_type": ("not a whole number", "a whole number, without quotes"),
    "greater_than_equal": ("too small", "{ge} or more"),
    "less_than_equal": ("too large", "{le} or less"),
    "string_type": ("not text", "text; put it in quotes"),
    "string_too_short": ("empty", "at least {min_length} character"),
    "string_too_long": ("too long", "at most {max_length} characters"),
    "bool_type": ("not true or false", "true, false"),
    "bool_parsing": ("not true or false", "true, false"),
    "list_type": ("not a list", "a list, as in [a, b]"),
    "dict_type": ("not a mapping", "names with their values"),
    "model_type": ("not a mapping", "keys with their values"),
    "too_short": ("empty", "at least {min_length}"),
    "literal_error": ("unknown value", "{expected}"),
}


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file that holds. `finding` says something about one of its places, for warnings."""

    path: Path
    settings: Settings
    document: Document

    def finding(self, place: Place, problem: str, allowed: str | None = None) -> Finding:
        mark = _mark(self.document, place)
        return Finding(mark.line, mark.column, dotted(place), problem, allowed=allowed, severity="warning")


def load(path: Path) -> Settings:
    """The settings of the file at `path`. Raises ConfigError."""
    return read(path).settings


def read(path: Path) -> SettingsFile:
    """As `load`, with the places of what the file says. Raises ConfigError."""
    document = _document(path)
    mistakes = [_twice(*twice) for twice in document.twice]
    try:
        settings = Settings.model_validate(document.value)
    except ValidationError as error:
        mistakes += [_finding(document, details) for details in error.errors(include_url=False)]
        raise ConfigError(str(path), _in_file_order(mistakes)) from None
    if mistakes:
        raise ConfigError(str(path), _in_file_order(mistakes))
    return SettingsFile(path, located(settings, path.absolute().parent), document)


def _document(path: Path) -> Document:
    try:
        document = parse(path.read_bytes())
    except OSError as error:
        raise ConfigError(str(path), [Finding(1, 1, "", f"cannot be read: {error.strerror}")]) from None
    except NotYaml as error:
        raise ConfigError(str(path), [Finding(error.mark.line, error.mark.column, "", masked(error.problem))]) from None
    if not isinstance(document.value, Mapping):
        finding = Finding(1, 1, "", "not a mapping", allowed=", ".join(Settings.model_fields))
        raise ConfigError(str(path), [finding])
    return document


def _in_file_order(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.line, finding.column))


def _twice(place: Place, again: Mark, first: Mark) -> Finding:
    problem = f"the key is there twice, first on line {first.line}"
    return Finding(again.line, again.column, dotted(place), problem, allowed="each key once")


def _finding(document: Document, error: ErrorDetails) -> Finding:
    place = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        return _unknown_key(document, place)
    problem, allowed = _told(error)
    mark = _mark(document, place, at_key=error["type"] == "missing" or "[key]" in error["loc"])
    return Finding(mark.line, mark.column, dotted(place), problem, _value(error, place), allowed or None)


def _value(error: ErrorDetails, place: Place) -> str | None:
    if error["input"] is None:
        return "nothing" if error["type"].endswith("_type") else None
    return None if error["type"] == "missing" else shown(error["input"], place)


def _told(error: ErrorDetails) -> tuple[str, str]:
    context = error.get("ctx", {})
    if error["type"] == "wrong":
        return str(context["problem"]), str(context["allowed"])
    problem, allowed = _PROBLEMS.get(error["type"], (masked(error["msg"]), ""))
    return problem, allowed.format(**context)


def _unknown_key(document: Document, place: Place) -> Finding:
    mark = _mark(document, place, at_key=True)
    what = planned.of_key(place)
    known = list(_known_keys(Settings, place[:-1]))
    nearest = () if what else tuple(difflib.get_close_matches(str(place[-1]), known, n=2, cutoff=0.6))
    problem = planned.refusal(what) if what else "unknown key"
    return Finding(mark.line, mark.column, dotted(place), problem, allowed=", ".join(known), nearest=nearest)


def _mark(document: Document, place: Place, *, at_key: bool = False) -> Mark:
    """Where `place` is, or the nearest thing around it that the file does say."""
    tables = (document.keys, document.values) if at_key else (document.values, document.keys)
    for length in range(len(place), 0, -1):
        for table in tables if length == len(place) else (document.keys, document.values):
            if place[:length] in table:
                return table[place[:length]]
    return Mark(1, 1)


def _known_keys(model: Any, place: Place) -> Sequence[str]:
    """The keys of the model at `place`."""
    for part in place:
        model = _below(model, part)
    return [*model.model_fields] if _is_model(model) else []


def _below(model: Any, part: str | int) -> Any:
    if _is_model(model):
        model = model.model_fields[str(part)].annotation if part in model.model_fields else None
    elif typing.get_origin(model) in (dict, list):
        model = typing.get_args(model)[-1]
    if typing.get_origin(model) in (Union, UnionType):
        model = next((option for option in typing.get_args(model) if _is_model(option)), None)
    return model


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
