"""`compare`: two checkpoints, two films, or the members of an ensemble."""

from __future__ import annotations

import argparse

from cxr_demo.commands import arguments, opening
from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import format_text


def add_compare(commands: arguments.Commands) -> None:
    compare = commands.add_parser("compare", help=format_text("help-compare"))
    compare.add_argument("file", metavar="FILE")
    compare.add_argument("--weights", nargs="+", required=True, help=format_text("help-two-weights"))
    compare.add_argument("--prior", metavar="FILE", help=format_text("help-prior"))
    compare.add_argument("--label", help=format_text("help-common-label"))
    compare.add_argument("--method", nargs="+", help=format_text("help-page-methods"))
    arguments.add_out_arguments(compare)
    arguments.add_contrast_argument(compare)
    arguments.add_film_arguments(compare)
    compare.set_defaults(act=run_compare)


def run_compare(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import Analyser, choose_default_methods, order_labels
    from cxr_demo.comparison.checkpoint_pair import list_common_labels
    from cxr_demo.comparison.label_contrast import explain_contrasts
    from cxr_demo.export.film_pair_results import compare_prior, write_film_pair
    from cxr_demo.export.output import RESULT_FILE, check_output, open_output
    from cxr_demo.export.results import write_comparison, write_members
    from cxr_demo.film.gate import check_answer

    check_output(options.out, RESULT_FILE, options.overwrite)
    if len(options.weights) > (1 if options.prior else 2):
        raise CxrError("compare-too-many", checkpoints=len(options.weights))
    analysers = [opening.load_analyser(weights) for weights in options.weights]
    if len(analysers) == 1 and not options.prior and not analysers[0].card.joins_predictions:
        raise CxrError("compare-no-members", name=analysers[0].card.name)
    image, answer = opening.open_image(options.file, options.mend)
    check_answer(answer, options.anyway)
    other = opening.open_prior(options) if options.prior else None
    studies = [analyser.analyse(image) for analyser in analysers]
    cards = [analyser.card for analyser in analysers]
    known = list_common_labels(cards[0], cards[-1])
    label = options.label and opening.find_label(cards[0], options.label)
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
            prior = compare_prior(analysers[0], studies[0], *other, opening.load_gate_models()[1])
            both = found[0], explain(analysers[0], prior.study, [label], methods)
            lines = write_film_pair(folder, analysers[0], studies[0], prior, both, options.file, answer)
        elif len(analysers) == 1:
            lines = write_members(folder, analysers[0], studies[0], found[0], options.file, answer)
        else:
            lines = write_comparison(folder, analysers, studies, found, options.file, answer)
    for line in lines:
        print(line)
    return 0
