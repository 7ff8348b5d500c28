"""The raw maps of one checkpoint, many labels and methods at a time: `Explainer` for one network or joined feature
maps, `EnsembleExplainer` for networks whose predictions are joined. `explainer` chooses.

Not for two threads at once; `analysis.Analyser` holds the lock. The maps are bit-equal in every thread all the same,
because torch gives each new thread the process's one number of intra-op threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cxr_demo.checkpoint import Checkpoint
from cxr_demo.ensemble import JOINED
from cxr_demo.errors import ExplanationError
from cxr_demo.explain import METHODS, cam, lrp
from cxr_demo.explain.proof import Proof, prove, prove_joined

Maps = dict[tuple[str, int], np.ndarray]


class Explainer:
    """Building it makes the private copy for LRP and runs the proof; `proof.available` says which methods may be
    asked for."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model = checkpoint.model
        self.proof, self._private = prove_joined(checkpoint) if checkpoint.members else prove(checkpoint)

    def maps(self, x: np.ndarray, labels: Sequence[int], methods: Sequence[str]) -> Maps:
        """x (1, C, S, S) float32, normalised -> (method, label index) -> raw map float32 on its native grid.

        CAM (h, w), LRP (S, S); unit and sign as `METHODS` says. One forward serves all labels of all CAM methods; LRP
        runs once per label and rule set. Raises ExplanationError for a refused method and for a map with no numbers.
        """
        _refuse(self.proof, methods)
        square = torch.from_numpy(x)
        maps = self._cams(square, labels, [key for key in methods if METHODS[key].family == "cam"])
        for key in methods:
            if METHODS[key].family == "lrp":
                for label in labels:
                    maps[key, label] = lrp.relevance(self._private, METHODS[key].compute, square, label).numpy()
        for (key, _), map_ in maps.items():
            if not np.isfinite(map_).all():
                raise ExplanationError(f"{METHODS[key].name} gave values that are not numbers for this image.")
        return maps

    def _cams(self, x: torch.Tensor, labels: Sequence[int], methods: Sequence[str]) -> Maps:
        if not methods:
            return {}
        features, gradients, _ = cam.features_and_gradients(self._model, x, labels)
        return {
            (key, label): METHODS[key].compute(features, gradient).astype(np.float32)
            for key in methods
            for label, gradient in zip(labels, gradients, strict=True)
        }


class EnsembleExplainer:
    """Each map is the weighted mean of the members' maps, each divided by its member's temperature.

    Own choice: the rules join probabilities, through which no map of a logit goes, so the maps explain the weighted
    mean of the calibrated logits, which are what each member's probability is made of; a majority vote and stacking
    have no weights, and every member counts the same. A member of weight 0 has no say, and its maps need no proof.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        factors = checkpoint.card.ensemble.factors
        counted = [(factor, member) for factor, member in zip(factors, checkpoint.members, strict=True) if factor]
        self._factors = [factor for factor, _ in counted]
        self._explainers = [Explainer(member) for _, member in counted]
        names = [member.card.name for _, member in counted]
        self.proof = EnsembleProof(tuple(zip(names, (single.proof for single in self._explainers), strict=True)))

    def maps(self, x: np.ndarray, labels: Sequence[int], methods: Sequence[str]) -> Maps:
        """As `Explainer.maps`; on the finest of the members' grids, where these differ."""
        _refuse(self.proof, methods)
        found = [single.maps(x, labels, methods) for single in self._explainers]
        return {pair: _weighted_sum([maps[pair] for maps in found], self._factors) for pair in found[0]}


@dataclass(frozen=True)
class EnsembleProof:
    """The proofs of the members that count, by their names; a method may be shown where each of them allows it."""

    members: tuple[tuple[str, Proof], ...]

    @property
    def available(self) -> dict[str, str]:
        """Method -> "" when its maps may be shown, else the first member that refuses it, and why."""
        return {
            key: next((f"{name}: {proof.available[key]}" for name, proof in self.members if proof.available[key]), "")
            for key in METHODS
        }

    @property
    def line(self) -> str:
        return "; ".join(f"{name}: {proof.line}" for name, proof in self.members)


def explainer(checkpoint: Checkpoint) -> Explainer | EnsembleExplainer:
    made = checkpoint.card.ensemble
    return Explainer(checkpoint) if made is None or made.rule == JOINED else EnsembleExplainer(checkpoint)


def resized(map_: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """A map (h, w) over the square -> on another grid of the same square, float64; each cell's value is spread over
    the area it covers, so that the sum stays."""
    return _shares(map_.shape[0], grid[0]) @ map_ @ _shares(map_.shape[1], grid[1]).T


def _shares(cells: int, into: int) -> np.ndarray:
    """(into, cells): the share of each old cell that lies in each new one; every column sums to 1."""
    old, new = np.linspace(0, 1, cells + 1), np.linspace(0, 1, into + 1)
    overlap = np.minimum(old[None, 1:], new[1:, None]) - np.maximum(old[None, :-1], new[:-1, None])
    return np.maximum(overlap, 0) * cells


def _weighted_sum(maps: Sequence[np.ndarray], factors: Sequence[float]) -> np.ndarray:
    """Maps (h_m, w_m), each times its factor -> their sum, float32, on the finest grid."""
    grid = max(map_.shape[0] for map_ in maps), max(map_.shape[1] for map_ in maps)
    total = sum(
        factor * (map_ if map_.shape == grid else resized(map_, grid))
        for factor, map_ in zip(factors, maps, strict=True)
    )
    return total.astype(np.float32)


def _refuse(proof: Proof | EnsembleProof, methods: Sequence[str]) -> None:
    for key in methods:
        if reason := proof.available[key]:
            raise ExplanationError(f"{METHODS[key].name} is not available for this checkpoint: {reason}.")
