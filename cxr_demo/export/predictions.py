"""What one network says of many films, as the command line lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError
from cxr_demo.export.film_table import FilmRow
from cxr_demo.export.results import describe_gate, describe_study
from cxr_demo.film.gate import GateAnswer
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.card import Card
from cxr_demo.text.checkpoint_text import name_checkpoint
from cxr_demo.text.findings_text import describe_verdicts
from cxr_demo.text.formats import name_score


def predict_films(
    analyser: Analyser,
    names: Sequence[str],
    open_film: Callable[[str], tuple[Radiograph, GateAnswer]],
    check: Callable[[GateAnswer], None],
) -> tuple[list[dict], list[FilmRow]]:
    """Of each file, as JSON holds it and as a row of a table. One that raises a CxrError when it is opened, or when the
    gate's answer is `check`ed, has an "error" and does not stop the others."""
    told, rows = [], []
    for name in names:
        facts: dict = {"file": name}
        row = FilmRow(Path(name).name, None, None, None)
        try:
            image, answer = open_film(name)
            facts["gate"] = describe_gate(answer)
            row = replace(row, sha256=image.file_sha256, gate=answer, mends=image.mends)
            check(answer)
            study = analyser.analyse(image)
            row = replace(row, probabilities=study.probabilities)
            facts |= describe_study(analyser, study)
            facts["words"] = describe_verdicts(analyser.card, study.probabilities)
        except CxrError as error:
            facts["error"] = str(error)
        told.append(facts)
        rows.append(row)
    return told, rows


def list_predictions(card: Card, told: Sequence[dict]) -> Iterator[str]:
    """A line for each label of each film: file, label, probability, what it says in a word, the network's question, and
    the label's name."""
    title, kind = name_checkpoint(card), "" if card.calibrated else f"{name_score(False)}, "
    for facts in told:
        for label, value in facts.get("probabilities", {}).items():
            said = f"{kind}{facts['words'][label]}"
            yield f"{facts['file']}\t{label}\t{value:.4f}\t{said}\t{title}\t{card.get_finding(label).name}"
