"""What one network says of a film, as the command line lists it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cxr_demo.analysis import Analyser
from cxr_demo.export.film_answers import JudgedFilm
from cxr_demo.export.film_table import FilmRow
from cxr_demo.export.results import describe_study
from cxr_demo.film.gate import GateAnswer, Verdict
from cxr_demo.networks.card import Card
from cxr_demo.text.checkpoint_text import name_checkpoint
from cxr_demo.text.findings_text import format_verdict
from cxr_demo.text.formats import name_score


def predict_film(analyser: Analyser, film: JudgedFilm) -> tuple[dict, list[str]]:
    """As `film_answers.Ask` has it."""
    study = analyser.analyse(film.image)
    facts = describe_study(analyser, study)
    facts["words"] = {label: format_verdict(said["verdict"]) for label, said in facts["findings"].items()}
    return facts, list(_list_lines(analyser.card, film.name, facts))


def make_film_row(card: Card, facts: dict) -> FilmRow:
    """The row of a table that says the same as the JSON."""
    film, gate, values = facts.get("film", {}), facts.get("gate"), facts.get("probabilities")
    return FilmRow(
        Path(facts["file"]).name,
        film.get("sha256"),
        GateAnswer(Verdict(gate["verdict"]), ()) if gate else None,
        np.array([values[label] for label in card.labels], np.float32) if values else None,
        tuple(film.get("mends", ())),
    )


def _list_lines(card: Card, name: str, facts: dict) -> Iterator[str]:
    """A line for each label: file, label, probability, what it says in a word, the network's question, and the label's
    name."""
    title, kind = name_checkpoint(card), "" if card.calibrated else f"{name_score(False)}, "
    for label, value in facts["probabilities"].items():
        yield f"{name}\t{label}\t{value:.4f}\t{kind}{facts['words'][label]}\t{title}\t{card.get_finding(label).name}"
