"""`prices` tells what a model costs, by which list; `check` tells what has no price that a limit in dollars needs."""

import json

import pytest

from ext_proc.cli.tables import cell

OWN = """\
version: 2026-11
effective: 2026-01-01
models:
  own:
    input: 1.5
    output: 6
    cache_read: 0.15
    tiers: [{above: 1000, input: 3, output: 12}]
    service_tiers: {priority: {input: 4, output: 16}}
    images: {hd *: 0.08}
  free: {input: 0, output: 0}
"""
MODELS = """\
models:
  gpt-4o-mini: {backends: [{provider: openai}]}
  mine: {backends: [{provider: local, model: own}]}
  nobody: {backends: [{provider: local}]}
prices: {override: prices.yaml}
"""


@pytest.fixture
def priced(folder):
    (folder.path / "prices.yaml").write_text(OWN)
    folder.rewrite('models:\n  gpt-4o-mini: {backends: [{provider: openai}]}\n  "*": {backends: [{provider: local}]}\n', MODELS)  # fmt: skip
    return folder


def test_a_published_price_is_shown_with_its_list(priced):
    (told,) = json.loads(priced.ok("prices", "show", "gpt-4o-mini", "--json"))
    assert (told["provider"], told["model"]) == ("openai", "gpt-4o-mini")
    assert told["source"].startswith("genai-prices ")
    assert (told["price"]["input"], told["price"]["output"]) == ("0.15", "0.6")


def test_the_operators_own_price_is_shown_with_its_file_version_and_date_in_the_files_keys(priced):
    (told,) = json.loads(priced.ok("prices", "show", "mine", "--json"))
    assert told["source"] == "prices.yaml 2026-11 (since 2026-01-01)"
    assert told["price"] == {
        "input": "1.5",
        "output": "6",
        "cache_read": "0.15",
        "images": {"hd *": "0.08"},
        "tiers": [{"above": 1000, "input": "3", "output": "12"}],
        "batch": "0.5",
        "service_tiers": {"priority": {"input": "4", "output": "16"}},
    }


def test_people_see_each_tier_beside_the_plain_price(priced):
    shown = [line.split() for line in priced.ok("prices", "show", "mine").splitlines()]
    nothing = cell(None)
    assert ["USD", "price", "above", "1,000", "priority", "batch"] in shown
    assert ["input", "1.5", "3", "4", "0.75"] in shown
    assert ["cache_read", "0.15", nothing, nothing, "0.075"] in shown
    assert ["image", "hd", "*", "0.08", nothing, nothing, "0.04"] in shown


def test_any_model_of_a_kind_of_provider_can_be_asked_for(priced):
    (told,) = json.loads(priced.ok("prices", "show", "tts-1", "--provider", "openai", "--json"))
    assert told["price"]["per_million_characters"] == "15"


def test_a_price_that_is_unknown_is_not_shown_as_zero(priced):
    (told,) = json.loads(priced.ok("prices", "show", "nobody", "--json"))
    assert (told["source"], told["price"]) == (None, None)
    assert priced.ok("prices", "show", "nobody") == "nobody at openai-compatible: no known price\n"


def test_the_models_of_the_settings_are_listed(priced):
    rows = json.loads(priced.ok("prices", "list", "--json"))
    assert [(row["model"], row["price"] is None) for row in rows] == [
        ("gpt-4o-mini", False),
        ("own", False),
        ("nobody", True),
    ]
    assert "no known price" in priced.ok("prices", "list")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("strange",), "there is no model 'strange' in the settings; name the kind of its provider with --provider"),
        (("gpt-4o", "--provider", "opnai"), "--provider: 'opnai' is unknown; allowed: "),
    ],
)
def test_a_mistake_is_told(priced, arguments, told):
    assert told in priced.refused("prices", "show", *arguments)


def test_a_price_file_that_is_not_there_is_told(folder):
    folder.rewrite(more="prices: {override: none.yaml}\n")
    assert "none.yaml cannot be read" in folder.refused("prices", "list")


LACKING = {
    "gpt-4o-audio-preview": "price for sound",
    "dall-e-3": "price",
}


@pytest.mark.parametrize("model", LACKING)
def test_check_warns_of_what_a_model_is_billed_for_without_a_known_price(folder, model):
    folder.rewrite("gpt-4o-mini:", f"{model}:")
    assert f"{model} has no known {LACKING[model]}, and limits in usd refuse" in folder.ok("check")


@pytest.mark.parametrize("model", ["gpt-audio", "gpt-image-1", "tts-1", "whisper-1", "gpt-4o-transcribe"])
def test_check_says_nothing_of_models_with_a_price_for_what_they_do(folder, model):
    folder.rewrite("gpt-4o-mini:", f"{model}:")
    assert "no known" not in folder.ok("check")
