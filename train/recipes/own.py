"""Films of your own: one recipe for those that have one label each, one for those that have several or none.

A small network, which learns from few films: EfficientNet-Lite0, whose ImageNet weights come as a package. Where they
cannot be had it is trained from scratch, and the card says so. Nothing that needs to know what the labels mean: films
are not flipped, since your labels may know sides. Small batches, since one batch must not be all there is. Another
network, square, batch, rate or length is an option of `run`; what is said of them stands in the card.
"""

from __future__ import annotations

from train.fit.imagenet import find_scale
from train.recipe import IMAGENET_OR_SCRATCH, SCRATCH, Augment, Recipe, System

PAPER = "own baseline; network of Tan & Le 2019"
BACKBONE = "efficientnet_lite0"
AUGMENT = Augment(rotate_deg=7, scale=0.1, shift=0.05, contrast=0.25, brightness=0.1, gamma=0.25)
SINGLE = "Films of your own that have one label each: a folder for each class, or films.csv with --dataset csv."
MULTI = "Films of your own that have any number of labels: films.csv."


def own_single_label(pretrained: bool, as_published: bool) -> System:
    """Nothing is published of it, so `as_published` changes nothing."""
    return _make("own-single-label", SINGLE, pretrained, dataset="folder", label_smoothing=0.05)


def own_multi_label(pretrained: bool, as_published: bool) -> System:
    """Likewise."""
    return _make("own-multi-label", MULTI, pretrained, dataset="csv", loss="bce", watch="macro_auroc", balance=False)


def _make(name: str, summary: str, pretrained: bool, **settings) -> System:
    mean, std = find_scale(BACKBONE)
    recipe = Recipe(
        name=name,
        paper=PAPER,
        backbone=BACKBONE,
        stages=((224, 12),) if pretrained else ((64, 12), (128, 8), (224, 4)),
        start=IMAGENET_OR_SCRATCH if pretrained else SCRATCH,
        summary="",  # the card says what the films are
        mean=mean,
        std=std,
        batch=16,
        learning_rate=5e-4 if pretrained else 1e-3,
        augment=AUGMENT,
        **settings,
    )
    return System(name, PAPER, summary, (recipe,))
