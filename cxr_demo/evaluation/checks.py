"""CHECKS: how far to believe a map. One entry is one question that is put to every method, with its direction.

`agreement`, `faithfulness`, `randomisation` and `stability` compute; none of them knows a method or a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`better`: "higher" or "lower", or "neither" where the number says how a map is and not how good it is.
    `says` and `says_not`: one plain sentence each."""

    key: str
    name: str
    paper: str
    better: str
    says: str
    says_not: str


_CHECKS = (
    Check(
        "rank", "Rank correlation", "Spearman 1904, American Journal of Psychology 15(1)", "neither",
        "Whether two maps put the fields of the film in the same order, from most against to most for the finding.",
        "Two maps can agree and both be wrong.",
    ),
    Check(
        "overlap", "Overlap of the strongest areas", "Dice 1945, Ecology 26(3)", "neither",
        "How much of the strongest 5, 10 or 20 % of the film two maps have in common.",
        "Does not say how strong these areas are, nor that either map is right.",
    ),
    Check(
        "where", "Where the evidence lies", "own choice, after Kohlbrenner et al. 2020, IJCNN", "neither",
        "Which share of the evidence for the finding lies inside a region, beside the region's share of the film.",
        "Evidence outside the lungs is a warning about the network, not about the map.",
    ),
    Check(
        "deletion", "Deletion", "Petsiuk et al. 2018, RISE, BMVC", "lower",
        "How fast the score falls when the film is blurred away, the map's strongest fields first.",
        "The network knows no half-blurred films, so part of the fall is surprise: compare with random order.",
    ),
    Check(
        "insertion", "Insertion", "Petsiuk et al. 2018, RISE, BMVC", "higher",
        "How fast the score comes back when a blurred film is made sharp, the map's strongest fields first.",
        "One sharp piece may be enough for the network, and then the rest of the map is not tested.",
    ),
    Check(
        "randomisation", "Randomisation", "Adebayo et al. 2018, Sanity Checks for Saliency Maps, NeurIPS", "lower",
        "How much of the map is left when the network's learned weights are replaced by random ones.",
        "A map that changes can still be wrong; a map that does not change cannot speak of what was learned.",
    ),
    Check(
        "noise", "Stability under noise",
        "Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, NeurIPS", "lower",
        "How much the map changes when the film gets noise too weak to see.",
        "Where the network's own answer moves, the map should move too; a map that never moves is stable and useless.",
    ),
    Check(
        "shift", "Stability under a shift", "own choice, in the measure of Yeh et al. 2019", "lower",
        "How much the map changes, besides moving along, when the film is moved by a few pixels.",
        "A coarse map cannot follow a move that is smaller than its cells, and pays for that here.",
    ),
)  # fmt: skip
CHECKS: dict[str, Check] = {check.key: check for check in _CHECKS}
