"""LRP of one checkpoint, whichever way a rule set goes: the fast sweep, or zennit for the rules that this lacks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from cxr_demo.explain.lrp import propagate
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.program import Program
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess

if TYPE_CHECKING:
    from cxr_demo.explain.lrp.zennit_reference import ZennitReference


class RelevanceMaps:
    """Maps of every LRP method, from one copy of the network; safe for threads."""

    def __init__(self, program: Program, preprocess: Preprocess) -> None:
        self.program = program
        self._sweep = propagate.Propagator(program)
        # Black and white of a film, normalised: without the bounds of the image the box rule explodes.
        mean, std = (torch.tensor(values)[None, :, None, None] for values in (preprocess.mean, preprocess.std))
        self._box = (0 - mean) / std, (1 - mean) / std

    def maps(self, method: str, x: torch.Tensor, labels: Sequence[int]) -> np.ndarray:
        """x (1, C, S, S), normalised -> (len(labels), S, S) float32, logit points per pixel, signed."""
        rules = METHODS[method].load_function()
        if isinstance(rules, rule_sets.Rules):
            return self._sweep.relevance(rules, x, labels).numpy()
        return self._rebuilt.relevance(rules(*self._box), x, labels).numpy()

    def forget(self) -> None:
        """Let go of the split weights of all rules used so far; zennit's copy shares those of the program."""
        self._sweep.forget()

    @cached_property
    def _rebuilt(self) -> ZennitReference:
        from cxr_demo.explain.lrp.zennit_reference import ZennitReference  # zennit loads with the first map of its own

        return ZennitReference(self.program)
