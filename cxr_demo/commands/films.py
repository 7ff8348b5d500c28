"""What commands do that ask about many films: records that come one by one, that a later run goes on with, that several
processes share."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_demo.commands import arguments, launched, opening
from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import LANGUAGE, format_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cxr_demo.analysis import Analyser
    from cxr_demo.export.film_answers import Ask, FilmAnswer


@dataclass(frozen=True)
class FilmList:
    """The films that are asked about, and which of the processes that share them this is."""

    names: Sequence[str]
    rank: launched.Rank


@dataclass(frozen=True)
class Question:
    """What a command asks about each film. `settings`: JSON, by which a record is known; `list_rows`: the lines of
    a table, each with its end; `at_once`: films in one pass, 0 for one after the other."""

    analyser: Analyser
    ask: Ask
    settings: dict
    list_rows: Callable[[Iterable[dict]], Iterator[str]]
    at_once: int = 0


def add_films_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="*", metavar="FILE", help=format_text("help-films-given"))
    command.add_argument("--films", metavar="LIST", help=format_text("help-film-list"))
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=format_text("help-json"))
    form.add_argument("--csv", action="store_true", help=format_text("help-csv"))
    command.add_argument("--jsonl", type=Path, metavar="RECORDS", help=format_text("help-jsonl"))
    command.add_argument("--table", type=Path, metavar="TABLE.csv", help=format_text("help-table"))
    command.add_argument("--resume", action="store_true", help=format_text("help-resume"))
    arguments.add_film_arguments(command)


def find_films(options: argparse.Namespace) -> FilmList:
    """CxrError for options that do not go together, and for records that are not to be gone on with."""
    from cxr_demo.export.film_records import check_records
    from cxr_demo.film.film_list import list_films

    names = list_films(options.files, options.films)
    if options.jsonl:
        launched.start_the_others("cxr_demo")
    rank = launched.find_rank()
    if not options.jsonl and (options.resume or options.table or rank.count > 1):
        raise CxrError("records-needed")
    if options.table:
        arguments.check_table_path(options.table, options.resume)
    if options.jsonl:
        check_records(options.jsonl, options.resume)
    return FilmList(names, rank)


def ask_films(options: argparse.Namespace, films: FilmList, question: Question) -> int:
    """A film that cannot be used does not stop the others; 2 where there was one."""
    if options.jsonl:
        return _record_films(options, films, question)
    has_failed = False

    def tell() -> Iterator[FilmAnswer]:
        nonlocal has_failed
        for answer in _answer_films(options, question, films.names):
            has_failed |= "error" in answer.facts
            yield answer

    if options.csv:
        _print_all(question.list_rows(answer.facts for answer in tell()))
    elif options.json:
        _print_all(_list_json(answer.facts for answer in tell()))
    else:
        _print_all(f"{line}\n" for answer in tell() for line in answer.lines)
    return 2 if has_failed else 0


def _record_films(options: argparse.Namespace, films: FilmList, question: Question) -> int:
    """A record of each film, as it comes; those of an earlier run stay. Of several processes each takes every n-th
    film; the first joins what all have written, and alone prints it, and says with its exit code that a film failed."""
    from cxr_demo.export import film_records
    from cxr_demo.networks.whole_file import write_file

    path, names, rank, network = options.jsonl, films.names, films.rank, question.analyser.sha256
    settings = {"anyway": options.anyway, "mends": list(options.mend), "language": LANGUAGE.get(), **question.settings}
    film_records.check_settings(path, network, settings)
    rank.wait()  # until all have looked
    if options.resume and rank.place == 0:
        film_records.settle_records(path, names, network, keeps_errors=False)
    rank.wait()
    done = film_records.find_done(path, network)
    mine = [name for name in names if name not in done][rank.place :: rank.count]
    part = film_records.name_part(path, rank.place, rank.count)
    with part.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as written:
        for answer in _answer_films(options, question, mine, shows=rank.place == 0):
            written.write(film_records.make_record(answer.facts, network, settings) + "\n")
            written.flush()
    rank.wait()
    if rank.place > 0:
        return 0
    if options.resume or rank.count > 1:
        film_records.settle_records(path, names, network, keeps_errors=True)
    asked = set(names)

    def read() -> Iterator[dict]:
        for record in film_records.list_records(path):
            if record["checkpoint_sha256"] == network and record["file"] in asked:
                yield record

    if options.table:
        lines = question.list_rows(read())
        write_file(options.table, lambda scratch: _write_lines(scratch, lines))
    if options.csv:
        _print_all(question.list_rows(read()))
    elif options.json:
        _print_all(_list_json(read()))
    return 2 if any("error" in record for record in read()) else 0


def _answer_films(
    options: argparse.Namespace, question: Question, names: Sequence[str], shows: bool = True
) -> Iterator[FilmAnswer]:
    """One after the other; what there is to say of each goes to stderr, and how far it is, where stdout is not shown
    between."""
    from tqdm import tqdm

    from cxr_demo.export.film_answers import answer_films
    from cxr_demo.progress import ignore_progress, show_progress

    is_shown = shows and (options.jsonl or not sys.stdout.isatty()) and len(names) > 1
    with show_progress() if is_shown else nullcontext(ignore_progress) as on_progress:
        at_once = question.at_once
        answers = answer_films(
            names, lambda name, say: opening.open_image(name, options.mend, say, at_once), options.anyway, question.ask,
            at_once,
        )  # fmt: skip
        for done, answer in enumerate(answers, 1):
            error = answer.facts.get("error")
            for sentence in (*answer.said, *([f"{answer.facts['file']}: {error}"] if error else ())):
                tqdm.write(sentence, file=sys.stderr)  # above the bar
            yield answer
            on_progress(done, len(names))


def _print_all(lines: Iterable[str]) -> None:
    """Each as soon as it is there, with the end that it has."""
    for line in lines:
        print(line, end="", flush=True)


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as written:
        written.writelines(lines)


def _list_json(told: Iterable[dict]) -> Iterator[str]:
    """One list, as `json.dumps(list(told), indent=2)` writes it."""
    before = "[\n"
    for facts in told:
        yield before + textwrap.indent(json.dumps(facts, indent=2, ensure_ascii=False), "  ")
        before = ",\n"
    yield "\n]\n"
