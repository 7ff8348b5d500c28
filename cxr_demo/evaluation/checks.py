"""CHECKS: the quality measures of a map. One entry is one measure, the same for every method, with its direction.

`agreement`, `faithfulness`, `randomisation` and `stability` compute; none of them knows a method or a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass

from cxr_demo.text.catalogue import format_text


@dataclass(frozen=True)
class Check:
    """`better`: "higher" or "lower", or "neither" where the number describes a map without rating it. Its words are
    messages, "trial-" and the key."""

    key: str
    paper: str
    better: str

    @property
    def name(self) -> str:
        return format_text(f"trial-{self.key}")

    @property
    def says(self) -> str:
        """One plain sentence."""
        return format_text(f"trial-{self.key}.says")

    @property
    def says_not(self) -> str:
        """Another one."""
        return format_text(f"trial-{self.key}.says-not")


_CHECKS = (
    Check("rank", "Spearman 1904, American Journal of Psychology 15(1)", "neither"),
    Check("overlap", "Dice 1945, Ecology 26(3)", "neither"),
    Check("where", "own choice, after Kohlbrenner et al. 2020, IJCNN", "neither"),
    Check("deletion", "Petsiuk et al. 2018, RISE, BMVC", "lower"),
    Check("insertion", "Petsiuk et al. 2018, RISE, BMVC", "higher"),
    Check("randomisation", "Adebayo et al. 2018, Sanity Checks for Saliency Maps, NeurIPS", "lower"),
    Check("noise", "Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, NeurIPS", "lower"),
    Check("shift", "own choice, in the measure of Yeh et al. 2019", "lower"),
)
CHECKS: dict[str, Check] = {check.key: check for check in _CHECKS}
