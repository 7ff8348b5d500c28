"""`explain`: the maps of one film, as files."""

from __future__ import annotations

import argparse

from cxr_demo.commands import arguments, opening
from cxr_demo.explain.methods import CHOICES, METHODS
from cxr_demo.text.catalogue import format_text


def add_explain(commands: arguments.Commands) -> None:
    explain = commands.add_parser("explain", help=format_text("help-explain"))
    explain.add_argument("file", metavar="FILE")
    explain.add_argument("--label", nargs="+", help=format_text("help-labels"))
    explain.add_argument("--method", nargs="+", help=format_text("help-methods", methods=", ".join(METHODS)))
    explain.add_argument(
        "--as-written", nargs="*", choices=CHOICES, metavar="CHOICE",
        help=format_text("help-as-written", choices=", ".join(CHOICES)),
    )  # fmt: skip
    arguments.add_weights_argument(explain)
    arguments.add_out_arguments(explain)
    arguments.add_contrast_argument(explain)
    arguments.add_film_arguments(explain)
    explain.set_defaults(act=run_explain)


def run_explain(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import Analyser, choose_default_methods, order_labels
    from cxr_demo.comparison.label_contrast import explain_contrasts
    from cxr_demo.evaluation.label_likeness import measure_label_likeness
    from cxr_demo.explain.methods import exclude_methods
    from cxr_demo.export.output import RESULT_FILE, check_output, open_output
    from cxr_demo.export.results import write_explanations
    from cxr_demo.limits import SLOW_FORWARDS

    check_output(options.out, RESULT_FILE, options.overwrite)
    # The option alone undoes all of them.
    analyser = opening.load_analyser(
        options.weights, () if options.as_written is None else options.as_written or CHOICES
    )
    image, answer = opening.open_image(options.file, options.mend)
    opening.check_answer(answer, options.anyway)
    study = analyser.analyse(image)
    card = analyser.card
    labels = [opening.find_label(card, name) for name in options.label or order_labels(card, study.probabilities)[:1]]
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
