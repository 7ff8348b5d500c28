"""The card as typed data: every bundled one is read and written back as it is, and its schema and docs are whole."""

import dataclasses
import json
import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

from cxr_demo.__main__ import main
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.networks.card import SYNTHETIC, Card, Member
from cxr_demo.networks.card_parts import CardTexts, Interval, Reliability, Settings, Training
from cxr_demo.text.catalogue import LANGUAGES, use_language
from cxr_demo.ui import markup

ROOT = Path(__file__).parents[2]
CARDS = sorted((ROOT / "weights").glob("*/config.json"))


def make_card(**changes) -> Card:
    facts = {"name": "a", "backbone": "resnet18", "labels": ("effusion",), "task": "multi-label",
             "preprocess": Preprocess(64, "stretch", (0.5,), (0.2,))}  # fmt: skip
    return Card(**facts | changes)


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_a_bundled_card_is_written_back_byte_for_byte(path):
    text = path.read_text(encoding="utf-8")
    card = Card.from_json(text)
    assert card.to_json() == text
    assert card.metrics.sets["test"].films == card.training.films["test"]
    assert all(figure.low <= figure.high for figure in card.metrics.sets["test"].figures.values())


def test_own_words_survive_json_in_every_script_and_name_labels_alone():
    words = {"effusion": {"name": {"en": "Effusion", "ja": "胸水"}, "gloss": {"de": "Wasser neben der Lunge."}}}
    card = make_card(label_words=words)
    assert "胸水" in card.to_json() and Card.from_json(card.to_json()) == card
    assert card.get_finding("effusion").gloss == "Wasser neben der Lunge."
    assert "label_words" not in make_card().to_json()
    for wrong, sentence in (
        ({"mass": {}}, "name 'mass', which is none of its labels"),
        ({"effusion": {"names": {}}}, "has an entry 'label_words.effusion.names', which is not known"),
        ({"effusion": {"name": {"en": "a\nb"}}}, "not one line"),
        ({"effusion": {"name": "a"}}, "its label_words.effusion.name is not a JSON object"),
    ):
        facts = json.loads(card.to_json()) | {"label_words": wrong}
        with pytest.raises(ValueError, match=sentence):
            Card.from_json(json.dumps(facts))


def test_a_label_goes_by_its_key_its_names_and_its_finding():
    words = {"label_2": {"name": {"en": "Water", "ja": "胸水"}}}
    card = make_card(labels=("edema", "label_2", "COPD", "Pleural_Plaque"), label_words=words)
    asked = {"Edema": "edema", "pulmonary oedema": "edema", "胸水": "label_2", "water": "label_2", "copd": "COPD",
             "pleural plaque": "Pleural_Plaque", "label_2": "label_2", "mass": None, "": None}  # fmt: skip
    assert {name: card.find_label(name) for name in asked} == asked
    twice = make_card(labels=("a", "b"), label_words={key: {"name": {"en": "Same"}} for key in "ab"})
    assert twice.find_label("Same") is None


def test_half_a_character_is_refused_when_the_card_is_read():
    with pytest.raises(ValueError, match="half a character"):
        Card.from_json(make_card().to_json().replace('"name": "a"', '"name": "\\ud800"'))


def test_keys_that_nobody_knows_are_kept_in_training_and_refused_outside():
    card = make_card(training={"settings": {"mood": [1, {"a": None}], "seed": 3}, "weather": "rain", "data": "films"})
    again = Card.from_json(card.to_json())
    assert again == card and list(again.training.model_dump()) == ["settings", "weather", "data"]
    assert again.training.settings.seed == 3 and again.training.model_extra == {"weather": "rain"}
    with pytest.raises(ValueError, match="has an entry 'weather', which is not known here"):
        Card.from_json(card.to_json().replace('"name"', '"weather": 1, "name"'))


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        ({"test": {"accuracy": 0.5}}, "its metrics.test.accuracy is not a JSON object"),
        ({"test": {"accuracy": {"low": 0.1}}}, "it has no entry 'metrics.test.accuracy.value'"),
        (
            {"test": {"accuracy": {"value": True}}},
            "its metrics.test.accuracy.value: True stands where a number must be",
        ),
        ({"test": {"films": -1}}, "its metrics.test.films is -1; it must be a whole number"),
        ({"test": {"positive": 3}}, "its metrics.test.positive is not a list"),
        ({"localisation": {"rows": [3]}}, "its metrics.localisation.rows is not a JSON object"),
    ],
)
def test_metrics_that_are_something_else_are_refused_in_one_sentence(metrics, sentence):
    text = make_card().to_json().replace('"metrics": {}', f'"metrics": {json.dumps(metrics)}')
    with pytest.raises(ValueError) as caught:
        Card.from_json(text)
    assert str(caught.value) == sentence


def test_a_part_is_copied_with_changes_and_checked():
    training = Training(recipe="a", settings=Settings(dataset="nih", epochs=3))
    other = training.replace(data="films", settings=training.settings.replace(seed=1))
    assert (other.recipe, other.data, other.settings.dataset, other.settings.seed) == ("a", "films", "nih", 1)
    assert other.settings.model_extra == {"epochs": 3} and training.settings.seed is None
    with pytest.raises(ValueError, match="seed"):
        training.settings.replace(seed="one")


@pytest.mark.parametrize(
    ("interval", "digits", "text"),
    [
        (Interval(value=0.8834, low=0.8481, high=0.9119), 3, "0.883 (0.848 to 0.912)"),
        (Interval(value=0.8834, low=0.8481, high=0.9119), 2, "0.88 (0.85 to 0.91)"),
        (Interval(value=1.0), 2, "1.00"),
    ],
)
def test_an_interval_is_written_in_one_way(interval, digits, text):
    assert interval.format(digits) == text


def test_a_difference_has_signs():
    assert Interval(value=0.1, low=-0.05, high=0.2).format(2, sign=True) == "+0.10 (-0.05 to +0.20)"


def test_a_network_that_was_never_calibrated_is_divided_by_one():
    assert make_card().applied_temperature == 1.0 and not make_card().calibrated
    assert make_card(temperature=1.3).applied_temperature == 1.3
    assert Member("a", "resnet18", "dense256", 0.0, "ab").applied_temperature == 1.0


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_a_bundled_card_says_in_plain_words_what_it_is_for(path):
    card = Card.from_json(path.read_text(encoding="utf-8"))
    assert card.title and card.population and card.purpose.rstrip(".").count("?") == 1
    assert (card.made_for == SYNTHETIC) == (card.training.settings.dataset == "phantom")
    assert ("adult" in card.title.lower()) or (card.ages != (18, 95))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ages": (5, 1)}, "its ages are [5, 1]; they must be two numbers of years, the lower one first"),
        ({"ages": (1, 500)}, "its ages are [1, 500]; they must be two numbers of years, the lower one first"),
        ({"made_for": "cats"}, "its made_for is 'cats'; it must be empty or 'synthetic'"),
    ],
)
def test_ages_and_what_it_was_made_for_are_checked(changes, sentence):
    text = make_card().to_json()
    facts = json.loads(text) | changes
    with pytest.raises(ValueError) as caught:
        Card.from_json(json.dumps(facts))
    assert str(caught.value) == sentence
    assert Card.from_json(text).ages is None


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ({"thresholds": [0.2, 0.1], "sensitivity": [1, 0.5], "specificity": [0, 0.5]}, "thresholds that do not rise"),
        ({"thresholds": [0.1, 0.2], "sensitivity": [1], "specificity": [0, 0.5]}, "one list of 1 to 21 numbers"),
        ({"thresholds": [0.1], "sensitivity": [1.2], "specificity": [0]}, "a number that is not from 0 to 1"),
    ],
)
def test_operating_points_are_three_lists_of_shares_as_long(points, sentence):
    facts = json.loads(make_card().to_json()) | {"metrics": {"test": {"operating_points": {"effusion": points}}}}
    with pytest.raises(ValueError, match=sentence):
        Card.from_json(json.dumps(facts))


@pytest.mark.parametrize(
    ("counted", "sentence"),
    [
        ({"edges": [0, 0.5, 1], "films": [3], "positive": [1]}, "as long as there are steps between its edges"),
        ({"edges": [0, 1], "films": [], "positive": []}, "as long as there are steps between its edges"),
        ({"edges": [0, 0.5], "films": [3], "positive": [1]}, "edges that do not rise from 0 to 1"),
        ({"edges": [0, 0.5, 0.5, 1], "films": [3] * 3, "positive": [1] * 3}, "edges that do not rise from 0 to 1"),
        ({"edges": [0, 1], "films": [3], "positive": [4]}, "counts more films that have a finding than films"),
    ],
)
def test_reliability_counts_films_between_edges(counted, sentence):
    facts = json.loads(make_card().to_json()) | {"metrics": {"test": {"reliability": {"effusion": counted}}}}
    with pytest.raises(ValueError, match=sentence):
        Card.from_json(json.dumps(facts))


def test_a_probability_is_in_one_bin():
    known = Reliability(edges=(0, 0.1, 0.5, 1), films=(5, 6, 7), positive=(1, 2, 3))
    found = [known.find_bin(p).films for p in (0, 0.0999, 0.1, 0.5, 1)]
    assert found == [5, 5, 6, 7, 7] and known.find_bin(0.2) == (0.1, 0.5, 6, 2)


def test_reading_a_card_loads_no_torch():
    code = (
        "import sys, types\n"
        f"house = types.ModuleType('cxr_demo'); house.__path__ = [{str(ROOT / 'cxr_demo')!r}]\n"
        "sys.modules['cxr_demo'] = house  # whatever the package itself loads\n"
        "import cxr_demo.networks.card\n"
        "print(sorted({'torch', 'timm', 'scipy', 'sklearn', 'gradio', 'matplotlib'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


# ---- the schema, and the page that explains it


def list_problems(value: object, schema: dict, parts: dict, place: str = "card") -> list[str]:
    """What is wrong with a value by the JSON schema, for the words that a card's schema uses."""
    schema = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "anyOf" in schema:
        found = [list_problems(value, one, parts, place) for one in schema["anyOf"]]
        return [] if [] in found else found[0]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None)}
    if "type" in schema and (isinstance(value, bool) or not isinstance(value, kinds[schema["type"]])):
        return [f"{place} is no {schema['type']}"]
    problems = []
    if isinstance(value, dict):
        named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        problems += [f"{place} lacks {key}" for key in schema.get("required", ()) if key not in value]
        for key, entry in value.items():
            rule = named.get(key, others)
            if rule is False:
                problems.append(f"{place} has {key}")
            elif rule is not True:
                problems += list_problems(entry, rule, parts, f"{place}.{key}")
    if isinstance(value, list):
        for rule, entry in zip_longest(schema.get("prefixItems", ()), value, fillvalue=schema.get("items", {})):
            problems += list_problems(entry, rule, parts, place)
    return problems


@pytest.fixture
def schema(capsys) -> dict:
    assert main(["card-schema"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_schema_that_the_command_prints_holds_for_every_bundled_card(schema):
    assert schema["title"] == "Card" and schema["$schema"].startswith("https://json-schema.org/")
    for path in CARDS:
        assert list_problems(json.loads(path.read_text(encoding="utf-8")), schema, schema["$defs"]) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [(("name",), 3), (("weather",), "rain"), (("preprocess", "size_px"), 64.5), (("training", "seconds"), "long"),
     (("metrics", "test", "films"), "many"), (("metrics", "test", "macro_f1"), {"low": 0.1}),
     (("ensemble",), {"rule": "mean"}), (("training", "settings", "stages"), [["x", 1]])],
)  # fmt: skip
def test_the_schema_refuses_what_the_card_refuses(schema, place, value):
    facts = json.loads(CARDS[0].read_text(encoding="utf-8"))
    part = facts
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    assert list_problems(facts, schema, schema["$defs"])
    with pytest.raises(ValueError):
        Card.from_json(json.dumps(facts))


def test_the_page_on_the_card_names_every_field(schema):
    page = (ROOT / "docs" / "card.md").read_text(encoding="utf-8")
    first_cells = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    fields = {field for part in (schema, *schema["$defs"].values()) for field in part.get("properties", ())}
    fields -= {"localisation"}  # has a section of its own
    assert "`localisation` tells" in page
    assert {field for field in fields if f"`{field}`" not in first_cells} == set()
    assert set(re.findall(r"`(\w+)`", first_cells)) - fields == set()


def test_a_card_speaks_another_language_where_it_can_and_says_which():
    card = make_card(title="Adults", purpose="Is it?", texts={"de": CardTexts(title="Erwachsene")})
    assert "texts" not in make_card().to_json() and Card.from_json(card.to_json()) == card
    told = card.tell("title"), card.tell("purpose"), card.tell("population")
    assert [(text, text.language) for text in told] == [("Adults", "en"), ("Is it?", "en"), ("", "en")]
    with use_language("de"):
        told = card.tell("title"), card.tell("purpose")
        assert [(text, text.language) for text in told] == [("Erwachsene", "de"), ("Is it?", "en")]
        assert markup.quote_card(told[0]) == "<span>Erwachsene</span>"
        assert markup.quote_card(told[1]) == '<span lang="en">Is it?</span>'
    for texts in ({"german": {}}, {"de": {"licence": "frei"}}, {"de": "Erwachsene"}):
        with pytest.raises(ValueError):
            Card.from_json(json.dumps(json.loads(make_card().to_json()) | {"texts": texts}))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("language", list(LANGUAGES)[1:])
def test_a_bundled_card_says_in_every_language_what_it_says_in_english(path, language):
    card = Card.from_json(path.read_text(encoding="utf-8"))
    with use_language(language):
        for entry in dataclasses.fields(CardTexts):
            assert card.tell(entry.name).language == language, f"{path}: {entry.name}"
