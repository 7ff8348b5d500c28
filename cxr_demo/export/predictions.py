"""What one network says of many films, one after the other, as the command line lists it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError
from cxr_demo.export.film_table import FilmRow
from cxr_demo.export.results import describe_film, describe_gate, describe_study
from cxr_demo.film.gate import GateAnswer, Verdict
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import READ_AHEAD_FILMS
from cxr_demo.networks.card import Card
from cxr_demo.text.checkpoint_text import name_checkpoint
from cxr_demo.text.findings_text import describe_verdicts
from cxr_demo.text.formats import name_score

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Of one film: as JSON holds it, and what was said of its file meanwhile, a sentence each."""

    facts: dict
    said: tuple[str, ...]


def predict_films(
    analyser: Analyser,
    names: Iterable[str],
    open_film: Callable[[str, Say], tuple[Radiograph, GateAnswer]],
    check: Callable[[GateAnswer], None],
    at_once: int = 1,
) -> Iterator[Prediction]:
    """In the order of `names`, as they come. A film that raises a CxrError when it is opened, or when the gate's answer
    is `check`ed, has an "error" and does not stop the others. While the network is asked about `at_once` films, which
    are those that the `analyser` takes together, READ_AHEAD_FILMS more are read; no other film is in memory."""

    def predict(name: str) -> Prediction:
        said: list[str] = []
        facts: dict = {"file": name}
        try:
            image, answer = open_film(name, said.append)
            facts |= {"gate": describe_gate(answer), "film": describe_film(image)}
            check(answer)
            study = analyser.analyse(image)
            facts |= describe_study(analyser, study)
            facts["words"] = describe_verdicts(analyser.card, study.probabilities)
        except CxrError as error:
            facts["error"] = str(error)
        return Prediction(facts, tuple(said))

    threads = at_once + READ_AHEAD_FILMS
    waiting: deque[Future[Prediction]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for name in names:
            waiting.append(pool.submit(copy_context().run, predict, name))  # each speaks the language of the caller
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


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


def list_predictions(card: Card, told: Iterable[dict]) -> Iterator[str]:
    """A line for each label of each film: file, label, probability, what it says in a word, the network's question, and
    the label's name."""
    title, kind = name_checkpoint(card), "" if card.calibrated else f"{name_score(False)}, "
    for facts in told:
        for label, value in facts.get("probabilities", {}).items():
            said = f"{kind}{facts['words'][label]}"
            yield f"{facts['file']}\t{label}\t{value:.4f}\t{said}\t{title}\t{card.get_finding(label).name}"
