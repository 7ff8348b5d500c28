"""The contract of every finding."""

import re

import pytest

from cxr_demo.labels import ALIASES, FINDINGS, LabelWords, get_finding, match_label
from cxr_demo.text.catalogue import LANGUAGE, format_text


@pytest.mark.parametrize("key", FINDINGS)
def test_a_finding_states_what_a_reader_needs(key):
    finding = get_finding(key)
    assert finding.key == key and re.fullmatch(r"[a-z][a-z0-9_]*", key)
    assert finding.name and finding.gloss.endswith(".") and "\n" not in finding.gloss and len(finding.gloss) <= 100


def test_every_name_is_used_once():
    assert len({finding.name for finding in FINDINGS.values()}) == len(FINDINGS)


@pytest.mark.parametrize(
    ("key", "name"),
    [("silicosis", "Silicosis"), ("pleural_plaque", "Pleural plaque"), ("COPD", "COPD"), ("GGO_left", "GGO left")],
)
def test_a_label_of_ones_own_keeps_its_name(key, name):
    assert key not in FINDINGS and match_label(key) is None
    assert get_finding(key).name == name and get_finding(key).gloss == format_text("label-of-its-own")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Edema", "edema"),  # CheXpert
        ("Pleural Effusion", "effusion"),
        ("Pleural_Thickening", "pleural_thickening"),  # NIH, torchxrayvision
        (" lung  opacity ", "lung_opacity"),
        ("Enlarged Cardiomediastinum", "enlarged_cardiomediastinum"),
        ("infiltrates", "infiltration"),  # PadChest
        ("hiatal hernia", "hernia"),
        ("COVID-19", "covid19"),
        ("No Finding", "no_finding"),
        ("COPD", None),
        ("COPD signs", None),
        ("No Pneumonia", None),
        ("", None),
        ("胸水", None),
    ],
)
def test_the_names_that_data_sets_have_meet_the_findings(name, key):
    assert match_label(name) == key


def test_every_alias_leads_to_a_finding_and_shadows_none():
    assert set(ALIASES.values()) <= set(FINDINGS) and not set(ALIASES) & set(FINDINGS)
    assert all(match_label(alias) == key for alias, key in ALIASES.items()), (
        "an alias is not written as it is looked up"
    )


def test_an_alias_in_a_card_has_the_words_of_its_finding():
    assert get_finding("Edema").name == get_finding("edema").name == "Oedema"
    assert get_finding("Edema").gloss == get_finding("edema").gloss and get_finding("Edema").key == "Edema"


def test_own_words_come_first_in_the_language_of_the_moment():
    words = {
        "effusion": LabelWords({"en": "Fluid", "de": "Erguss"}, {"de": "Wasser neben der Lunge."}),
        "label_2": LabelWords({"ja": "胸水"}),
    }
    assert get_finding("effusion", words).name == "Fluid"
    assert get_finding("effusion", words).gloss == "Wasser neben der Lunge.", "the only one there is"
    assert get_finding("label_2", words).name == "胸水"
    assert get_finding("label_2", words).gloss == format_text("label-of-its-own")
    assert get_finding("mass", words) is FINDINGS["mass"]
    for code, name in (("de", "Erguss"), ("de-CH", "Erguss"), ("fr", "Fluid")):
        token = LANGUAGE.set(code)  # no catalogue is read: every word is the network's own
        try:
            assert get_finding("effusion", words).name == name
        finally:
            LANGUAGE.reset(token)


@pytest.mark.parametrize(
    "texts", [{"en": ""}, {"en": " "}, {"en": "two\nlines"}, {"en": "x" * 61}, {"english": "Mass"}, {"EN": "Mass"}]
)
def test_words_that_cannot_be_shown_are_refused(texts):
    with pytest.raises(ValueError, match="label_words"):
        LabelWords(texts)
