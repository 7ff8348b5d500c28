"""`evaluate`: how far the maps of one label can be trusted."""

from __future__ import annotations

import argparse

from cxr_demo.commands import arguments, opening
from cxr_demo.text.catalogue import format_text


def add_evaluate(commands: arguments.Commands) -> None:
    evaluate = commands.add_parser("evaluate", aliases=["believe"], help=format_text("help-evaluate"))
    arguments.add_one_label_arguments(evaluate)
    arguments.add_weights_argument(evaluate)
    arguments.add_film_arguments(evaluate)
    evaluate.set_defaults(act=run_evaluate)


def run_evaluate(options: argparse.Namespace) -> int:
    from cxr_demo.analysis import choose_default_methods, order_labels
    from cxr_demo.evaluation import regions
    from cxr_demo.evaluation.agreement import measure_agreements
    from cxr_demo.progress import show_progress
    from cxr_demo.text.command_text import describe_evaluation, describe_evidence

    analyser = opening.load_analyser(options.weights)
    image, answer = opening.open_image(options.file, options.mend)
    opening.check_answer(answer, options.anyway)
    study, film, (_, model) = analyser.analyse(image), image.pixels, opening.load_gate_models()
    drawn = [tuple(region) for region in options.region or ()]
    masks = regions.make_film_masks(film, model and model.estimate(film), drawn)
    label = opening.find_label(analyser.card, options.label or order_labels(analyser.card, study.probabilities)[0])
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
