"""`python -m cxr_demo predict|explain|compare|evaluate|report|check|import|...`: the same as the page, for scripts.

Exit 0 when all went well, 1 when `check` finds that a checkpoint cannot explain, 2 for input that cannot be used, or
looks like no frontal chest film (`--anyway` goes on), 130 after Ctrl-C, 141 when nobody reads on (`| head`). Results
go to stdout; errors, the file's notes and doubts about it go to stderr, a sentence each. Each command imports what it
needs, so that help and lists come at once: torch alone takes seconds.
"""

from __future__ import annotations

import argparse
import functools
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_demo.arguments import PROGRAM, drop_output, prepare_output, translate_argparse
from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import LANGUAGE, LANGUAGES, format_text, use_language

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cxr_demo.analysis import Analyser
    from cxr_demo.evaluation.lung_segmentation import Lungs
    from cxr_demo.film.gate import GateAnswer
    from cxr_demo.film.reading import Radiograph
    from cxr_demo.networks.card import Card
    from cxr_demo.networks.gate_net import Gate


def main(arguments: list[str] | None = None) -> int:
    prepare_output()
    before = argparse.ArgumentParser(PROGRAM, add_help=False, allow_abbrev=False)  # help is in the language too
    before.add_argument("--lang", choices=LANGUAGES, default=LANGUAGE.get())
    with translate_argparse():
        chosen, others = before.parse_known_args(arguments)  # it may stand anywhere
    with use_language(chosen.lang):
        try:
            with translate_argparse():
                options = _parser().parse_args(others)
            code = options.act(options)
            sys.stdout.flush()
            return code
        except CxrError as error:
            _complain(str(error))
            return 2
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except BrokenPipeError:
            return drop_output()


def _parser() -> argparse.ArgumentParser:
    from cxr_demo import arguments

    parser = argparse.ArgumentParser(PROGRAM, description=format_text("help"))
    parser.add_argument("--lang", choices=LANGUAGES, help=format_text("help-lang"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    predict = commands.add_parser("predict", help=format_text("help-predict"))
    predict.add_argument("files", nargs="+", metavar="FILE")
    form = predict.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=format_text("help-json"))
    form.add_argument("--csv", action="store_true", help=format_text("help-csv"))
    predict.set_defaults(act=_predict)

    explain = commands.add_parser("explain", help=format_text("help-explain"))
    arguments.add_explain_arguments(explain)
    explain.set_defaults(act=_explain)

    compare = commands.add_parser("compare", help=format_text("help-compare"))
    compare.add_argument("file", metavar="FILE")
    compare.add_argument("--weights", nargs="+", required=True, help=format_text("help-two-weights"))
    compare.add_argument("--prior", metavar="FILE", help=format_text("help-prior"))
    compare.add_argument("--label", help=format_text("help-common-label"))
    compare.add_argument("--method", nargs="+", help=format_text("help-page-methods"))
    compare.set_defaults(act=_compare)

    evaluate = commands.add_parser("evaluate", aliases=["believe"], help=format_text("help-evaluate"))
    evaluate.set_defaults(act=_evaluate)
    report = commands.add_parser("report", help=format_text("help-report"))
    arguments.add_report_arguments(report)
    report.set_defaults(act=_report)
    for command in (evaluate, report):
        arguments.add_one_label_arguments(command)
    for command in (predict, explain, evaluate, report):
        command.add_argument("--weights", help=format_text("help-weights"))

    for command in (explain, compare):
        command.add_argument("--out", type=Path, required=True, help=format_text("help-out"))
        command.add_argument("--overwrite", action="store_true", help=format_text("help-overwrite"))
    for command in (explain, compare, report):
        command.add_argument("--contrast", action="store_true", help=format_text("help-contrast"))
    for command in (predict, explain, compare, evaluate, report):
        arguments.add_film_arguments(command)

    check = commands.add_parser("check", help=format_text("help-check"))
    check.add_argument("weights", metavar="WEIGHTS")
    check.set_defaults(act=_check)
    brought = commands.add_parser("import", help=format_text("help-import"))
    arguments.add_import_arguments(brought)
    brought.set_defaults(act=_import)
    commands.add_parser("models", help=format_text("help-models")).set_defaults(act=_models)
    commands.add_parser("methods", help=format_text("help-list-methods")).set_defaults(act=_methods)
    commands.add_parser("card-schema", help=format_text("help-card-schema")).set_defaults(act=_card_schema)
    return parser


def _predict(options: argparse.Namespace) -> int:
    """Of every file, label by label: probability, what it says in a word, the network's question, and the label's name.
    A file that cannot be read does not stop the others."""
    from cxr_demo.export.film_table import write_film_table
    from cxr_demo.export.predictions import list_predictions, predict_films

    analyser = _analyser(options.weights)
    card = analyser.card
    told, rows = predict_films(
        analyser, options.files, lambda name: _open_image(name, options.mend),
        lambda answer: _check_answer(answer, options.anyway),
    )  # fmt: skip
    failed = [facts for facts in told if "error" in facts]
    for facts in failed:
        _complain(f"{facts['file']}: {facts['error']}")
    if options.csv:
        print(write_film_table(card, analyser.sha256, rows), end="")
    elif options.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in list_predictions(card, told):
            print(line)
    return 2 if failed else 0


def _explain(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import Analyser, choose_default_methods, order_labels
    from cxr_demo.comparison.label_contrast import explain_contrasts
    from cxr_demo.evaluation.label_likeness import measure_label_likeness
    from cxr_demo.explain.methods import CHOICES, exclude_methods
    from cxr_demo.export.output import RESULT_FILE, check_output, open_output
    from cxr_demo.export.results import write_explanations
    from cxr_demo.limits import SLOW_FORWARDS

    check_output(options.out, RESULT_FILE, options.overwrite)
    # The option alone undoes all of them.
    analyser = _analyser(options.weights, () if options.as_written is None else options.as_written or CHOICES)
    image, answer = _open_image(options.file, options.mend)
    _check_answer(answer, options.anyway)
    study = analyser.analyse(image)
    card = analyser.card
    labels = [_find_label(card, name) for name in options.label or order_labels(card, study.probabilities)[:1]]
    methods = options.method or choose_default_methods(analyser)
    explain = explain_contrasts if options.contrast else Analyser.explain
    # One sweep gives the maps of all labels; of a slow method each map is as slow.
    slow = exclude_methods({}, SLOW_FORWARDS)
    swept = [key for key in methods if options.contrast or key not in slow]
    found = explain(analyser, study, study.labels, swept)
    found |= explain(analyser, study, labels, [key for key in methods if key not in swept])
    explanations = {(key, label): found[key, label] for key in methods for label in labels}
    seen = analyser.card.preprocess.mark_image(image.pixels.shape)
    likeness = {}
    for key in swept:
        of_labels = [found[key, label] for label in study.labels]
        maps = [each.map_square for each in of_labels]
        likeness[key] = measure_label_likeness(maps, seen, of_labels[0].placement)
    with open_output(options.out, options.overwrite) as folder:
        lines = write_explanations(folder, analyser, study, explanations, likeness, options.file, answer)
    names = ", ".join(card.get_finding(label).name for label in labels)
    print(format_text("explain-done", folder=str(options.out), maps=len(explanations), findings=names))
    for line in lines:
        print(line)
    return 0


def _compare(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import Analyser, choose_default_methods, order_labels
    from cxr_demo.comparison.checkpoint_pair import list_common_labels
    from cxr_demo.comparison.label_contrast import explain_contrasts
    from cxr_demo.export.film_pair_results import compare_prior, write_film_pair
    from cxr_demo.export.output import RESULT_FILE, check_output, open_output
    from cxr_demo.export.results import write_comparison, write_members

    check_output(options.out, RESULT_FILE, options.overwrite)
    if len(options.weights) > (1 if options.prior else 2):
        raise CxrError("compare-too-many", checkpoints=len(options.weights))
    analysers = [_analyser(weights) for weights in options.weights]
    if len(analysers) == 1 and not options.prior and not analysers[0].card.joins_predictions:
        raise CxrError("compare-no-members", name=analysers[0].card.name)
    image, answer = _open_image(options.file, options.mend)
    _check_answer(answer, options.anyway)
    other = _open_prior(options) if options.prior else None
    studies = [analyser.analyse(image) for analyser in analysers]
    cards = [analyser.card for analyser in analysers]
    known = list_common_labels(cards[0], cards[-1])
    label = options.label and _find_label(cards[0], options.label)
    if not known or (label and label not in known):
        names = ", ".join(known)
        if options.label:
            raise CxrError("compare-unknown" if known else "compare-unknown-none", label=options.label, known=names)
        raise CxrError("compare-nothing-common")
    label = label or next(key for key in order_labels(cards[0], studies[0].probabilities) if key in known)
    methods = options.method or choose_default_methods(*analysers)
    explain = explain_contrasts if options.contrast else Analyser.explain
    found = [explain(made, study, [label], methods) for made, study in zip(analysers, studies, strict=True)]
    with open_output(options.out, options.overwrite) as folder:
        if other:
            prior = compare_prior(analysers[0], studies[0], *other, _load_gate_models()[1])
            both = found[0], explain(analysers[0], prior.study, [label], methods)
            lines = write_film_pair(folder, analysers[0], studies[0], prior, both, options.file, answer)
        elif len(analysers) == 1:
            lines = write_members(folder, analysers[0], studies[0], found[0], options.file, answer)
        else:
            lines = write_comparison(folder, analysers, studies, found, options.file, answer)
    for line in lines:
        print(line)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import choose_default_methods, order_labels
    from cxr_demo.evaluation import regions
    from cxr_demo.evaluation.agreement import measure_agreements
    from cxr_demo.progress import show_progress
    from cxr_demo.text.command_text import describe_evaluation, describe_evidence

    analyser = _analyser(options.weights)
    image, answer = _open_image(options.file, options.mend)
    _check_answer(answer, options.anyway)
    study, film, (_, model) = analyser.analyse(image), image.pixels, _load_gate_models()
    drawn = [tuple(region) for region in options.region or ()]
    masks = regions.make_film_masks(film, model and model.estimate(film), drawn)
    label = _find_label(analyser.card, options.label or order_labels(analyser.card, study.probabilities)[0])
    methods = options.method or choose_default_methods(analyser)
    explained = analyser.explain(study, [label], methods)
    with show_progress() as on_progress:
        found = analyser.evaluate_maps(study, list(explained.values()), on_progress)
    maps = {key: explained[key, label].map_square for key in methods}
    placements = {key: explained[key, label].placement for key in methods}
    agreements = measure_agreements(maps, analyser.card.preprocess.mark_image(film.shape), placements)
    for line in describe_evaluation(analyser.card.get_finding(label).name, found, agreements):
        print(line)
    print()
    places = {
        key: regions.measure_evidence(map_square, analyser.card.preprocess, masks, placements[key])
        for key, map_square in maps.items()
    }
    for line in describe_evidence(places, model and model.dice):
        print(line)
    return 0


def _report(options: argparse.Namespace) -> int:
    from cxr_demo.export.report_file import check_report_path, check_settings, compute_shown, write_report
    from cxr_demo.export.settings import choose_settings
    from cxr_demo.progress import show_progress

    check_report_path(options.out, options.overwrite)
    settings = choose_settings(options)
    analyser, (_, lungs) = _analyser(options.weights), _load_gate_models()
    image, answer = _open_image(options.file, settings.mends)
    prior = _open_prior(options, settings.prior_mends) if options.prior else None
    check_settings(settings, options.again, image, prior and prior[1], analyser)
    _check_answer(answer, options.anyway)
    settings = replace(settings, label=settings.label and _find_label(analyser.card, settings.label))
    with show_progress() as on_progress:
        shown = compute_shown(
            analyser, Path(options.file).name, image, answer, lungs, settings, prior, on_progress
        )  # fmt: skip
        write_report(options.out, shown, analyser, on_progress)
    print(options.out)
    _complain(format_text("report-look"))
    return 0


def _check(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import Analyser
    from cxr_demo.networks import checkpoint

    analyser = Analyser(checkpoint.load(options.weights))
    print(f"{analyser.card.name}: {analyser.proof.line}")
    return 1 if analyser.proof.fails else 0


def _import(options: argparse.Namespace) -> int:
    from cxr_demo.importing.verdict import Wanted, describe_sheet, import_network

    wanted = Wanted(
        options.labels, options.words, options.backbone, options.task, options.size, options.geometry, options.mean,
        options.std, options.licence, options.published,
    )  # fmt: skip
    card = import_network(options.source, options.out, wanted, overwrite=options.overwrite)
    for line in describe_sheet(card):
        print(line)
    return 0


def _models(options: argparse.Namespace) -> int:
    """In the order of the page, the one that it opens on first."""
    from cxr_demo.networks import checkpoint
    from cxr_demo.text.checkpoint_text import describe_checkpoint_choices, name_networks

    root, cards = checkpoint.get_weights_root(), {}
    folders = checkpoint.find_checkpoints(root)
    if not folders:
        _complain(format_text("models-none", folder=str(root)))
    for folder in folders:
        try:
            cards[folder] = checkpoint.read_card(folder)
        except CxrError as error:
            _complain(f"{folder}: {error}")
    names = describe_checkpoint_choices({folder.name: card for folder, card in cards.items()})
    for folder, card in sorted(cards.items(), key=lambda item: checkpoint.rank_card(item[1])):
        network = f"{name_networks(card)}, {card.preprocess.size_px} px"
        print(f"{folder}\t{names[folder.name]}\t{network}\t{', '.join(card.labels)}\t{card.tell('summary')}")
    return 0


def _methods(options: argparse.Namespace) -> int:
    from cxr_demo.explain.methods import METHODS
    from cxr_demo.text.formats import format_significant
    from cxr_demo.text.method_text import name_unit

    for method in METHODS.values():
        cost = format_text("methods-cost", forwards=format_significant(method.cost_forwards))
        print(f"{method.key}\t{method.name}\t{name_unit(method.unit)}\t{cost}\t{method.paper}")
    return 0


def _card_schema(options: argparse.Namespace) -> int:
    from cxr_demo.networks.card import make_card_schema

    print(json.dumps(make_card_schema(), indent=2))
    return 0


def _open_image(name: str, mends: Iterable[str] = ()) -> tuple[Radiograph, GateAnswer]:
    """The image, mended, and what the gate says of it; the notes of the file and all doubts are said."""
    from cxr_demo.film.gate import Mend, judge_image, mend_image
    from cxr_demo.film.reading import read_image

    image = read_image(name)
    for mend in mends:
        image = mend_image(image, Mend(mend))
    answer = judge_image(image, *_load_gate_models())
    for sentence in (*image.notes, *(f"{doubt.sentence} {doubt.measure}" for doubt in answer.doubts)):
        _complain(f"{name}: {sentence}")
    return image, answer


def _open_prior(options: argparse.Namespace, mends: Iterable[str] = ()) -> tuple[str, Radiograph]:
    """The name and the image of the other film, which --mend leaves as it is."""
    image, answer = _open_image(options.prior, mends)
    _check_answer(answer, options.anyway)
    return Path(options.prior).name, image


def _check_answer(answer: GateAnswer, anyway: bool) -> None:
    from cxr_demo.film.gate import Verdict

    if answer.verdict is not Verdict.USUAL and not anyway:
        raise CxrError("nothing-computed")


def _find_label(card: Card, name: str) -> str:
    """The key of a label that goes by this name; what is none is left for the refusal that lists the keys."""
    return card.find_label(name) or name


def _load_gate_models() -> tuple[Gate | None, Lungs | None]:
    """Those beside the checkpoints."""
    from cxr_demo.networks import checkpoint

    return _load_models(checkpoint.get_weights_root())


@functools.cache
def _load_models(root: Path) -> tuple[Gate | None, Lungs | None]:
    from cxr_demo.evaluation.lung_segmentation import load_lungs
    from cxr_demo.networks.gate_net import load_gate

    return load_gate(root / "gate"), load_lungs(root / "lungs")


def _analyser(weights: str | None, as_written: Collection[str] = ()) -> Analyser:
    from cxr_demo.analysis import Analyser
    from cxr_demo.explain.proof_cache import get_proof_folder
    from cxr_demo.networks import checkpoint

    return Analyser(checkpoint.load(weights), proofs=get_proof_folder(), as_written=as_written)


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
