"""`predict`: what a network says of films, of one or of many."""

from __future__ import annotations

import argparse

from cxr_demo.commands import arguments, films, opening
from cxr_demo.errors import CxrError
from cxr_demo.limits import MAX_BATCH_FILMS
from cxr_demo.text.catalogue import format_text


def add_predict(commands: arguments.Commands) -> None:
    predict = commands.add_parser("predict", help=format_text("help-predict"))
    films.add_films_arguments(predict)
    predict.add_argument("--batch", type=int, default=1, metavar="N", help=format_text("help-batch"))
    arguments.add_weights_argument(predict)
    predict.set_defaults(act=run_predict)


def run_predict(options: argparse.Namespace) -> int:
    """Of every film, label by label: probability, what it says in a word, the network's question, the label's name."""
    from cxr_demo.export.film_table import list_table_lines
    from cxr_demo.export.predictions import make_film_row, predict_film

    if not 1 <= options.batch <= MAX_BATCH_FILMS:
        raise CxrError("batch-size", most=MAX_BATCH_FILMS)
    found = films.find_films(options)
    analyser = opening.load_analyser(options.weights, squares_at_once=options.batch)
    card, sha256 = analyser.card, analyser.sha256
    question = films.Question(
        analyser, lambda film: predict_film(analyser, film), {"command": "predict"},
        lambda told: list_table_lines(card, sha256, (make_film_row(card, facts) for facts in told)), options.batch,
    )  # fmt: skip
    return films.ask_films(options, found, question)
