"""LRP of one checkpoint, by the keys of its methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import torch

from cxr_demo.explain.lrp import propagate
from cxr_demo.explain.lrp.program import Program
from cxr_demo.explain.lrp.rules import Rules
from cxr_demo.explain.methods import METHODS
from cxr_demo.film.preprocess import Preprocess


class RelevanceMaps:
    """Maps of every LRP method, from one copy of the network; safe for threads."""

    def __init__(self, program: Program, preprocess: Preprocess, as_written: Collection[str] = ()) -> None:
        """`as_written`: the choices of `methods.CHOICES` that rules undo; the program has its order already."""
        self.program, self._as_written = program, as_written
        # Black and white of a film, normalised: without the bounds of the image the box rule explodes.
        mean, std = (torch.tensor(values)[None, :, None, None] for values in (preprocess.mean, preprocess.std))
        self._sweep = propagate.Propagator(program, ((0 - mean) / std, (1 - mean) / std))

    def maps(self, method: str, x: torch.Tensor, labels: Sequence[int]) -> np.ndarray:
        """x (1, C, S, S), normalised -> (len(labels), S, S) float32, logit points per pixel, signed."""
        return self._sweep.relevance(self._find_rules(method), x, labels).numpy()

    def list_choices(self, method: str) -> tuple[str, ...]:
        """The choices of `methods.CHOICES` that are in the maps of a method."""
        return self._find_rules(method).list_choices(self.program)

    def _find_rules(self, method: str) -> Rules:
        return METHODS[method].load_function().undo_choices(self._as_written)

    def make_reference(self) -> Callable[[str, torch.Tensor, int], np.ndarray]:
        """(method, x, label) -> zennit's map (S, S) of one label, by the same rules on the same layers; slow."""
        from cxr_demo.explain.lrp.zennit_reference import ZennitReference, make_composite  # only proofs load zennit

        reference = ZennitReference(self.program)

        def make_map(method: str, x: torch.Tensor, label: int) -> np.ndarray:
            rules = make_composite(self._find_rules(method), self._sweep.bounds)
            return reference.relevance(rules, x, [label])[0].numpy()

        return make_map

    def forget(self) -> None:
        """Let go of the split weights of all rules used so far."""
        self._sweep.forget()
