"""Paediatric pneumonia on Kermany's films: normal, bacterial, viral. Our own baseline.

The task and the split are those of Rajaraman 2021 (validation out of train, the official 624 films once at the end);
the network is Boit & Zeng's. The rest is our own choice:
- with ImageNet weights, twelve epochs of fine-tuning at 224 px;
- from scratch on a CPU, squares that grow from 64 to 160 px: most steps are cheap. At 160 px the learning rate is
  almost spent, so the network is used at 128 px, where it does better on validation (see LOG.md).
Kermany's labels know no sides, so films are flipped. Strong contrast and gamma changes, since the official test films
differ in exposure from the training films.
"""

from __future__ import annotations

from train.recipe import IMAGENET, SCRATCH, Augment, IntendedUse, Recipe, System

SUMMARY = "Normal, bacterial or viral pneumonia in children of 1 to 5 years, one hospital (Guangzhou)."
INTENDED_USE = IntendedUse(
    "Children of 1 to 5 years: pneumonia or not",
    "Children of 1 to 5 years, one hospital in Guangzhou",
    "Is the film of a small child normal, or does it show bacterial or viral pneumonia?",
    (1, 5),
)
AUGMENT = Augment(rotate_deg=10, scale=0.12, shift=0.06, flip=0.5, contrast=0.35, brightness=0.12, gamma=0.35)


def kermany_densenet121(pretrained: bool, as_published: bool) -> System:
    """Nothing is published of it, so `as_published` changes nothing."""
    paper = "own baseline; task of Rajaraman 2021, network of Boit & Zeng 2019"
    recipe = Recipe(
        name="kermany-densenet121",
        paper=paper,
        dataset="kermany",
        backbone="densenet121",
        stages=((224, 12),) if pretrained else ((64, 12), (96, 9), (128, 5), (160, 3)),
        input_px=0 if pretrained else 128,
        start=IMAGENET if pretrained else SCRATCH,
        summary=SUMMARY,
        intended_use=INTENDED_USE,
        learning_rate=2e-4 if pretrained else 1e-3,
        label_smoothing=0.1,
        ema_decay=0.995,
        augment=AUGMENT,
    )
    return System("kermany-densenet121", paper, SUMMARY, (recipe,))
