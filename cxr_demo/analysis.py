"""Analyser: one checkpoint as the page uses it. An image in, a Study out; a Study in, Explanations out.

It takes turns around every use of its networks and owns the cache of maps, so it may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.evaluate import PARTS, EvaluationContext, MapEvaluation, estimate_forwards, evaluate_maps
from cxr_demo.explain.engine import EnsembleProof, RawMap, make_explainer
from cxr_demo.explain.map_cache import Key, SharedMaps
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.proof import Proof
from cxr_demo.explain.study import Explanation, MemberAnswers, Study
from cxr_demo.film.reading import Radiograph
from cxr_demo.limits import CACHE_BYTES
from cxr_demo.networks.card import Card
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier, compute_probabilities
from cxr_demo.networks.ensemble import compute_member_probabilities
from cxr_demo.networks.folding import fold_where_same
from cxr_demo.networks.standing import find_standing
from cxr_demo.networks.turns import SharedPass, Turns
from cxr_demo.progress import ProgressCallback, ignore_progress, subrange
from cxr_demo.text.catalogue import Said, join_words, say

# The methods until a person asks for others: Grad-CAM, the LRP that its authors recommend, and what tells most by the
# phantom benchmark (weights/phantom.json): the method with the largest share of its evidence on what caused the answer,
# mean over the findings of the honest network and the letters of the cheat. Own choice: so for every network, since
# only on rendered films is the cause known; the card of a network that was never measured says nothing better.
DEFAULT_METHODS = ("grad-cam", "lrp-epsilon-plus-flat", "lrp-epsilon-alpha2-beta1-flat")
SQUARES_AT_ONCE = 8  # in one pass: the others wait for their turn meanwhile
# Of all of these. What a layer makes of more is so large that glibc asks the system for it and hands it back, layer
# after layer: of eight squares of 224 px each takes a fifth longer than of five.
PIXELS_AT_ONCE = 2**18


class Analyser:
    """The networks of one checkpoint, and the maps that they made. They are proved when a map is first wanted; `proofs`
    is a folder of proofs that were made before, see `explain.proof_cache`; `as_written`: the choices of
    `methods.CHOICES` that LRP undoes. Analysers with the same `turns` compute one after the other, or each on its part
    of the cores: on the same ones, both together take longer. `cache_bytes` of maps are kept that nobody holds any
    more. At most `squares_at_once` images go through the network together. `is_folded`: what `analyse` asks is a copy
    in fewer steps, where there is one: 0.6 of the time of an EfficientNet-Lite; a logit moves by about 1e-6."""

    def __init__(
        self, checkpoint: Checkpoint, *, cache_bytes: int = CACHE_BYTES, proofs: Path | None = None,
        as_written: Collection[str] = (), turns: Turns | None = None, squares_at_once: int = SQUARES_AT_ONCE,
        is_folded: bool = False,
    ) -> None:  # fmt: skip
        self._checkpoint = checkpoint
        checkpoint.model.to(memory_format=torch.channels_last)  # no value changes; a fifth off a forward
        self._asked, square = checkpoint.model, self.card.preprocess
        if is_folded:
            self._asked = fold_where_same(checkpoint.model, len(square.mean), square.size_px)
        self._explainer = make_explainer(checkpoint, proofs, as_written)
        self._proving = threading.Lock()
        self._turns = turns or Turns()
        self._at_once = min(squares_at_once, max(1, PIXELS_AT_ONCE // self.card.preprocess.size_px**2))
        self._pass = SharedPass(self._turns, self._answer_images, self._at_once)
        self._maps: SharedMaps[Explanation] = SharedMaps(self._turns, cache_bytes)

    @property
    def card(self) -> Card:
        return self._checkpoint.card

    @property
    def sha256(self) -> str:
        return self._checkpoint.sha256

    @property
    def is_proved(self) -> bool:
        """Whether `proof` is known without work."""
        return self._explainer.is_proved

    @property
    def proof(self) -> Proof | EnsembleProof:
        return self.prove()

    @property
    def known_refusals(self) -> dict[str, Said]:
        """Method -> why its maps may not be shown, as far as that is known without work."""
        return self.proof.refusals if self.is_proved else {}

    def prove(self) -> Proof | EnsembleProof:
        """What the checkpoint's maps were checked for; made once, by whoever asks first, and the others wait."""
        if self.is_proved:
            return self._explainer.proof
        with self._proving, self._turns:  # in this order: the second is let go of in between
            return self._explainer.prove(self._give_turn(ignore_progress))

    def analyse(self, image: Radiograph) -> Study:
        """Logits and probabilities of every label, and the square they were read from. Images that wait for their turn
        go through the network together, which moves a logit by about 1e-6."""
        card = self.card
        square = card.preprocess.square(image.pixels)
        x = torch.from_numpy(card.preprocess.normalise(square))
        logits, members = self._pass.ask(x)
        scores = compute_probabilities(logits[None], card.task, card.applied_temperature)
        return Study(
            image, card.name, self.sha256, card.labels, _read_only(logits.numpy()), _read_only(scores[0].numpy()),
            _read_only(square), card.calibrated, members,
        )  # fmt: skip

    def score_squares(self, squares: np.ndarray) -> np.ndarray:
        """squares (N, S, S) float32 0..1, as a Study's -> their probabilities (N, L) float32, a few at a time."""
        card = self.card
        x, logits = torch.from_numpy(card.preprocess.normalise(squares[:, None])), []
        for batch in x.split(self._at_once):
            with self._turns, torch.inference_mode():
                logits.append(self._checkpoint.model(batch))
        return _read_only(compute_probabilities(torch.cat(logits), card.task, card.applied_temperature).numpy())

    def _answer_images(self, images: Sequence[torch.Tensor]) -> list[tuple[torch.Tensor, MemberAnswers]]:
        """Each (1, C, S, S) -> its logits (L,), and the members' own from the same pass; called with the turn."""
        model, card, x = self._asked, self.card, torch.cat(list(images))
        with torch.inference_mode():
            if card.ensemble is None or isinstance(model, Classifier):
                none = _read_only(np.zeros((0, len(card.labels)), np.float32))
                return [(logits, MemberAnswers((), none, none)) for logits in model(x)]
            joined, own = model.answers(x)
            scores = compute_member_probabilities(
                own, card.task, [member.applied_temperature for member in card.ensemble.members]
            ).float()
        names = tuple(member.name for member in card.ensemble.members)
        return [
            (joined[i], MemberAnswers(names, _read_only(own[:, i].numpy()), _read_only(scores[:, i].numpy())))
            for i in range(len(x))
        ]

    def _explained_logit(self, study: Study, label: str) -> float:
        """What the maps of a label explain, in logit points."""
        position, ensemble = study.labels.index(label), self.card.ensemble
        if ensemble is None or not self.card.joins_predictions:
            return float(study.logits[position])
        return float(np.asarray(ensemble.factors) @ study.members.logits[:, position].astype(np.float64))

    def explain(
        self,
        study: Study,
        labels: Sequence[str],
        methods: Sequence[str],
        on_progress: ProgressCallback | None = None,
    ) -> dict[tuple[str, str], Explanation]:
        """Every asked method for every asked label: (method, label) -> Explanation.

        `on_progress(done, total)` is told the number of finished maps, with fractions while a long one is made, outside
        the turn; what it raises ends the work. Raises ExplanationError for a label or method that is unknown or
        refused, and for a foreign study. A map that somebody else makes or still holds is not made again.
        """
        self._check(study, labels, methods)
        wanted = dict.fromkeys((method, label) for method in methods for label in labels)
        maps: dict[tuple[str, str], Explanation] = {}
        for batch in _batches(list(wanted)):
            share = subrange(on_progress or ignore_progress, len(maps), len(batch), len(wanted))
            maps |= self._explain_batch(study, batch, share)
            if on_progress is not None:
                on_progress(len(maps), len(wanted))
        return {pair: maps[pair] for pair in wanted}

    def _explain_batch(
        self, study: Study, batch: Sequence[tuple[str, str]], on_progress: ProgressCallback
    ) -> dict[tuple[str, str], Explanation]:
        """Those of one call. Whoever asks for other labels of the same methods meanwhile makes those alone."""
        proof, image = self.proof, (study.image.sha256, study.checkpoint_sha256)

        def make(missing: Sequence[Key]) -> dict[Key, Explanation]:
            made = self._make_maps(
                study, [(method, label) for *_, method, label in missing], self._give_turn(on_progress)
            )
            return {
                (*image, *pair): _explanation(pair, _kept(map_), self._explained_logit(study, pair[1]), proof)
                for pair, map_ in made.items()
            }

        found = self._maps.find_or_make([(*image, *pair) for pair in batch], make, on_progress)
        return {pair: found[*image, *pair] for pair in batch}

    def _make_maps(
        self, study: Study, pairs: Sequence[tuple[str, str]], on_progress: ProgressCallback
    ) -> dict[tuple[str, str], RawMap]:
        """In one turn, which long methods give to others in between."""
        positions = {study.labels.index(label): label for _, label in pairs}
        methods, x = list(dict.fromkeys(method for method, _ in pairs)), self.card.preprocess.normalise(study.square)
        made = self._explainer.maps_with_members(x, list(positions), methods, on_progress)
        return {(method, positions[position]): map_ for (method, position), map_ in made.items()}

    def evaluate_maps(
        self,
        study: Study,
        explanations: Sequence[Explanation],
        on_progress: ProgressCallback | None = None,
        parts: Collection[str] = PARTS,
    ) -> dict[str, MapEvaluation]:
        """The quality of maps of one label that `explain` made of this study: method -> MapEvaluation.

        Takes hundreds of forwards, which `on_progress(done, total)` counts. Raises ExplanationError as `explain` does,
        also for no maps at all and for those of a contrast, and ValueError for maps of several labels.
        """
        if not explanations:
            raise ExplanationError("check-no-map")
        if any(explained.is_contrast for explained in explanations):
            raise ExplanationError("contrast-not-checked")
        maps = {explained.method: explained.map_square for explained in explanations}
        (label,) = {explained.label for explained in explanations}
        self._check(study, [label], list(maps))
        on_progress = self._give_turn(on_progress or ignore_progress)
        with self._turns:
            return evaluate_maps(self._make_context(study, label), maps, on_progress, parts)

    def estimate_forwards(self, methods: Sequence[str], part: str) -> float:
        """About how many forwards `evaluate_maps` takes for one part and the maps of these methods at once."""
        return estimate_forwards(self._checkpoint.model, methods, part)

    def _make_context(self, study: Study, label: str) -> EvaluationContext:
        seen = self.card.preprocess.mark_image(study.image.pixels.shape)
        return EvaluationContext(self._checkpoint, self._explainer, study.square, seen, study.labels.index(label))

    def _give_turn(self, tell: ProgressCallback) -> ProgressCallback:
        """A pause that lets all who wait have the networks, called with the turn."""

        def on_progress(done: float, total: float) -> None:
            self._turns.release()
            try:
                tell(done, total)
            finally:
                self._turns.acquire()

        return on_progress

    def _check(self, study: Study, labels: Sequence[str], methods: Sequence[str]) -> None:
        if study.checkpoint_sha256 != self.sha256:
            raise ExplanationError("study-foreign", made=study.checkpoint, name=self.card.name)
        for label in labels:
            if label not in self.card.labels:
                raise ExplanationError("label-unknown", label=label, known=", ".join(self.card.labels))
        for method in methods:
            if method not in METHODS:
                raise ExplanationError("method-unknown", method=method, known=", ".join(METHODS))
            if reason := self.proof.refusals.get(method):
                raise ExplanationError("method-refused", method=METHODS[method].name, reason=reason)


def choose_default_methods(*analysers: Analyser) -> list[str]:
    """The methods of DEFAULT_METHODS that all these checkpoints can prove; ExplanationError where there is none."""
    refusals: dict[str, Said] = {}
    for analyser in analysers:
        refusals = {**analyser.proof.refusals, **refusals}
    if methods := [key for key in DEFAULT_METHODS if key not in refusals]:
        return methods
    reasons = [say("refusal-of-member", name=METHODS[key].name, reason=refusals[key]) for key in DEFAULT_METHODS]
    raise ExplanationError("methods-none-proved", reasons=join_words(*reasons, between="; "))


def order_labels(card: Card, probabilities: np.ndarray) -> list[str]:
    """The labels in the order in which to look at them: the most probable first; of a multi-label network, whose
    rare findings are never probable, those above their threshold first, each by its share of the threshold, then those
    without one, and last those that the network cannot tell."""

    def rank(label: str) -> tuple[float, ...]:
        how = find_standing(card, probabilities, label)
        if card.task == "single-label":
            return (-how.probability,)
        place = ("above", "below", "no threshold", "cannot tell").index(how.verdict)
        return (place, -how.probability / ((how.threshold or 1e-9) if place < 2 else 1))

    return sorted(card.labels, key=rank)


def _batches(pairs: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Pairs that are made together: all CAM maps, and every other method's labels; others come in between."""
    batches: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        shares_a_pass = METHODS[pair[0]].family.reads == "features"
        batches.setdefault("features" if shares_a_pass else pair[0], []).append(pair)
    return list(batches.values())


def _explanation(pair: tuple[str, str], made: RawMap, logit: float, proof: Proof | EnsembleProof) -> Explanation:
    method, label = pair
    total, unit = float(made.map_square.sum(dtype=np.float64)), METHODS[method].unit
    curved = proof.curved if METHODS[method].made_for_relu else ()
    return Explanation(
        method, label, made.map_square, unit, logit, total, logit - total, made.members,
        curved=curved, choices=proof.choices.get(method, ()), placement=made.placement,
    )  # fmt: skip


def _kept(made: RawMap) -> RawMap:
    """The same, that no caller can change."""
    members = (replace(member, map_square=_read_only(member.map_square)) for member in made.members)
    return replace(made, map_square=_read_only(made.map_square), members=tuple(members))


def _read_only(array: np.ndarray) -> np.ndarray:
    """The array's own copy, so that no caller and no tensor can change it."""
    array = np.array(array)
    array.flags.writeable = False
    return array
