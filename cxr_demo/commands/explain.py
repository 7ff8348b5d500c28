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
    from cxr_demo.export.explanations import explain_study
    from cxr_demo.export.output import RESULT_FILE, check_output, open_output
    from cxr_demo.export.results import write_explanations

    check_output(options.out, RESULT_FILE, options.overwrite)
    # The option alone undoes all of them.
    analyser = opening.load_analyser(
        options.weights, () if options.as_written is None else options.as_written or CHOICES
    )
    image, answer = opening.open_image(options.file, options.mend)
    opening.check_answer(answer, options.anyway)
    study = analyser.analyse(image)
    explanations, likeness = explain_study(analyser, study, options.label or (), options.method or (), options.contrast)
    with open_output(options.out, options.overwrite) as folder:
        lines = write_explanations(folder, analyser, study, explanations, likeness, options.file, answer)
    labels = dict.fromkeys(label for _, label in explanations)
    names = ", ".join(analyser.card.get_finding(label).name for label in labels)
    print(format_text("explain-done", folder=str(options.out), maps=len(explanations), findings=names))
    for line in lines:
        print(line)
    return 0
