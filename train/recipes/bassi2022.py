"""Bassi & Attux 2022: twice transfer learning and output neuron keeping for COVID-19, pneumonia, normal; LRP.

Published: five nets, as far as known (the letters are from memory, and fit the sizes of the released weights). A:
DenseNet-201 ImageNet -> COVID; B: ImageNet -> NIH ChestX-ray14 -> COVID; C: B with output neuron keeping; D:
DenseNet-121 ImageNet -> NIH -> COVID; E: D with output neuron keeping. Their claim is about the beginning of training,
so the five learning curves are drawn side by side.

Where it is silent, or known from memory alone (rotation by 40 degrees, shift by 28 px, flip): the NIH stage has a 15th
output "normal", so that two of three neurons can be kept; rates, epochs and sizes are ours. F, DenseNet-121 without the
NIH stage, is added, since the paper's pairs lack it.

Mended: the paper tests on films of the sources it trained on. Here normal and pneumonia are NIH's, COVID-19 is
Hannover's, and the covid-chestxray-dataset, never trained on, is the external test: COVID-19 of one hospital against
all else of another teaches the hospital, and the distance between the two figures shows how much. The marker test masks
borders and letters and measures what changes in probability and maps. Flips change where the heart is and mirror the
letters: off, but with `as_published`, which also rotates by 40 degrees as the group's papers do.

"lite0-single" and "lite0-twice" are the pair of F and E with a network whose ImageNet weights can be had without a
model hub: at full size, from ImageNet or by NIH, the rest alike.

From scratch B to E have the NIH stage's epochs more than A and F: part of what the curves show is longer training.
"""

from __future__ import annotations

from pathlib import Path

from train.benchmarks.marker_test import summarise_markers
from train.fit.imagenet import find_scale
from train.recipe import IMAGENET, SCRATCH, Augment, IntendedUse, Recipe, System
from train.report.run_report import summarise_curves

PAPER = "Bassi & Attux 2022, Research on Biomedical Engineering 38:139"
SUMMARY = "COVID-19, other pneumonia or normal in adults; COVID-19 from one hospital, the rest from another."
SUMMARY_NIH = "14 findings and normal in adults (NIH ChestX-ray14): the first of two transfers."
INTENDED_USE = IntendedUse(
    "Adults: COVID-19, other pneumonia or normal",
    "Adults with COVID-19, one hospital in Hannover; all others of the NIH Clinical Center, mostly adults",
    "Does the film of an adult show COVID-19, another pneumonia, or neither?",
    (18, 95),
)
INTENDED_USE_NIH = IntendedUse(
    "Adults: 14 findings and normal",
    "Mostly adults, films of the NIH Clinical Center",
    "Which of 14 findings does the film of an adult show, or none of them?",
    (18, 95),
)
# net -> (backbone, name of the NIH run it starts from, output neurons kept)
NETS = {
    "A": ("densenet201", "", False),
    "B": ("densenet201", "nih-201", False),
    "C": ("densenet201", "nih-201", True),
    "D": ("densenet121", "nih-121", False),
    "E": ("densenet121", "nih-121", True),
    "F": ("densenet121", "", False),
    "lite0-single": ("efficientnet_lite0", "", False),
    "lite0-twice": ("efficientnet_lite0", "nih-lite0", True),
}
OF_PAPER = ("A", "B", "C", "D", "E")


def bassi2022(pretrained: bool, as_published: bool) -> System:
    first = IMAGENET if pretrained else SCRATCH
    published = Augment(rotate_deg=40, shift=0.125, flip=0.5)
    augment = published if as_published else Augment(rotate_deg=10, shift=0.06, scale=0.08, contrast=0.2, gamma=0.2)

    def nih(name: str, backbone: str) -> Recipe:
        return Recipe(
            name=f"bassi2022/{name}", paper=PAPER, dataset="nih-normal", backbone=backbone,
            stages=((224, 12),) if pretrained else ((64, 10),), start=first, summary=SUMMARY_NIH,
            intended_use=INTENDED_USE_NIH, loss="bce", balance=False,
            learning_rate=_choose_rate(backbone, pretrained, 1e-3), watch="macro_auroc", augment=augment,
            mean=find_scale(backbone)[0], std=find_scale(backbone)[1],
        )  # fmt: skip

    def covid(net: str) -> Recipe:
        backbone, before, keep_outputs = NETS[net]
        return Recipe(
            name=f"bassi2022/{net}", paper=PAPER, dataset="covid-three", backbone=backbone,
            stages=((224, 12),) if pretrained else ((64, 6),), start=f"bassi2022/{before}" if before else first,
            keep_outputs=keep_outputs, summary=SUMMARY, intended_use=INTENDED_USE,
            learning_rate=_choose_rate(backbone, pretrained, 5e-4), augment=augment,
            mean=find_scale(backbone)[0], std=find_scale(backbone)[1],
        )  # fmt: skip

    nets = OF_PAPER if as_published else tuple(NETS)
    before = {NETS[net][1]: NETS[net][0] for net in nets if NETS[net][1]}
    firsts = [nih(name, backbone) for name, backbone in sorted(before.items())]
    return System("bassi2022", PAPER, SUMMARY, (*firsts, *(covid(net) for net in nets)), _summarise)


def _choose_rate(backbone: str, pretrained: bool, from_scratch: float) -> float:
    if not pretrained:
        return from_scratch
    return 3e-4 if backbone.startswith("efficientnet_lite") else 1e-4


def _summarise(system: System, folder: Path, data: Path, films: int | None) -> None:
    summarise_curves(system, folder, [net for net in NETS if (folder / net).is_dir()], "macro_f1")
    summarise_markers(folder / "E", "covid-three", data, films)
