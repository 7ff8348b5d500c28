"""`models`, `methods` and `card-schema`: what there is to choose among."""

from __future__ import annotations

import argparse
import json

from cxr_demo.commands import arguments, opening
from cxr_demo.errors import CxrError
from cxr_demo.text.catalogue import format_text


def add_listing(commands: arguments.Commands) -> None:
    for name, help_text, act in (
        ("models", format_text("help-models"), run_models),
        ("methods", format_text("help-list-methods"), run_methods),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--json", action="store_true", help=format_text("help-json"))
        command.set_defaults(act=act)
    commands.add_parser("card-schema", help=format_text("help-card-schema")).set_defaults(act=run_card_schema)


def run_models(options: argparse.Namespace) -> int:
    """In the order of the page, the one that it opens on first."""
    from cxr_demo.export import listing
    from cxr_demo.networks import checkpoint
    from cxr_demo.text.checkpoint_text import describe_checkpoint_choices, name_networks

    root, cards = checkpoint.get_weights_root(), {}
    folders = checkpoint.find_checkpoints(root)
    if not folders:
        opening.complain(format_text("models-none", folder=str(root)))
    for folder in folders:
        try:
            cards[folder] = checkpoint.read_card(folder)
        except CxrError as error:
            opening.complain(f"{folder}: {error}")
    names = describe_checkpoint_choices({folder.name: card for folder, card in cards.items()})
    ranked = sorted(cards.items(), key=lambda item: checkpoint.rank_card(item[1]))
    if options.json:
        print_json({"models": [listing.describe_model(card) for _, card in ranked]})
        return 0
    for folder, card in ranked:
        network = f"{name_networks(card)}, {card.preprocess.size_px} px"
        print(f"{folder}\t{names[folder.name]}\t{network}\t{', '.join(card.labels)}\t{card.tell('summary')}")
    return 0


def run_methods(options: argparse.Namespace) -> int:
    from cxr_demo.explain.methods import METHODS
    from cxr_demo.export import listing
    from cxr_demo.text.formats import format_significant
    from cxr_demo.text.method_text import name_unit

    if options.json:
        print_json({"methods": listing.describe_methods()})
        return 0
    for method in METHODS.values():
        cost = format_text("methods-cost", forwards=format_significant(method.cost_forwards))
        print(f"{method.key}\t{method.name}\t{name_unit(method.unit)}\t{cost}\t{method.paper}")
    return 0


def print_json(facts: dict) -> None:
    from cxr_demo.export.output import FORMAT

    print(json.dumps({"format": FORMAT, **facts}, indent=2, ensure_ascii=False))


def run_card_schema(options: argparse.Namespace) -> int:
    from cxr_demo.networks.card import make_card_schema

    print(json.dumps(make_card_schema(), indent=2))
    return 0
