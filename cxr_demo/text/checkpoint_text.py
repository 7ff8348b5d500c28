"""How a network is named, everywhere: by its question, with its measured quality, or by what it is built of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cxr_demo.networks.card import Card, EnsembleSpec
from cxr_demo.networks.card_parts import SetMetrics
from cxr_demo.networks.standing import EXTERNAL, TEST
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_list, format_rounded

GEOMETRIES = {"stretch": "geometry-stretch", "letterbox": "geometry-letterbox", "crop": "geometry-crop"}
QUALITIES = {"macro_auroc": "quality-auroc", "accuracy": "quality-accuracy"}  # the first that the card has is shown
RULES = {  # by a card's `ensemble.rule`
    "majority": "rule-majority",
    "mean": "rule-mean",
    "weighted": "rule-weighted",
    "stacking": "rule-stacking",
    "joined": "rule-joined",
}


def describe_checkpoint_choice(card: Card, title: str = "") -> str:
    """ "Adults: 14 findings (AUROC 0.63)"; `title` instead of the card's own, or its name where it has none."""
    return format_text(
        "checkpoint-choice", title=title or name_checkpoint(card), quality=describe_checkpoint_quality(card)
    )


def describe_checkpoint_choices(cards: Mapping[str, Card]) -> dict[str, str]:
    """Checkpoint by name -> its entry in the list."""
    titles = name_checkpoints(cards)
    return {name: describe_checkpoint_choice(card, titles[name]) for name, card in cards.items()}


def name_checkpoints(cards: Mapping[str, Card]) -> dict[str, str]:
    """Checkpoint by name -> its title. No two are alike: where two titles are the same, names stand too."""
    titles = {name: card.tell("title") or name for name, card in cards.items()}
    counts = Counter(titles.values())
    return {name: title if counts[title] == 1 else f"{title}, {name}" for name, title in titles.items()}


def describe_checkpoint_quality(card: Card) -> str:
    """ "AUROC 0.97, at other hospitals 0.52", of all its findings together."""
    test, elsewhere = (card.metrics.sets.get(name, SetMetrics()) for name in (TEST, EXTERNAL))
    for key in QUALITIES:
        if key in test.figures:
            quality = format_text(QUALITIES[key], figure=format_rounded(test.figures[key].value))
            if key not in elsewhere.figures:
                return quality
            outside = format_rounded(elsewhere.figures[key].value)
            return format_text("quality-elsewhere", quality=quality, elsewhere=outside)
    return format_text("quality-not-measured")


def name_checkpoint(card: Card) -> str:
    """Its question in a few words, or its name where it has none."""
    return card.tell("title") or card.name


def name_network(backbone: str, head: str) -> str:
    """ "densenet121", or "densenet121, head dense256"."""
    return backbone if head == "linear" else format_text("network-with-head", backbone=backbone, head=head)


def name_networks(card: Card) -> str:
    """And of an ensemble those of its members: "ensemble of 4 × densenet121 and resnet18 (mean of the
    probabilities)"."""
    if card.ensemble is None:
        return name_network(card.backbone, card.head)
    counts = Counter(name_network(member.backbone, member.head) for member in card.ensemble.members)
    members = [name if count == 1 else f"{count} × {name}" for name, count in counts.items()]
    return format_text("network-ensemble", rule=name_rule(card.ensemble), members=format_list(members))


def name_rule(made: EnsembleSpec) -> str:
    """By what an ensemble joins its members' answers: "mean of the probabilities"."""
    return format_text(RULES[made.rule])


def describe_network(card: Card) -> str:
    """With the square that it reads: "densenet121, 224 px, letterbox"."""
    geometry = format_text(GEOMETRIES[card.preprocess.geometry])
    return f"{name_networks(card)}, {card.preprocess.size_px} px, {geometry}"
