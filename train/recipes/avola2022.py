"""Avola et al. 2022: twelve architectures, four classes (normal, bacterial, viral, COVID-19), Grad-CAM of each.

Published: ImageNet weights frozen, the last layer replaced by Linear 256 -> ReLU -> Dropout 0.2 -> Linear 4; Adam 1e-3,
40 epochs, batch 100, 256 -> 224 px crops, rotation 15, flip; best macro F1 0.8446; 84 COVID-19 films in training.

Mended: SqueezeNet gets a softmax like the others; Grad-CAM reads the last feature maps (theirs points at a linear
layer); macro F1 is called so; COVID-19 is split by patient and comes from Hannover, whose licence lets weights be given
away; the covid-chestxray-dataset, which the paper trains on, is the external test. Children against adults remains: the
other three classes are Kermany's, so telling COVID-19 from them needs no lung. Beside the frozen runs ("frozen-") all
twelve are fine-tuned whole ("tuned-"), and classes are weighed by their frequency, which the paper does not.
`as_published`: frozen runs alone, flipped, unweighed; the softmax, the sources and the choice of the epoch by macro F1
instead of accuracy stay as mended.

Without ImageNet weights a frozen network is a random projection: its figures are a floor, not a result.
"""

from __future__ import annotations

from pathlib import Path

from train.fit.transfer import HEAD
from train.recipe import IMAGENET, SCRATCH, Augment, IntendedUse, Recipe, System
from train.report.figures import summarise_maps
from train.report.run_report import summarise_table

PAPER = "Avola et al. 2022, Comput Methods Programs Biomed 221:106833"
SUMMARY = "Normal, bacterial, viral pneumonia (children, one hospital) or COVID-19 (adults, another hospital)."
INTENDED_USE = IntendedUse(
    "Children: pneumonia or not; adults: COVID-19",
    "Children of 1 to 5 years, one hospital in Guangzhou; adults with COVID-19, one hospital in Hannover",
    "Is the film normal, or does it show bacterial pneumonia, viral pneumonia or COVID-19?",
)
TWELVE = (
    "alexnet", "vgg16", "googlenet", "resnet50", "squeezenet1_0", "densenet161", "resnext50_32x4d",
    "wide_resnet50_2", "mobilenetv2_100", "mobilenetv3_large_100", "mnasnet_100", "shufflenet_v2_x1_0",
)  # fmt: skip
HIDDEN = {"mobilenetv3_large_100": "conv_head"}  # as published, its whole classifier, hidden layer included, is new
HEADS_OF = {"squeezenet1_0": "linear", "vgg16": "linear", "alexnet": "linear"}  # as published: their last layer alone


def avola2022(pretrained: bool, as_published: bool) -> System:
    def run(kind: str, backbone: str) -> Recipe:
        is_frozen = kind == "frozen"
        return Recipe(
            name=f"avola2022/{kind}-{backbone}",
            paper=PAPER,
            dataset="four-classes",
            backbone=backbone,
            head=HEADS_OF.get(backbone, "dense256-dropout"),
            train_from=HIDDEN.get(backbone, HEAD) if is_frozen else "",
            stages=((224, 40 if is_frozen else 12),) if pretrained else ((64, 1),),
            start=IMAGENET if pretrained else SCRATCH,
            summary=SUMMARY,
            intended_use=INTENDED_USE,
            batch=100 if pretrained else 32,
            balance=not (is_frozen and as_published),
            optimiser="adam",
            warmup=0.0 if is_frozen else 0.05,
            learning_rate=1e-3 if is_frozen else 1e-4 if pretrained else 5e-4,
            weight_decay=0.0,
            schedule="constant" if is_frozen else "cosine",
            augment=Augment(rotate_deg=15, scale=0.06, shift=0.06, flip=0.5 if as_published else 0.0),
            seed=42,
        )

    kinds = ("frozen",) if as_published else ("frozen", "tuned")
    recipes = tuple(run(kind, backbone) for kind in kinds for backbone in TWELVE)
    return System("avola2022", PAPER, SUMMARY, recipes, _summarise)


def _summarise(system: System, folder: Path, data: Path, films: int | None) -> None:
    summarise_table(system, folder)
    summarise_maps(system, folder, data)
