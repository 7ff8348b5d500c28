"""CHECKS: the quality measures of a map. One entry is one measure, the same for every method, with its direction.

`agreement`, `faithfulness`, `randomisation` and `stability` compute; none of them knows a method or a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`better`: "higher" or "lower", or "neither" where the number describes a map without rating it. `says` and
    `says_not`: one plain sentence each."""

    key: str
    name: str
    paper: str
    better: str
    says: str
    says_not: str


_CHECKS = (
    Check(
        "rank", "Rank correlation", "Spearman 1904, American Journal of Psychology 15(1)", "neither",
        "Whether two maps rank the parts of the image alike, from most against to most for the finding.",
        "Two maps can agree and both be wrong.",
    ),
    Check(
        "overlap", "Overlap of the strongest areas", "Dice 1945, Ecology 26(3)", "neither",
        "How much the strongest 5, 10 or 20 % of the image in two maps overlap.",
        "Does not show how strong these areas are, or that either map is right.",
    ),
    Check(
        "where", "Where the evidence lies", "own choice, after Kohlbrenner et al. 2020, IJCNN", "neither",
        "Which share of the evidence for the finding lies in a region, next to the region's share of the image.",
        "Evidence outside the lungs is a warning about the network, not about the map.",
    ),
    Check(
        "deletion", "Deletion", "Petsiuk et al. 2018, RISE, BMVC", "lower",
        "How much the score falls when the image is blurred where the map is strongest.",
        "The network never saw half-blurred images, so any map makes the score fall: compare with the maps as smooth.",
    ),
    Check(
        "insertion", "Insertion", "Petsiuk et al. 2018, RISE, BMVC", "higher",
        "How much of the score returns when a blurred image is restored where the map is strongest.",
        "One sharp part may be enough for the network, and then the rest of the map is not tested.",
    ),
    Check(
        "randomisation", "Randomisation", "Adebayo et al. 2018, Sanity Checks for Saliency Maps, NeurIPS", "lower",
        "How similar the map stays when the network's learned weights are replaced by random ones.",
        "A map that changes can still be wrong; a map that does not cannot depend on what was learned.",
    ),
    Check(
        "noise", "Stability under noise",
        "Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, NeurIPS", "lower",
        "How much the map changes when noise too weak to see is added to the image.",
        "Where the network's output changes, the map should too; a map that never changes is stable and useless.",
    ),
    Check(
        "shift", "Stability under a shift", "own choice, in the measure of Yeh et al. 2019", "lower",
        "How much the map changes, apart from moving along, when the image is shifted by a few pixels.",
        "A coarse map cannot follow a shift that is smaller than its cells, and is penalised for that here.",
    ),
)  # fmt: skip
CHECKS: dict[str, Check] = {check.key: check for check in _CHECKS}
