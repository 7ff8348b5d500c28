"""Consilium: our own system, beside the five on the same films in the same run. Four classes, as Avola's.

From each it takes what held up:
- Bassi & Attux: it starts from a network of a related task (the bundled paediatric one) and keeps the output rows of
  the labels that both know; with the model hub at hand, from ImageNet;
- Boit & Zeng: fine-tuning, the whole network;
- Kufel: thresholds for each label, chosen on validation;
- Rajaraman: several losses, joined by weights that are fitted on validation;
- Avola: the four classes, and architectures of different kinds in one ensemble.
Its own: strong changes of exposure, label smoothing and, where it starts from another network, an averaged copy of the
weights.

The five are close to what their papers would train here, at the same size and with the same epochs, on the same films;
where a paper has another task or no answer for this one, with the cross-entropy of the others.
"""

from __future__ import annotations

from train.fit.transfer import freeze_points
from train.recipe import IMAGENET, SCRATCH, Augment, Recipe, System
from train.recipes.avola2022 import INTENDED_USE, SUMMARY
from train.recipes.boit2019 import BUNDLED
from train.recipes.kermany import AUGMENT
from train.report.ensemble_report import summarise_consilium

PAPER = "our own; takes from all five"


def consilium(pretrained: bool, as_published: bool) -> System:
    """Nothing is published of it, so `as_published` changes nothing."""
    first = IMAGENET if pretrained else SCRATCH
    related = IMAGENET if pretrained else BUNDLED

    def run(name: str, backbone: str, **settings) -> Recipe:
        return Recipe(
            name=f"consilium/{name}",
            paper=PAPER,
            dataset="four-classes",
            backbone=backbone,
            stages=((224, 12),) if pretrained else ((96, 2),),
            summary=SUMMARY,
            intended_use=INTENDED_USE,
            **settings,
        )

    rate = 2e-4 if pretrained else 1e-3
    flip = Augment(rotate_deg=15, scale=0.06, shift=0.06, flip=0.5)
    five = (
        run("as-kufel", "efficientnet_b1", start=first, head="dense512-bn", optimiser="adam", weight_decay=0.0,
            learning_rate=rate, augment=Augment(rotate_deg=5, rotate_share=0.1, flip=0.3, brightness=0.2)),
        run("as-boit", "densenet121", start=related, head="dense256", optimiser="adam", weight_decay=0.0,
            train_from=freeze_points("densenet121")["last convolution"], learning_rate=5e-4,
            augment=Augment(rotate_deg=10, scale=0.1, shift=0.05, contrast=0.1)),
        run("as-bassi", "densenet121", start=related, keep_outputs=not pretrained, learning_rate=rate / 2,
            augment=Augment(rotate_deg=40, shift=0.125, flip=0.5)),
        run("as-rajaraman", "efficientnet_b0_block5", start=first, loss="calibrated-cce", watch="mcc",
            learning_rate=rate, augment=Augment()),
        run("as-avola", "resnet50", start=first, head="dense256-dropout", optimiser="adam", weight_decay=0.0,
            learning_rate=rate / 2, augment=flip),
    )  # fmt: skip
    own = dict(augment=AUGMENT, ema_decay=0.99)
    ours = (
        run("own-smoothed", "densenet121", start=related, keep_outputs=not pretrained, learning_rate=rate / 3,
            label_smoothing=0.1, **own),
        run("own-calibrated", "densenet121", start=related, keep_outputs=not pretrained, learning_rate=rate / 3,
            loss="calibrated-cce", **own),
        # Without the averaged copy: after two epochs from scratch that is still of a network that knows nothing.
        run("own-cut", "efficientnet_b0_block5", start=first, learning_rate=rate, label_smoothing=0.1, augment=AUGMENT),
    )  # fmt: skip
    return System("consilium", PAPER, SUMMARY, (*five, *ours), summarise_consilium)
