"""`predict`: what a network says of films, of one or of many."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_demo.commands import arguments, launched, opening
from cxr_demo.errors import CxrError
from cxr_demo.limits import MAX_BATCH_FILMS
from cxr_demo.text.catalogue import format_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxr_demo.analysis import Analyser
    from cxr_demo.export.predictions import Prediction


def add_predict(commands: arguments.Commands) -> None:
    predict = commands.add_parser("predict", help=format_text("help-predict"))
    predict.add_argument("files", nargs="*", metavar="FILE", help=format_text("help-films-given"))
    predict.add_argument("--films", metavar="LIST", help=format_text("help-film-list"))
    form = predict.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=format_text("help-json"))
    form.add_argument("--csv", action="store_true", help=format_text("help-csv"))
    predict.add_argument("--jsonl", type=Path, metavar="RECORDS", help=format_text("help-jsonl"))
    predict.add_argument("--resume", action="store_true", help=format_text("help-resume"))
    predict.add_argument("--batch", type=int, default=1, metavar="N", help=format_text("help-batch"))
    arguments.add_weights_argument(predict)
    arguments.add_film_arguments(predict)
    predict.set_defaults(act=run_predict)


def run_predict(options: argparse.Namespace) -> int:
    """Of every film, label by label: probability, what it says in a word, the network's question, and the label's name.
    A file that cannot be read does not stop the others."""
    from cxr_demo.film.film_list import list_films

    if not 1 <= options.batch <= MAX_BATCH_FILMS:
        raise CxrError("batch-size", most=MAX_BATCH_FILMS)
    names = list_films(options.files, options.films)
    if options.jsonl:
        launched.start_the_others("cxr_demo")
    rank = launched.find_rank()
    if options.jsonl:
        return _record_films(options, names, rank)
    if options.resume or rank.count > 1:
        raise CxrError("records-needed")
    analyser = opening.load_analyser(options.weights, squares_at_once=options.batch)
    has_failed = False

    def tell() -> Iterator[dict]:
        nonlocal has_failed
        for prediction in _predict(options, analyser, names):
            has_failed |= "error" in prediction.facts
            yield prediction.facts

    _print_predictions(options, analyser, tell())
    return 2 if has_failed else 0


def _record_films(options: argparse.Namespace, names: Sequence[str], rank: launched.Rank) -> int:
    """A record of each film, as it comes; those of an earlier run stay. Of several processes each takes every n-th
    film; the first joins what all have written, and alone prints it, and says with its exit code that a film failed."""
    from cxr_demo.export import film_records

    path: Path = options.jsonl
    film_records.check_records(path, options.resume)
    analyser = opening.load_analyser(options.weights, squares_at_once=options.batch)
    rank.wait()  # until all have looked
    if options.resume and rank.place == 0:
        film_records.settle_records(path, names, analyser.sha256, keeps_errors=False)
    rank.wait()
    done = film_records.find_done(path, analyser.sha256)
    mine = [name for name in names if name not in done][rank.place :: rank.count]
    part = film_records.name_part(path, rank.place, rank.count)
    with part.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as written:
        for prediction in _predict(options, analyser, mine, shows=rank.place == 0):
            written.write(film_records.make_record(prediction.facts, analyser.sha256) + "\n")
            written.flush()
    rank.wait()
    if rank.place > 0:
        return 0
    if options.resume or rank.count > 1:
        film_records.settle_records(path, names, analyser.sha256, keeps_errors=True)
    asked = set(names)

    def read() -> Iterator[dict]:
        for record in film_records.list_records(path):
            if record["checkpoint_sha256"] == analyser.sha256 and record["file"] in asked:
                yield record

    if options.json or options.csv:
        _print_predictions(options, analyser, read())
    return 2 if any("error" in record for record in read()) else 0


def _predict(
    options: argparse.Namespace, analyser: Analyser, names: Sequence[str], shows: bool = True
) -> Iterator[Prediction]:
    """One after the other; what there is to say of each goes to stderr, and how far it is, where stdout is not shown
    between."""
    from tqdm import tqdm

    from cxr_demo.export.predictions import predict_films
    from cxr_demo.progress import ignore_progress, show_progress

    is_shown = shows and (options.jsonl or not sys.stdout.isatty())
    with show_progress() if is_shown else nullcontext(ignore_progress) as on_progress:
        predictions = predict_films(
            analyser, names, lambda name, say: opening.open_image(name, options.mend, say),
            lambda answer: opening.check_answer(answer, options.anyway), options.batch,
        )  # fmt: skip
        for done, prediction in enumerate(predictions, 1):
            error = prediction.facts.get("error")
            for sentence in (*prediction.said, *([f"{prediction.facts['file']}: {error}"] if error else ())):
                tqdm.write(sentence, file=sys.stderr)  # above the bar
            yield prediction
            on_progress(done, len(names))


def _print_predictions(options: argparse.Namespace, analyser: Analyser, told: Iterable[dict]) -> None:
    """Each as soon as it is there."""
    from cxr_demo.export.film_table import list_table_lines
    from cxr_demo.export.predictions import list_predictions, make_film_row

    card = analyser.card
    if options.csv:
        lines = list_table_lines(card, analyser.sha256, (make_film_row(card, facts) for facts in told))
    elif options.json:
        lines = _list_json(told)
    else:
        lines = (f"{line}\n" for line in list_predictions(card, told))
    for line in lines:
        print(line, end="", flush=True)


def _list_json(told: Iterable[dict]) -> Iterator[str]:
    """One list, as `json.dumps(list(told), indent=2)` writes it."""
    before = "[\n"
    for facts in told:
        yield before + textwrap.indent(json.dumps(facts, indent=2, ensure_ascii=False), "  ")
        before = ",\n"
    yield "\n]\n"
