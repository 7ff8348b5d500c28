"""Explainer: the raw maps of one checkpoint, many labels and methods at a time.

Not for two threads at once; `analysis.Analyser` holds the lock. The maps are bit-equal in every thread all the same,
because torch gives each new thread the process's one number of intra-op threads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cxr_demo.checkpoint import Checkpoint
from cxr_demo.errors import ExplanationError
from cxr_demo.explain import METHODS, cam, lrp
from cxr_demo.explain.proof import prove


class Explainer:
    """Building it makes the private copy for LRP and runs the proof; `proof.available` says which methods may be
    asked for."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model = checkpoint.model
        self.proof, self._private = prove(checkpoint)

    def maps(self, x: np.ndarray, labels: Sequence[int], methods: Sequence[str]) -> dict[tuple[str, int], np.ndarray]:
        """x (1, C, S, S) float32, normalised -> (method, label index) -> raw map float32 on its native grid.

        CAM (h, w), LRP (S, S); unit and sign as `METHODS` says. One forward serves all labels of all CAM methods; LRP
        runs once per label and rule set. Raises ExplanationError for a refused method and for a map with no numbers.
        """
        for key in methods:
            if reason := self.proof.available[key]:
                raise ExplanationError(f"{METHODS[key].name} is not available for this checkpoint: {reason}.")
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

    def _cams(self, x: torch.Tensor, labels: Sequence[int], methods: Sequence[str]):
        if not methods:
            return {}
        features, gradients, _ = cam.features_and_gradients(self._model, x, labels)
        return {
            (key, label): METHODS[key].compute(features, gradient).astype(np.float32)
            for key in methods
            for label, gradient in zip(labels, gradients, strict=True)
        }
