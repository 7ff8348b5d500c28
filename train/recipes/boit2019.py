"""Boit & Zeng 2019: DenseNet-121 as a fixed feature extractor against fine-tuning, and where to cut.

Published: ImageNet weights, a new dense classifier (ReLU, sigmoid), binary cross-entropy; strategy 1 trains the head
alone without augmentation, strategy 2 trains from `conv5_block16_2_conv` (here
`features.denseblock4.denselayer16.conv2`) with augmentation; Adam, SGD and RMSprop; a "cut-off layer" chosen on
validation; "about 96 % accuracy".

Mended: the paper does not name its binary label. Here it is pneumonia against all else on NIH ChestX-ray14, the
question of CheXNet, which the paper builds on. Accuracy alone says nothing where 1.3 % are positive: AUROC,
sensitivity, specificity and the majority's accuracy stand beside it. "Cut-off" is swept in both readings: how deep to
unfreeze ("depth"), and after which dense block to pool and classify ("tap"). Both are chosen on validation, and the
chosen one's test figure is the one to quote. Frozen batch norms keep the statistics they came with, as in Keras.

From scratch a frozen network would be noise, so the bundled paediatric DenseNet-121 is the start.
`as_published` runs the two strategies with the three optimisers, without the sweeps.
"""

from __future__ import annotations

from pathlib import Path

from train.fit.transfer import freeze_points
from train.recipe import IMAGENET, Augment, IntendedUse, Recipe, System
from train.report.run_report import summarise_sweep, summarise_table

PAPER = "Boit & Zeng 2019 (poster)"
SUMMARY = "Pneumonia or not in adults (NIH ChestX-ray14); labels mined from reports."
INTENDED_USE = IntendedUse(
    "Adults: pneumonia or not",
    "Mostly adults, films of the NIH Clinical Center",
    "Does the film of an adult show pneumonia?",
    (18, 95),
)
BUNDLED = "weights/kermany-densenet121"
RATES = {"adam": 1e-3, "sgd": 1e-2, "rmsprop": 1e-3}  # and the learning rate of new layers
TAPS = ("densenet121_block1", "densenet121_block2", "densenet121_block3")
AUGMENT = Augment(rotate_deg=10, scale=0.1, shift=0.05, contrast=0.1)
DEPTHS = {"head": "head only", "block4": "denseblock4", "block3": "denseblock3", "block2": "denseblock2", "all": "all"}


def boit2019(pretrained: bool, as_published: bool) -> System:
    points = freeze_points("densenet121")

    def run(name: str, train_from: str, optimiser: str, backbone: str = "densenet121") -> Recipe:
        is_extraction = train_from == points["head only"]
        return Recipe(
            name=f"boit2019/{name}",
            paper=PAPER,
            dataset="nih-pneumonia",
            backbone=backbone,
            head="dense256",
            train_from=train_from,
            stages=((224, 20),) if pretrained else ((96, 4),),
            start=IMAGENET if pretrained else BUNDLED,
            summary=SUMMARY,
            intended_use=INTENDED_USE,
            loss="bce",
            balance=False,
            optimiser=optimiser,
            learning_rate=RATES[optimiser] * (1.0 if is_extraction else 0.1 if pretrained else 0.5),
            weight_decay=0.0,
            patience=5,
            watch="macro_auroc",
            augment=Augment() if is_extraction else AUGMENT,
        )

    head, last = points["head only"], points["last convolution"]
    strategies = [run(f"extraction-{optimiser}", head, optimiser) for optimiser in RATES]
    strategies += [run(f"finetuning-{optimiser}", last, optimiser) for optimiser in RATES]
    depths = [run(f"depth-{name}", points[point], "adam") for name, point in DEPTHS.items() if name != "head"]
    taps = [run(f"tap-{backbone.removeprefix('densenet121_')}", head, "adam", backbone) for backbone in TAPS]
    sweeps = () if as_published else (*depths, *taps)
    return System("boit2019", PAPER, SUMMARY, (*strategies, *sweeps), _summarise)


def _summarise(system: System, folder: Path, data: Path, films: int | None) -> None:
    if len(system.recipes) == 2 * len(RATES):
        summarise_table(system, folder)
        return
    summarise_sweep(
        system,
        folder,
        {
            "trained from": ["extraction-adam", "finetuning-adam", *(f"depth-{d}" for d in DEPTHS if d != "head")],
            "tapped after": [*(f"tap-{tap.removeprefix('densenet121_')}" for tap in TAPS), "extraction-adam"],
        },
    )
