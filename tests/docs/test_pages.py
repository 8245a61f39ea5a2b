"""The tables of the guides say what the code does: every key, every error, every filter. Links lead somewhere."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import BaseModel

from ext_proc import errors, settings
from ext_proc.apis import APIS
from ext_proc.cli.commands import COMMANDS
from ext_proc.price_entry import KEYS as PRICE_KEYS
from ext_proc.providers import KINDS
from ext_proc.render.envoy import KNOWN_VERSIONS, render
from ext_proc.render.local_replies import REPLIES
from tests.docs.blocks import PAGES, ROOT
from tests.docs.test_blocks import SMALLEST

SETTINGS_PAGE = (ROOT / "docs/settings.md").read_text()
ERRORS_PAGE = (ROOT / "docs/errors.md").read_text()
TABLES = (
    settings.Settings,
    settings.Listen,
    settings.StoreSettings,
    settings.Proxy,
    settings.ProviderSettings,
    settings.Secret,
    settings.Model,
    settings.Backend,
    settings.Identity,
    settings.Attribute,
    settings.Clamp,
    settings.Limit,
    settings.Usage,
    settings.Files,
    settings.Prices,
    settings.Admin,
    settings.AdminTokenSettings,
)
"""In the order of the page."""
TYPES = {
    "Address": "address",
    "ApiVersion": "version",
    "Counted": "count",
    "Duration": "duration",
    "Endpoint": "URL",
    "FilePath": "path",
    "HeaderName": "header",
    "Keepers": "name or list",
    "Kind": "kind",
    "Name": "name",
    "OnExceed": "action",
    "Project": "project",
    "Region": "region",
    "Role": "role",
    "Secret": "secret",
    "StoreUrl": "store",
    "Strategy": "strategy",
    "Text": "text",
    "TimeZone": "time zone",
    "Usd": "dollars",
    "Variable": "variable",
    "Window": "window",
    "bool": "true or false",
    "str": "text",
    "StrictInt": "whole number",
}


def rows(text):
    """The cells of each table's rows, but for its head."""
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in t.splitlines()[2:]] for t in tables]


def type_word(model, name):
    """What the page calls the type of a key, by how the model writes it."""
    written = model.__annotations__[name].removesuffix(" | None")
    if name == "credential":
        return "secret"
    if written.startswith("Literal"):
        return {"log": "stream", "metering": "metering"}.get(name, "mode")
    if written.startswith(("list", "dict")):
        return "list" if written.startswith("list") else "mapping"
    return TYPES.get(written, "mapping")


def default_word(field):
    if field.is_required():
        return "required"
    default = field.default
    if default is None or isinstance(default, BaseModel):
        return ""
    if default in ([], {}):
        return "empty"
    return f"`{json.dumps(default) if isinstance(default, bool) else default}`"


def test_every_key_of_the_settings_is_told_with_its_type_and_default():
    told = [[row[:3] for row in table] for table in rows(SETTINGS_PAGE)]
    known = [
        [[f"`{name}`", type_word(model, name), default_word(field)] for name, field in model.model_fields.items()]
        for model in TABLES
    ]
    assert told == known


def test_every_key_of_the_price_file_is_told():
    (table,) = rows((ROOT / "docs/prices.md").read_text())
    told = [key for row in table for key in re.findall(r"`(\w+)`", row[0])]
    assert sorted(told) == sorted([*PRICE_KEYS, "batch", "service_tiers"])


def test_every_kind_of_provider_is_told_with_its_address_and_apis():
    told = rows((ROOT / "docs/providers.md").read_text())[0]
    assert told == [
        [
            f"`{kind}`",
            f"`{row.endpoint}{row.base}`" if row.endpoint else "your own",
            ", ".join(f"`{api}`" for api in row.paths),
        ]
        for kind, row in sorted(KINDS.items())
    ]


def codes():
    """Every code that stands in the source, and those of Envoy's own answers."""
    source = "".join(path.read_text() for path in (ROOT / "ext_proc").rglob("*.py") if path.name != "errors.py")
    return set(re.findall(r'code="(\w+)"', source)) | {reply.error.code for reply in REPLIES} | raised(source)


def raised(source):
    """The codes of the classes that are raised without one of their own."""
    classes = [one for one in vars(errors).values() if isinstance(one, type) and one.__module__ == errors.__name__]
    return {one.code for one in classes if re.search(rf"\b{one.__name__}\((?![^)]*code=)", source)} - {None}


def test_every_code_of_an_error_is_told():
    told = {code for table in rows(ERRORS_PAGE)[1:3] for row in table for code in re.findall(r"`(\w+)`", row[1])}
    told |= set(re.findall(r"code `(\w+)` or `(\w+)`", ERRORS_PAGE)[0])
    assert told == codes()


def test_each_status_has_the_types_that_are_told():
    told = {int(status): row[1:] for row in rows(ERRORS_PAGE)[0] for status in row[0].split(",")}
    raised = (
        *(errors.Malformed, errors.WrongMethod, errors.Unauthenticated, errors.Forbidden, errors.NotFound),
        *(errors.TooLarge, errors.OverLimit, errors.ProviderError, errors.ControlError, errors.DeadlineExceeded),
    )
    shapes = {api.write_error: api for api in reversed(APIS.values())}  # one column for those that share theirs
    typed = [api for api in shapes.values() if type_of(api, errors.Malformed("…"))]  # Cohere's errors have no type
    apis = [api for api in APIS.values() if api in typed]
    assert told == {kind("…").status: [f"`{type_of(api, kind('…'))}`" for api in apis] for kind in raised}


def type_of(api, error):
    if isinstance(error, errors.ProviderError):
        error.status = 502
    members = json.loads(api.write_error(error, None))
    inner = members.get("error", {})
    return members.get("__type") or inner.get("type") or inner.get("status")


@pytest.mark.parametrize("version", KNOWN_VERSIONS)
def test_every_filter_that_is_rendered_is_told(version):
    page = (ROOT / "docs/envoy.md").read_text()
    bootstrap = render(settings.Settings.model_validate(SMALLEST), version=version)
    manager = bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    names = [one["name"].rpartition(".")[2] for one in manager["http_filters"]]
    assert [name for name in names if name not in page] == []


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if not re.search(rf"\b(tollkeeper|make) {name}\b", readme)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_map_of_the_tree_names_what_there_is():
    readme = (ROOT / "README.md").read_text()
    named = re.findall(r"`((?:ext_proc|docs|tests)/[\w/.]*)`", readme)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
