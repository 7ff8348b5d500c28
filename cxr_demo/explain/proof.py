"""The proof that a checkpoint's maps are right for its network, made once, when a map is first wanted.

Correctness decides, and nothing else. An identity holds only if every layer is read right: with a vanishing epsilon,
LRP-epsilon equals gradient x input on a ReLU network. Every other rule set must give the map that zennit gives of the
same layers. How much of a logit a map holds decides nothing: z-plus conserves on a wrong network too, and on a right
one biases take their share. It depends on film and label, and `analysis.Explanation` says it of each map.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from cxr_demo.errors import ExplanationError
from cxr_demo.explain import cam
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.program import Program
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.placement import locate_cells
from cxr_demo.explain.relevance import RelevanceMaps
from cxr_demo.film.preprocess import Preprocess
from cxr_demo.grids import EVEN, Placement
from cxr_demo.networks.backbones import find_backbone
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import Ensemble, FeatureFusion
from cxr_demo.progress import ProgressCallback, ignore_progress
from cxr_demo.text.catalogue import Said, Words, format_text, say
from cxr_demo.text.formats import format_digits, format_significant

# Own choice: well above what float32 gives on a right network, far below what a wrong rule, layer or copy gives.
CAM_SUM_ERROR = 1e-4
COPY_ERROR = 1e-4
IDENTITY_R = 0.999
IDENTITY_ERROR = 5e-2  # up to 1e-2 on real films: merged weights round otherwise, and flip a ReLU that is near 0
RULE_ERROR = 1e-2  # rounding gives up to 5e-4; biases in the wrong place give 2e-1
REFERENCE_PX = 64  # zennit takes three times as long as the sweep, and a rule is the same on a small film

NAN = float("nan")


@dataclass(frozen=True)
class CamProof:
    """`sum_error`: worst of all labels, map's sum against the logit minus what the head's biases give, relative to the
    map's absolute sum; NaN where the head reads more than the mean over all cells, for then nothing says what the map
    must sum to."""

    sum_error: float = NAN
    refusal: Said = ""

    @property
    def line(self) -> str:
        if self.refusal:
            return format_text("proof-refused", what="Grad-CAM", why=self.refusal)
        if np.isnan(self.sum_error):
            return format_text("proof-cam-no-sum")
        return format_text("proof-cam", error=f"{self.sum_error:.0e}")


@dataclass(frozen=True)
class LrpProof:
    """`copy_error`: logits of the program against the network's, relative to the largest; `identity_r` and
    `identity_error`: LRP-epsilon against gradient x input, Pearson's r (blind to scale) and relative L2 distance;
    `rule_errors`: of every other rule set the relative L2 distance of its map from zennit's of the same program.
    `refusal` is about all rule sets, `refusals` about single ones. NaN: not reached.

    `is_piecewise_linear`: gradient x input is that of the network itself; else that of the network with every bent
    activation as the line from 0 to where the film puts it, gates and deviations as the numbers they are. `curved`:
    the activations that some rules were not made for; `choices`: rule set -> those of `methods.CHOICES` in its maps."""

    copy_error: float = NAN
    identity_r: float = NAN
    identity_error: float = NAN
    is_piecewise_linear: bool = True
    curved: tuple[str, ...] = ()
    rule_errors: dict[str, float] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refusal: Said = ""
    refusals: dict[str, Said] = field(default_factory=dict)

    @property
    def line(self) -> str:
        if self.refusal:
            return format_text("proof-refused", what="LRP", why=self.refusal)
        right = [error for key, error in self.rule_errors.items() if key not in self.refusals]
        parts = [
            format_text(
                "proof-lrp", r=format_digits(self.identity_r, 5), lines="no" if self.is_piecewise_linear else "yes",
                copy=f"{self.copy_error:.0e}", rules=len(right), most=f"{max(right, default=0):.0e}",
            )
        ]  # fmt: skip
        if self.curved:
            parts.append(format_text("proof-curved", activations=", ".join(self.curved)))
        parts += [
            format_text("proof-refused", what=METHODS[key].name, why=reason) for key, reason in self.refusals.items()
        ]
        return " · ".join(parts)


@dataclass(frozen=True)
class Proof:
    """What was measured on a synthetic film, for the label furthest from its bias."""

    cam: CamProof
    lrp: LrpProof
    placement: Placement = EVEN

    @property
    def refusals(self) -> dict[str, Said]:
        """Method -> why its maps may not be shown; a method that is not named may be shown."""
        parts = {"": "", "cam": self.cam.refusal, "lrp": self.lrp.refusal}
        reasons = {key: parts[method.family.proof] or self.lrp.refusals.get(key) for key, method in METHODS.items()}
        return {key: reason for key, reason in reasons.items() if reason}

    @property
    def curved(self) -> tuple[str, ...]:
        """The network's activations that rules made for ReLU were not made for, by name."""
        return self.lrp.curved

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Method -> the choices of `methods.CHOICES` that are in its maps."""
        return self.lrp.choices

    @property
    def fails(self) -> bool:
        """Whether all class activation maps or all of LRP are refused; single rule sets may be."""
        return bool(self.cam.refusal or self.lrp.refusal)

    @property
    def line(self) -> str:
        return f"{self.cam.line} · {self.lrp.line}"


def prove_checkpoint(
    checkpoint: Checkpoint, on_progress: ProgressCallback = ignore_progress, as_written: Collection[str] = ()
) -> tuple[Proof, RelevanceMaps | None]:
    """The proof, and what computes LRP, or None where it is refused. Costs about 15 forwards, between which
    `on_progress` is called."""
    card, model = checkpoint.card, checkpoint.model
    if isinstance(model, Ensemble):
        raise ValueError(f"the members of {card.name} are proved one by one")
    x = _make_input(card.preprocess, card.preprocess.size_px)
    features, gradients, logits = cam.read_features(model, x, range(len(card.labels)))
    bias = model.output.bias.detach().numpy()
    label = int(np.abs(logits - bias).argmax())

    cams = cam.grad_cam_maps(features[0], gradients)
    expected = logits - cam.measure_head_bias(model, features) if _reads_mean(gradients) else None
    layer = "" if checkpoint.members else find_backbone(card.backbone).cam_layer
    cam_proof = _prove_cam(model, layer, x, cams, expected)
    try:
        relevance = RelevanceMaps(lower_network(model, as_written), card.preprocess, as_written)
        lrp_proof = _prove_lrp(model, relevance, x, label)
        if lrp_proof.refusal:  # a ReLU near 0 that single precision flips is no fault of a rule
            exact = copy.deepcopy(model).double()
            doubled = RelevanceMaps(lower_network(exact, as_written), card.preprocess, as_written)
            lrp_proof = _prove_lrp(exact, doubled, x.double(), label)
        if not lrp_proof.refusal:
            lrp_proof = _prove_rules(lrp_proof, relevance, card.preprocess, label, on_progress)
    except ExplanationError as error:
        relevance, lrp_proof = None, LrpProof(refusal=error.said[0])
    else:
        relevance.forget()  # the proof used every rule; the page asks for two at first
    placement = locate_cells(model, card.preprocess.size_px)
    return Proof(cam_proof, lrp_proof, placement), None if lrp_proof.refusal else relevance


def _round_error(error: float) -> Words:
    """One digit of it."""
    return Words(format_significant, float(f"{error:.1g}"))


def _make_input(preprocess: Preprocess, size_px: int) -> torch.Tensor:
    """The proof's film, (1, C, S, S), normalised."""
    return torch.from_numpy(preprocess.normalise(make_proof_image(size_px)))


def make_proof_image(size_px: int) -> np.ndarray:
    """A smooth stand-in for a frontal film, (S, S) float32 0..1, the same at every call: dark lungs with ribs, bright
    middle, heart and belly, and a little of everything else, so that no unit of a network is left in the dark."""
    y, x = np.mgrid[0:size_px, 0:size_px].astype(np.float64) / size_px - 0.5
    lungs = sum(np.exp(-(((x - side) / 0.13) ** 4) - ((y + 0.04) / 0.3) ** 4) for side in (-0.21, 0.21))
    ribs = 0.08 * np.sin(55 * (y + 0.9 * x * x)) * lungs
    heart = 0.25 * np.exp(-(((x - 0.06) / 0.13) ** 2) - ((y - 0.14) / 0.13) ** 2)
    film = 0.75 - 0.55 * lungs + ribs + heart - 0.3 * np.maximum(np.abs(x) - 0.38, 0) * 4
    film += 0.03 * np.random.default_rng(0).standard_normal(film.shape)
    # Squeezed, not clipped: on an area of one value a max pooling has no winner, and a gradient no meaning.
    return ((film - film.min()) / np.ptp(film)).astype(np.float32)


def _reads_mean(gradients: np.ndarray) -> bool:
    """Whether every cell (L, K, h, w) weighs the same, as where nothing but their mean is read."""
    return bool(np.ptp(gradients, axis=(2, 3)).max() <= CAM_SUM_ERROR * np.abs(gradients).max())


def _prove_cam(
    model: Classifier | FeatureFusion, layer: str, x: torch.Tensor, cams: np.ndarray, expected: np.ndarray | None
) -> CamProof:
    """cams (L, h, w) raw, expected (L,) logit minus the biases' part, None where that says nothing about the maps;
    `layer`: whose output the pooling must read, none for joined feature maps."""
    error = NAN
    if expected is not None:
        error = max(_sum_error(map_, want) for map_, want in zip(cams, expected, strict=True))
    if isinstance(model, Classifier) and not _parts_are_whole(model, x):
        return CamProof(error, say("refusal-parts"))
    if layer and isinstance(model, Classifier) and not _pooling_reads(model, layer, x):
        return CamProof(error, say("refusal-pooling-reads", layer=layer))
    if not np.isfinite(cams).all():
        return CamProof(error, say("refusal-not-numbers"))
    if error > CAM_SUM_ERROR:
        return CamProof(error, say("refusal-sum", error=_round_error(error)))
    return CamProof(error)


def _parts_are_whole(model: Classifier, x: torch.Tensor) -> bool:
    with torch.no_grad():
        logits, joined = model(x), model.head(model.features(x))
    return bool((logits - joined).abs().max() <= CAM_SUM_ERROR * max(1.0, float(logits.abs().max())))


def _pooling_reads(model: Classifier, layer: str, x: torch.Tensor) -> bool:
    """Whether the output of `layer`, the input of the pooling and `model.features(x)` are one and the same. Other
    threads may ask the network meanwhile: what they see is not looked at."""
    seen: list[torch.Tensor] = []
    own = threading.get_ident()

    def note(tensor: Any) -> None:
        if threading.get_ident() == own:
            seen.append(tensor.clone())

    handles = [
        model.net.get_submodule(layer).register_forward_hook(lambda _, __, output: note(output)),
        model.pooling.register_forward_pre_hook(lambda _, inputs: note(inputs[0])),
    ]
    try:
        with torch.no_grad():
            model(x)
            seen.append(model.features(x))
    finally:
        for handle in handles:
            handle.remove()
    return all(torch.equal(seen[0], other) for other in seen[1:])


def _prove_lrp(model: Classifier | FeatureFusion, relevance: RelevanceMaps, x: torch.Tensor, label: int) -> LrpProof:
    """Whether the program is the network: its logits, and LRP-epsilon of it against a gradient that knows no rule."""
    program = relevance.program
    with torch.no_grad():
        logits, copied = model(x), program.values(x)[program.end]
    copy_error = float((logits - copied).abs().max() / logits.abs().max().clamp(min=1.0))
    if not copy_error <= COPY_ERROR:
        return LrpProof(copy_error, refusal=say("refusal-copy", error=_round_error(copy_error)))

    straight = program.is_piecewise_linear
    wanted = (_gradient_x_input(model, x, label) if straight else gradient_x_input_of_lines(program, x, label)).numpy()
    epsilon = relevance.maps("lrp-epsilon", x, [label])[0]
    r, distance = _pearson(epsilon, wanted), _measure_distance(epsilon, wanted)
    refusal: Said = ""
    if not (r >= IDENTITY_R and distance <= IDENTITY_ERROR):
        refusal = say("refusal-identity", r=Words(format_digits, r, 3), distance=_round_error(distance))
    return LrpProof(copy_error, r, distance, straight, program.curved_activations, refusal=refusal)


def _prove_rules(
    proof: LrpProof, relevance: RelevanceMaps, preprocess: Preprocess, label: int, on_progress: ProgressCallback
) -> LrpProof:
    """The same with every other rule set compared with zennit, another hand's derivation of the rules."""
    keys = [key for key, method in METHODS.items() if method.family.reads == "rules" and key != "lrp-epsilon"]
    x, errors = _make_input(preprocess, min(REFERENCE_PX, preprocess.size_px)), {}
    try:
        relevance.maps(keys[0], x, [label])
    except RuntimeError:  # a network that reads one size alone
        x = _make_input(preprocess, preprocess.size_px)
    make_map = relevance.make_reference()
    for done, key in enumerate(keys, 1):
        errors[key] = _measure_distance(relevance.maps(key, x, [label])[0], make_map(key, x, label))
        on_progress(done, len(keys))
    refusals = {
        key: say("refusal-rules", error=_round_error(error)) for key, error in errors.items() if not error <= RULE_ERROR
    }
    choices = {key: relevance.list_choices(key) for key in keys}
    return replace(proof, rule_errors=errors, choices=choices, refusals=refusals)


def _gradient_x_input(model: Classifier | FeatureFusion, x: torch.Tensor, label: int) -> torch.Tensor:
    """x (1, C, S, S) -> (S, S), summed over channels, of the network itself, without any rule."""
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(x)[0, label], x)
    return (x.detach() * gradient)[0].sum(dim=0)


def gradient_x_input_of_lines(program: Program, x: torch.Tensor, label: int) -> torch.Tensor:
    """The same of a program in which every activation is the line from 0 to its value and every gate and every
    deviation of a layer norm a number: what LRP-epsilon with unchanged relevance at them must equal."""
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        values = {program.start: x}
        for step in program.steps:
            ins = [values[name] for name in step.ins]
            match step.operation:
                case op.Activation() if not step.operation.is_piecewise_linear:
                    line = torch.where(ins[0] == 0, 0, step.operation.apply(ins[0]) / ins[0])
                    values[step.out] = ins[0] * line.detach()
                case op.Gate():
                    values[step.out] = ins[0] * ins[1].detach()
                case op.Standardise():
                    values[step.out] = step.operation.apply(ins[0], step.operation.slope(ins[0]).detach())
                case _:
                    values[step.out] = step.operation.apply(*ins)
        (gradient,) = torch.autograd.grad(values[program.end][0, label], x)
    return (x.detach() * gradient)[0].sum(dim=0)


def _sum_error(map_: np.ndarray, expected: float) -> float:
    """Distance of the map's sum from `expected`, relative to its absolute sum; NaN when the map is not finite."""
    total, size = map_.sum(dtype=np.float64), np.abs(map_).sum(dtype=np.float64)
    return float(abs(total - expected) / max(size, abs(expected), 1e-12))


def _measure_distance(found: np.ndarray, wanted: np.ndarray) -> float:
    """Relative L2 distance; NaN when `found` is not finite."""
    return float(np.linalg.norm(found - wanted) / max(np.linalg.norm(wanted), np.finfo(np.float32).tiny))


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(dtype=np.float64), b - b.mean(dtype=np.float64)
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / norms) if norms > 0 else NAN
