"""Rajaraman, Zamzmi & Antani 2021: twelve loss functions and their ensembles, paediatric pneumonia, three classes.

Published: the encoder of a lung-segmentation U-Net (EfficientNet-B0, cut after block 5c, 3x3 convolution to 512,
pooling, linear) trained with twelve losses; the best are joined by majority vote, mean, weighted mean and stacking,
and by joining their feature maps; MCC 0.9068, accuracy 0.9391. SGD 1e-4 with Nesterov momentum, 512 px, batch 16, no
augmentation, balanced class weights.

Mended: top-k are chosen by validation MCC (the paper does not say by what) and the ensembles' weights are fitted on
validation films (the code fits them on the test labels); the entropy regulariser acts (it returns nothing in the code)
and smoothing spreads epsilon over all classes (the code over two). `as_published` brings the two losses' defects and
the optimiser, size and length of their fine-tuning back (512 px: not for two cores); fitting on test labels is never
done. Their best result, a weighted mean of two joined ensembles, is not built: an ensemble cannot be a member.

All twelve start from one common encoder, as in the paper. There it learned to segment lungs; here, where masks are few,
it learned this task with cross-entropy (or comes from ImageNet), so the losses differ in the fine-tuning alone. Lung
boxes are not cropped: that needs a lung model.
"""

from __future__ import annotations

from train.fit.losses import AS_PUBLISHED
from train.recipe import IMAGENET, SCRATCH, Augment, Recipe, System
from train.recipes.kermany import AUGMENT, INTENDED_USE, SUMMARY
from train.report.ensemble_report import summarise_ensembles

PAPER = "Rajaraman, Zamzmi & Antani 2021, PLoS ONE 16(12):e0261307"
TWELVE = (
    "cross-entropy", "cce-entropy", "kl", "focal", "hinge", "label-smoothed-cce", "label-smoothed-focal",
    "calibrated-cce", "calibrated-kl", "calibrated-focal", "calibrated-hinge", "calibrated-negative-entropy",
)  # fmt: skip


def rajaraman2021(pretrained: bool, as_published: bool) -> System:
    def run(name: str, loss: str, **settings) -> Recipe:
        return Recipe(
            name=f"rajaraman2021/{name}", paper=PAPER, dataset="kermany", backbone="efficientnet_b0_block5",
            summary=SUMMARY, intended_use=INTENDED_USE, loss=loss, watch="mcc", **settings,
        )  # fmt: skip

    encoder = run(
        "encoder", "cross-entropy", start=IMAGENET if pretrained else SCRATCH,
        learning_rate=2e-4 if pretrained else 1e-3,
        stages=((224, 6),) if pretrained else ((64, 9), (96, 4), (128, 2)), augment=AUGMENT, ema_decay=0.99,
    )  # fmt: skip
    if as_published:
        how = dict(stages=((512, 64),), batch=16, optimiser="sgd", learning_rate=1e-4, weight_decay=0.0,
                   schedule="plateau", plateau=5, warmup=0.0, patience=5, augment=Augment())  # fmt: skip
    else:
        how = dict(stages=((224, 8),) if pretrained else ((128, 1),), learning_rate=3e-4, augment=AUGMENT)
    losses = [
        run(key, f"as published: {key}" if as_published and key in AS_PUBLISHED else key, start=encoder.name, **how)
        for key in TWELVE
    ]
    return System("rajaraman2021", PAPER, SUMMARY, (encoder, *losses), summarise_ensembles)
