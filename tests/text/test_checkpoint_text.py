"""A network has one name, wherever it is said, in the language of the reader."""

import dataclasses

import pytest

from cxr_demo.importing.verdict import describe_sheet
from cxr_demo.networks.card import FEATURE_FUSION, RULES, Card, EnsembleSpec, Member
from cxr_demo.networks.card_parts import Imported, Training
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.text.checkpoint_text import describe_network, name_networks
from cxr_demo.ui.findings.facts import render_facts
from tests.ui.stand_ins import card, ensemble
from train.measure.model_card import format_model_card

NAMES = {
    "en": "ensemble of 2 × densenet121 and resnet18, head dense256 (mean of the probabilities)",
    "de": "Ensemble aus 2 × densenet121 und resnet18, Kopf dense256 (Mittel der Wahrscheinlichkeiten)",
}


def mixed() -> Card:
    networks = [("densenet121", "linear"), ("densenet121", "linear"), ("resnet18", "dense256")]
    members = tuple(Member(f"m{at}", *network, 1.0, "ef" * 32) for at, network in enumerate(networks))
    return card(backbone="", ensemble=EnsembleSpec("mean", (1 / 3,) * 3, members))


@pytest.mark.parametrize("language", NAMES)
def test_the_members_of_an_ensemble_are_named_and_its_rule_is_in_words(language):
    with use_language(language):
        assert name_networks(mixed()) == NAMES[language]
        assert describe_network(mixed()).startswith(f"{NAMES[language]}, 64 px, ")
        assert f"<dd>{NAMES[language]}, 64 px, " in render_facts(mixed(), "ef" * 32, "")


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("rule", [*RULES, FEATURE_FUSION])
def test_no_rule_is_said_as_it_is_written_in_the_card(rule, language):
    with use_language(language):
        assert f"({format_text(f'rule-{rule}')})" in name_networks(ensemble(rule))


@pytest.mark.parametrize("language", NAMES)
def test_a_verdict_sheet_says_the_network_as_the_page_does(language):
    imported = dataclasses.replace(card(head="dense256"), training=Training(imported=Imported(source="a file")))
    with use_language(language):
        assert f": {name_networks(imported)}, " in describe_sheet(imported)[0]
        assert ("Kopf dense256" in describe_sheet(imported)[0]) == (language == "de")


def test_the_page_of_a_checkpoint_says_it_too():
    text = format_model_card(mixed(), ())
    assert f"- Network: {NAMES['en']}, 1 channel, 64 px" in text and "| m2 | resnet18, head dense256 |" in text
    assert "joined by: mean of the probabilities." in text
