"""`predict`: what a network says of films."""

from __future__ import annotations

import argparse
import json

from cxr_demo.commands import arguments, opening
from cxr_demo.text.catalogue import format_text


def add_predict(commands: arguments.Commands) -> None:
    predict = commands.add_parser("predict", help=format_text("help-predict"))
    predict.add_argument("files", nargs="+", metavar="FILE")
    form = predict.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=format_text("help-json"))
    form.add_argument("--csv", action="store_true", help=format_text("help-csv"))
    arguments.add_weights_argument(predict)
    arguments.add_film_arguments(predict)
    predict.set_defaults(act=run_predict)


def run_predict(options: argparse.Namespace) -> int:
    """Of every file, label by label: probability, what it says in a word, the network's question, and the label's name.
    A file that cannot be read does not stop the others."""
    from cxr_demo.export.film_table import write_film_table
    from cxr_demo.export.predictions import list_predictions, predict_films

    analyser = opening.load_analyser(options.weights)
    card = analyser.card
    told, rows = predict_films(
        analyser, options.files, lambda name: opening.open_image(name, options.mend),
        lambda answer: opening.check_answer(answer, options.anyway),
    )  # fmt: skip
    failed = [facts for facts in told if "error" in facts]
    for facts in failed:
        opening.complain(f"{facts['file']}: {facts['error']}")
    if options.csv:
        print(write_film_table(card, analyser.sha256, rows), end="")
    elif options.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in list_predictions(card, told):
            print(line)
    return 2 if failed else 0
