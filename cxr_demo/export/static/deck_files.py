"""Decks of films for the lessons: all that is true of them, as JSON, and the films as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxr_demo.export.static.manifest_files import write_json
from cxr_demo.export.static.png_files import write_png
from cxr_demo.teaching.deck import Deck, find_truth_boxes

DECK_JSON = "deck.json"


def write_deck(folder: Path, deck: Deck, networks: Sequence[str]) -> None:
    """`networks`: those of the edition; of a deck's, the others are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    films = []
    for place, film in enumerate(deck.films, 1):
        name = f"film_{place}.png"
        write_png(folder / name, deck.read_film(film).pixels)
        regions = [
            {"label": label, "box": list(box)} for label, boxes in find_truth_boxes(film).items() for box in boxes
        ]
        films.append(
            {
                "file": name,
                "truth": list(film.findings),
                "regions": regions,
                "look_for": film.look_for,
                "explanation": film.explanation,
                "source": film.source,
                "licence": film.licence,
            }
        )
    facts = {
        "title": deck.head.title,
        "intro": deck.head.intro,
        "choices": list(deck.choices),
        "networks": [name for name in deck.networks if name in networks],
        "films": films,
    }
    write_json(folder / DECK_JSON, facts)
