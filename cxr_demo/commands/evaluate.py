"""`evaluate`: how far the maps of one label can be trusted, of one film or of many."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxr_demo.commands import arguments, films, opening
from cxr_demo.text.catalogue import format_text

if TYPE_CHECKING:
    from cxr_demo.export.film_answers import JudgedFilm


def add_evaluate(commands: arguments.Commands) -> None:
    evaluate = commands.add_parser("evaluate", aliases=["believe"], help=format_text("help-evaluate"))
    films.add_films_arguments(evaluate)
    arguments.add_one_label_arguments(evaluate)
    arguments.add_weights_argument(evaluate)
    evaluate.set_defaults(act=run_evaluate)


def run_evaluate(options: argparse.Namespace) -> int:
    from cxr_demo.export.evaluations import describe_evaluated, evaluate_image, list_evaluated
    from cxr_demo.export.explanations import check_choice
    from cxr_demo.export.film_table import list_check_lines
    from cxr_demo.progress import show_progress

    found = films.find_films(options)
    analyser, (_, lungs) = opening.load_analyser(options.weights), opening.load_gate_models()
    labels, methods, drawn = [options.label] if options.label else [], options.method or [], options.region or []
    check_choice(analyser, labels, methods)
    is_many = len(found.names) > 1

    def ask(film: JudgedFilm) -> tuple[dict, Sequence[str]]:
        with show_progress() as on_progress:
            made = evaluate_image(
                analyser, film.image, lungs, options.label or "", methods, [tuple(box) for box in drawn], on_progress
            )
        lines = list_evaluated(analyser.card, made)
        return describe_evaluated(analyser, made), [f"# {film.name}", "", *lines, ""] if is_many else lines

    settings = {"command": "evaluate", "labels": labels, "methods": methods, "regions": drawn}
    question = films.Question(
        analyser, ask, settings, lambda told: list_check_lines(analyser.card, analyser.sha256, told)
    )
    return films.ask_films(options, found, question)
