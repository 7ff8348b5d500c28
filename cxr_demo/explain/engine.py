"""The raw maps of one checkpoint, many labels and methods at a time: `Explainer` for one network or joined feature
maps, `EnsembleExplainer` for networks whose predictions are joined. `make_explainer` chooses.

Nothing here changes while it works, but for the proof, what LRP keeps of the weights and zennit's part, each behind a
lock of its own; `analysis.Analyser` lets in one thread at a time, or several that each have their part of the cores, so
that no two share one. The maps are bit-equal in every thread that has as many of torch's threads; with another number
their last bits differ, as sums are made in another order.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn

from cxr_demo.errors import ExplanationError
from cxr_demo.explain import cam
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.methods import CHOICES, METHODS
from cxr_demo.explain.proof import Proof, prove_checkpoint
from cxr_demo.explain.proof_cache import read_proof, write_proof
from cxr_demo.explain.relevance import RelevanceMaps
from cxr_demo.grids import EVEN, Placement, find_finest_grid, join_placements, resample_map
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import Ensemble, FeatureFusion
from cxr_demo.progress import ProgressCallback, ignore_progress, subrange
from cxr_demo.text.catalogue import Said, say

Maps = dict[tuple[str, int], np.ndarray]
Explained = Classifier | FeatureFusion  # networks with one set of feature maps
RawMaps = dict[tuple[str, int], "RawMap"]


@dataclass(frozen=True, eq=False)
class MemberMap:
    """What one member of an ensemble says: `map_square` (h, w) float32 on its own grid, divided by the member's
    temperature, and its cells' `placement`; `weight` 0..1 is its share of the ensemble's map."""

    name: str
    weight: float
    map_square: np.ndarray
    placement: Placement = EVEN


@dataclass(frozen=True, eq=False)
class RawMap:
    """A raw map (h, w) float32, and the members' maps that it is the weighted mean of; none for a single network, nor
    for joined feature maps, which make one map together. `placement` is that of its cells."""

    map_square: np.ndarray
    members: tuple[MemberMap, ...] = ()
    placement: Placement = EVEN

    @property
    def nbytes(self) -> int:
        return self.map_square.nbytes + sum(member.map_square.nbytes for member in self.members)


class Explainer:
    """`proof.refusals` says which methods may not be asked for. The proof is made when it is first wanted, or read from
    `proofs`, a folder of `proof_cache`; LRP's private copy of the network is made with the first map that needs it.
    `as_written`: the choices of `methods.CHOICES` that LRP undoes."""

    def __init__(self, checkpoint: Checkpoint, proofs: Path | None = None, as_written: Collection[str] = ()) -> None:
        if isinstance(checkpoint.model, Ensemble):
            raise ValueError(f"the members of {checkpoint.card.name} are explained one by one")
        self._checkpoint, self._model, self._proofs = checkpoint, checkpoint.model, proofs
        self.as_written = frozenset(as_written)
        self._proof: Proof | None = None
        self._relevance: RelevanceMaps | None = None
        self._lock = threading.Lock()

    @property
    def is_proved(self) -> bool:
        """Whether the proof is known without work."""
        return self._proof is not None

    @property
    def proof(self) -> Proof:
        return self.prove()

    def prove(self, on_progress: ProgressCallback = ignore_progress) -> Proof:
        with self._lock:
            if self._proof is None and self._proofs is not None:
                self._proof = read_proof(self._proofs, self._checkpoint, self.as_written)
            if self._proof is None:
                self._proof, self._relevance = prove_checkpoint(self._checkpoint, on_progress, self.as_written)
                if self._proofs is not None:
                    write_proof(self._proofs, self._checkpoint, self._proof, self.as_written)
            return self._proof

    def find_placement(self, method: str) -> Placement:
        """Where the cells of a method's maps lie."""
        return self.proof.placement if METHODS[method].family.has_cells else EVEN

    def find_member_placements(self, method: str) -> tuple[Placement, ...]:
        return (self.find_placement(method),)

    def _get_relevance(self) -> RelevanceMaps:
        with self._lock:
            if self._relevance is None:
                program, preprocess = lower_network(self._model, self.as_written), self._checkpoint.card.preprocess
                self._relevance = RelevanceMaps(program, preprocess, self.as_written)
            return self._relevance

    def maps(
        self,
        x: np.ndarray,
        labels: Sequence[int],
        methods: Sequence[str],
        on_progress: ProgressCallback = ignore_progress,
    ) -> Maps:
        """x (1, C, S, S) float32, normalised -> (method, label index) -> raw map float32 on its native grid.

        CAMs (h, w), all others (S, S); unit and sign as `METHODS` says. One forward serves all labels of all CAM
        methods, one forward and one way back all labels of an LRP rule set; methods that need many forwards call
        `on_progress(done, total)` between them. Raises ExplanationError for a refused method and for a map with values
        that are not numbers.
        """
        _refuse(self.proof, methods)
        relevance = self._get_relevance() if _need_rules(methods) else None
        maps = _maps(self._model, relevance, self.find_placement, x, labels, methods, on_progress)
        for (key, _), map_ in maps.items():
            if not np.isfinite(map_).all():
                raise ExplanationError("map-not-numbers", method=METHODS[key].name)
        return maps

    def maps_with_members(
        self,
        x: np.ndarray,
        labels: Sequence[int],
        methods: Sequence[str],
        on_progress: ProgressCallback = ignore_progress,
    ) -> RawMaps:
        """As `maps`, with the members' maps, of which a single network has none."""
        return {
            pair: RawMap(map_, placement=self.find_placement(pair[0]))
            for pair, map_ in self.maps(x, labels, methods, on_progress).items()
        }


class EnsembleExplainer:
    """Each map is the weighted mean of the members' maps, each divided by its member's temperature.

    Own choice: the rules join probabilities, through which no map of a logit goes, so the maps explain the weighted
    mean of the calibrated logits, which are what each member's probability is made of; a majority vote and stacking
    have no weights, and every member counts the same. A member of weight 0 has no say, and its maps need no proof.
    """

    def __init__(self, checkpoint: Checkpoint, proofs: Path | None = None, as_written: Collection[str] = ()) -> None:
        made, networks = checkpoint.card.ensemble, checkpoint.members
        if made is None:
            raise ValueError(f"{checkpoint.card.name} is no ensemble")
        counted = [at for at, factor in enumerate(made.factors) if factor]
        self._factors = [made.factors[at] for at in counted]
        self._members = [made.members[at] for at in counted]
        self._weights = [made.weights[at] for at in counted]
        self.as_written = frozenset(as_written)
        self._explainers = [Explainer(networks[at], proofs, as_written) for at in counted]

    @property
    def is_proved(self) -> bool:
        return all(single.is_proved for single in self._explainers)

    @property
    def proof(self) -> EnsembleProof:
        return self.prove()

    def prove(self, on_progress: ProgressCallback = ignore_progress) -> EnsembleProof:
        count = len(self._explainers)
        proofs = [single.prove(subrange(on_progress, at, 1, count)) for at, single in enumerate(self._explainers)]
        return EnsembleProof(tuple((member.name, proof) for member, proof in zip(self._members, proofs, strict=True)))

    def find_placement(self, method: str) -> Placement:
        """Of the joined maps: the members' own where all have the same, else even."""
        return join_placements(self.find_member_placements(method))

    def find_member_placements(self, method: str) -> tuple[Placement, ...]:
        """Where the cells of each member's maps lie, of those that count."""
        return tuple(single.find_placement(method) for single in self._explainers)

    def maps(
        self,
        x: np.ndarray,
        labels: Sequence[int],
        methods: Sequence[str],
        on_progress: ProgressCallback = ignore_progress,
    ) -> Maps:
        """As `Explainer.maps`; on the finest of the members' grids, where these differ."""
        return {pair: made.map_square for pair, made in self.maps_with_members(x, labels, methods, on_progress).items()}

    def maps_with_members(
        self,
        x: np.ndarray,
        labels: Sequence[int],
        methods: Sequence[str],
        on_progress: ProgressCallback = ignore_progress,
    ) -> RawMaps:
        """As `maps`, with the members' maps that it is the mean of."""
        _refuse(self.proof, methods)
        count = len(self._explainers)
        found = [
            single.maps(x, labels, methods, subrange(on_progress, place, 1, count))
            for place, single in enumerate(self._explainers)
        ]
        return {pair: self._joined(pair[0], [maps[pair] for maps in found]) for pair in found[0]}

    def _joined(self, method: str, maps: Sequence[np.ndarray]) -> RawMap:
        """The members' raw maps of one label, by one method."""
        placements = self.find_member_placements(method)
        members = tuple(
            MemberMap(member.name, weight, map_ / np.float32(member.applied_temperature), placement)
            for member, weight, map_, placement in zip(self._members, self._weights, maps, placements, strict=True)
        )
        return RawMap(_weighted_sum(maps, self._factors, placements), members, join_placements(placements))


@dataclass(frozen=True)
class EnsembleProof:
    """The proofs of the members that count, by their names; a method may be shown where each of them allows it."""

    members: tuple[tuple[str, Proof], ...]

    @property
    def refusals(self) -> dict[str, Said]:
        """Method -> the first member that refuses it, and why."""
        reasons: dict[str, Said] = {}
        for name, proof in self.members:
            for key, reason in proof.refusals.items():
                reasons.setdefault(key, say("refusal-of-member", name=name, reason=reason))
        return reasons

    @property
    def curved(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, proof in self.members for name in proof.curved))

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Method -> the choices that are in a member's maps."""
        made = [proof.choices for _, proof in self.members]
        found = {key: {choice for one in made for choice in one.get(key, ())} for one in made for key in one}
        return {key: tuple(choice for choice in CHOICES if choice in found[key]) for key in found}

    @property
    def fails(self) -> bool:
        return any(proof.fails for _, proof in self.members)

    @property
    def line(self) -> str:
        return "; ".join(f"{name}: {proof.line}" for name, proof in self.members)


AnyExplainer = Explainer | EnsembleExplainer


def make_explainer(
    checkpoint: Checkpoint, proofs: Path | None = None, as_written: Collection[str] = ()
) -> AnyExplainer:
    return (EnsembleExplainer if checkpoint.card.joins_predictions else Explainer)(checkpoint, proofs, as_written)


def make_unproved_maps(
    checkpoint: Checkpoint,
    explainer: AnyExplainer,
    model: nn.Module,
    x: np.ndarray,
    labels: Sequence[int],
    methods: Sequence[str],
    on_progress: ProgressCallback = ignore_progress,
) -> Maps:
    """Maps, as the `explainer` of `checkpoint` makes them, of a network of the same kind that nobody need believe; its
    cells lie where those of the checkpoint's own do."""
    models, factors, ensemble = [model], [1.0], checkpoint.card.ensemble
    if ensemble and isinstance(model, Ensemble):
        counted = [at for at, factor in enumerate(ensemble.factors) if factor]
        models, factors = [model.members[at] for at in counted], [ensemble.factors[at] for at in counted]
    found = []
    for place, single in enumerate(models):
        relevance = None
        if _need_rules(methods):
            program = lower_network(single, explainer.as_written)
            relevance = RelevanceMaps(program, checkpoint.card.preprocess, explainer.as_written)
        share = subrange(on_progress, place, 1, len(models))

        def find_placement(method: str, place: int = place) -> Placement:
            return explainer.find_member_placements(method)[place]

        found.append(_maps(cast(Explained, single), relevance, find_placement, x, labels, methods, share))
    return {
        pair: _weighted_sum([maps[pair] for maps in found], factors, explainer.find_member_placements(pair[0]))
        for pair in found[0]
    }


def _maps(
    model: Explained,
    relevance: RelevanceMaps | None,
    find_placement: Callable[[str], Placement],
    x: np.ndarray,
    labels: Sequence[int],
    methods: Sequence[str],
    on_progress: ProgressCallback,
) -> Maps:
    square, maps = torch.from_numpy(x), {}
    reads = {key: METHODS[key].family.reads for key in methods}
    paused = [key for key in methods if reads[key] == "network"]

    @functools.cache
    def read_once() -> tuple[np.ndarray, np.ndarray]:
        return cam.read_features(model, square, labels)[:2]

    for key in methods:
        if reads[key] == "features":
            features, gradients = read_once()
            found = METHODS[key].load_function()(features[0], gradients).astype(np.float32)
        elif relevance is not None and reads[key] == "rules":
            found = relevance.maps(key, square, labels)
        else:
            turn = subrange(on_progress, paused.index(key), 1, len(paused))
            cells = [find_placement(key)] if METHODS[key].family.has_cells else []
            found = METHODS[key].load_function()(model, square, labels, turn, *cells)
        maps |= {(key, label): map_ for label, map_ in zip(labels, found, strict=True)}
    return maps


def _weighted_sum(maps: Sequence[np.ndarray], factors: Sequence[float], placements: Sequence[Placement]) -> np.ndarray:
    """Maps (h_m, w_m), each times its factor -> their sum, float32, on the finest grid, placed as `join_placements`
    has it."""
    grid, joined = find_finest_grid(maps), join_placements(placements)
    first, *others = (
        factor * (map_ if (map_.shape, own) == (grid, joined) else resample_map(map_, grid, own, joined))
        for factor, map_, own in zip(factors, maps, placements, strict=True)
    )
    return sum(others, start=first).astype(np.float32)


def _need_rules(methods: Sequence[str]) -> bool:
    return any(METHODS[key].family.reads == "rules" for key in methods)


def _refuse(proof: Proof | EnsembleProof, methods: Sequence[str]) -> None:
    for key in methods:
        if reason := proof.refusals.get(key):
            raise ExplanationError("method-refused", method=METHODS[key].name, reason=reason)
