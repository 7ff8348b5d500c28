"""Kufel et al. 2023: EfficientNet-B1 on the 14 findings of NIH ChestX-ray14, on a split of its own and on the official.

Published: EfficientNet-B1 from ImageNet, pooling -> Dense -> BatchNorm -> Dense to 14 sigmoids, plain binary
cross-entropy, Adam; seed 2137; mean AUROC 0.8428 on a split of its own making. Known from its replications alone:
horizontal flip (p 0.3), rotation up to 5 degrees (p 0.1), brightness +-0.2, learning rate 1e-4 halved on plateaus. Our
choice where all are silent: one hidden layer of 512, 240 px (B1's own size), batch 32, 40 epochs, early stopping.

Mended: the paper has no validation films and does not say whether patients were kept together. Here a split of its own
is by patient, 70/10/20, stratified, and the official split is run beside it. The two test sets hold different patients
(official: 9 films each, other: 3), so their figures are never to be compared. `as_published` runs the own split alone;
how the paper drew it is unknown. The 14 findings name no side, so the published flip is kept.

From scratch, which the paper never was, the learning rate is 1e-3 and squares are small.
"""

from __future__ import annotations

from pathlib import Path

from train.recipe import IMAGENET, SCRATCH, Augment, IntendedUse, Recipe, System
from train.report.run_report import summarise_table

PAPER = "Kufel et al. 2023, J Pers Med 13:1426"
SUMMARY = "14 findings in adults (NIH ChestX-ray14), each with its own yes or no; labels mined from reports."
INTENDED_USE = IntendedUse(
    "Adults: 14 findings",
    "Mostly adults, films of the NIH Clinical Center",
    "Which of 14 findings does the film of an adult show?",
    (18, 95),
)
SEED = 2137


def kufel2023(pretrained: bool, as_published: bool) -> System:
    def run(split: str) -> Recipe:
        return Recipe(
            name=f"kufel2023/{split}",
            paper=PAPER,
            dataset="nih",
            backbone="efficientnet_b1",
            head="dense512-bn",
            stages=((240, 40),) if pretrained else ((96, 8),),
            start=IMAGENET if pretrained else SCRATCH,
            summary=SUMMARY,
            intended_use=INTENDED_USE,
            split=split,
            loss="bce",
            balance=False,
            optimiser="adam",
            learning_rate=1e-4 if pretrained else 1e-3,
            weight_decay=0.0,
            schedule="plateau",
            warmup=0.0 if pretrained else 0.05,
            patience=7,
            watch="macro_auroc",
            augment=Augment(rotate_deg=5, rotate_share=0.1, flip=0.3, brightness=0.2),
            seed=SEED,
        )

    splits = ("custom",) if as_published else ("official", "custom")
    return System("kufel2023", PAPER, SUMMARY, tuple(run(split) for split in splits), _summarise)


def _summarise(system: System, folder: Path, data: Path, films: int | None) -> None:
    summarise_table(
        system, folder, "The two runs are tested on different patients: their figures are not to be compared."
    )
