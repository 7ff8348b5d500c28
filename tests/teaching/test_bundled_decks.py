"""That the bundled networks say of the bundled decks' films what their explanations tell a learner."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.networks import checkpoint
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.teaching.exam import list_advice

WEIGHTS = Path(__file__).parents[2] / "weights"
C, E, M, H = ("consolidation",), ("effusion",), ("mass",), ("cardiomegaly",)
SAID = {  # by deck and network: what it calls present, film by film
    "shortcuts": {"phantom-cheat": (C, C, (), (), C + E, M, C, H)},
    "two-networks-disagree": {
        "phantom-cheat": (C, C, (), C + E, M, (), (), ()),
        "phantom-honest": (C, (), C, E, M, H, (), C),
    },
    "what-a-map-shows": {"phantom-honest": (C, E, (), (), M, M, H, ())},
}


@pytest.mark.parametrize("folder", find_bundled_decks(), ids=lambda folder: folder.name)
def test_the_networks_say_what_the_explanations_tell(folder):
    deck = read_deck(folder)
    assert set(deck.networks) == set(SAID[deck.name])
    for name in deck.networks:
        network = Analyser(checkpoint.load(WEIGHTS / name))
        for film, said in zip(deck.films, SAID[deck.name][name], strict=True):
            study = network.analyse(deck.read_film(film))
            probabilities = dict(zip(study.labels, map(float, study.probabilities), strict=True))
            assert list_advice(probabilities, network.card.thresholds, deck.choices) == said, (name, film.synthetic)
