"""`report`: what the page shows of a film, as a PDF."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from cxr_demo.commands import arguments, opening
from cxr_demo.text.catalogue import format_text

COVERS = ("mirror", "blur", "grey", "keep")  # those of evaluation/covering.py, which loads slowly


def add_report(commands: arguments.Commands) -> None:
    report = commands.add_parser("report", help=format_text("help-report"))
    report.add_argument("file", metavar="FILE")
    report.add_argument("--out", type=Path, required=True, metavar="REPORT.pdf")
    report.add_argument("--overwrite", action="store_true", help=format_text("help-overwrite-file"))
    report.add_argument("--checks", action="store_true", help=format_text("help-checks"))
    report.add_argument("--cover", choices=COVERS, help=format_text("help-cover", covers=", ".join(COVERS)))
    report.add_argument("--prior", metavar="FILE", help=format_text("help-prior"))
    report.add_argument("--again", type=Path, metavar="manifest.json", help=format_text("help-again"))
    arguments.add_one_label_arguments(report)
    arguments.add_weights_argument(report)
    arguments.add_contrast_argument(report)
    arguments.add_film_arguments(report)
    report.set_defaults(act=run_report)


def run_report(options: argparse.Namespace) -> int:
    from cxr_demo.export.output import check_new_file
    from cxr_demo.export.report_file import check_settings, compute_shown, write_report
    from cxr_demo.export.settings import choose_settings
    from cxr_demo.film.gate import check_answer
    from cxr_demo.progress import show_progress

    check_new_file(options.out, options.overwrite)
    settings = choose_settings(options)
    analyser, (_, lungs) = opening.load_analyser(options.weights), opening.load_gate_models()
    image, answer = opening.open_image(options.file, settings.mends)
    prior = opening.open_prior(options, settings.prior_mends) if options.prior else None
    check_settings(settings, options.again, image, prior and prior[1], analyser)
    check_answer(answer, options.anyway)
    settings = replace(settings, label=settings.label and opening.find_label(analyser.card, settings.label))
    with show_progress() as on_progress:
        shown = compute_shown(
            analyser, Path(options.file).name, image, answer, lungs, settings, prior, on_progress
        )  # fmt: skip
        write_report(options.out, shown, analyser, on_progress)
    print(options.out)
    opening.complain(format_text("report-look"))
    return 0
