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
from cxr_demo.explain.proof import CAM_SUM_ERROR, CamProof, LrpProof, Proof, proof_film, prove

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
    """Each map is the weighted mean of the members' maps: in logit points, the mean of what each member says.

    Own choice: the rules join probabilities, through which no map of a logit goes, so the maps explain the weighted
    mean of the members' logits; a majority vote and stacking have no weights, and every member counts the same.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._weights = checkpoint.card.ensemble.weights
        self._explainers = [Explainer(member) for member in checkpoint.members]
        names = [member.card.name for member in checkpoint.members]
        self.proof = EnsembleProof(tuple(zip(names, (single.proof for single in self._explainers), strict=True)))

    def maps(self, x: np.ndarray, labels: Sequence[int], methods: Sequence[str]) -> Maps:
        """As `Explainer.maps`; on the finest of the members' grids, where these differ."""
        _refuse(self.proof, methods)
        counted = [(weight, single) for weight, single in zip(self._weights, self._explainers, strict=True) if weight]
        weights = [weight for weight, _ in counted]
        found = [single.maps(x, labels, methods) for _, single in counted]
        return {pair: _weighted_mean([maps[pair] for maps in found], weights) for pair in found[0]}


@dataclass(frozen=True)
class EnsembleProof:
    """The members' proofs by their names; a method may be shown where every member's proof allows it."""

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


def prove_joined(checkpoint: Checkpoint) -> tuple[Proof, None]:
    """Of joined feature maps: Grad-CAM on them, which a mean and a linear layer read, sums to logit minus bias; there
    is no LRP."""
    card, model = checkpoint.card, checkpoint.model
    x = torch.from_numpy(card.preprocess.apply(proof_film(card.preprocess.size_px)))
    features, gradients, logits = cam.features_and_gradients(model, x, range(len(card.labels)))
    bias = model.output.bias.detach().numpy()
    cams = np.stack([cam.grad_cam(features, gradient) for gradient in gradients]).astype(np.float64)
    sums, sizes = cams.sum(axis=(1, 2)), np.abs(cams).sum(axis=(1, 2))
    wanted = logits - bias
    error = float((np.abs(sums - wanted) / np.maximum(np.maximum(sizes, np.abs(wanted)), 1e-12)).max())
    refusal = "" if error <= CAM_SUM_ERROR else f"its map does not sum to the logit minus the bias (error {error:.1g})"
    label = int(np.abs(wanted).argmax())
    proof = Proof(
        label=card.labels[label],
        logit=float(logits[label]),
        head_bias=float(bias[label]),
        totals={"grad-cam": float(sums[label])},
        cam=CamProof(error, refusal=refusal),
        lrp=LrpProof(refusal="no rule set is proved here for feature maps of several networks that are joined"),
    )
    return proof, None


def resized(map_: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """A map (h, w) over the square -> on another grid of the same square, float64; each cell's value is spread over
    the area it covers, so that the sum stays."""
    return _shares(map_.shape[0], grid[0]) @ map_ @ _shares(map_.shape[1], grid[1]).T


def _shares(cells: int, into: int) -> np.ndarray:
    """(into, cells): the share of each old cell that lies in each new one; every column sums to 1."""
    old, new = np.linspace(0, 1, cells + 1), np.linspace(0, 1, into + 1)
    overlap = np.minimum(old[None, 1:], new[1:, None]) - np.maximum(old[None, :-1], new[:-1, None])
    return np.maximum(overlap, 0) * cells


def _weighted_mean(maps: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Maps (h_m, w_m) and their weights, which sum to 1 -> float32 on the finest grid."""
    grid = max(map_.shape[0] for map_ in maps), max(map_.shape[1] for map_ in maps)
    mean = sum(
        weight * (map_ if map_.shape == grid else resized(map_, grid))
        for weight, map_ in zip(weights, maps, strict=True)
    )
    return mean.astype(np.float32)


def _refuse(proof: Proof | EnsembleProof, methods: Sequence[str]) -> None:
    for key in methods:
        if reason := proof.available[key]:
            raise ExplanationError(f"{METHODS[key].name} is not available for this checkpoint: {reason}.")
