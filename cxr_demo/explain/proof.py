"""The proof that a checkpoint's maps may be believed, run once when it is loaded.

The sum of an LRP map proves little: z-plus conserves on a wrong network too. What decides is an identity that holds
only if every layer is read right: with a vanishing epsilon, LRP-epsilon equals gradient x input on a ReLU network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from cxr_demo.backbones import BACKBONES, Backbone
from cxr_demo.checkpoint import Checkpoint
from cxr_demo.errors import ExplanationError
from cxr_demo.explain import METHODS, cam, lrp
from cxr_demo.model import Classifier

# Own choice: well above what float32 gives on a right network, far below what a wrong rule, layer or copy gives.
CAM_SUM_ERROR = 1e-4
COPY_ERROR = 1e-4
IDENTITY_R = 0.999
IDENTITY_ERROR = 5e-2  # up to 1e-2 on real films: merged weights round otherwise, and flip a ReLU that is near 0
CONSERVATION_ERROR = 0.2  # up to 0.06 on real films: a unit that lives on its bias alone has no input to pay out to

NAN = float("nan")


@dataclass(frozen=True)
class CamProof:
    """`sum_error`: worst of all labels, map's sum against logit minus bias, relative to the map's absolute sum; NaN
    where the head is not one linear layer on the mean, for then nothing says what the map must sum to."""

    sum_error: float = NAN
    refusal: str = ""

    @property
    def line(self) -> str:
        if self.refusal:
            return f"Grad-CAM not available: {self.refusal}"
        if np.isnan(self.sum_error):
            return "Grad-CAM ok (the sum is not defined: its head is not linear)"
        return f"Grad-CAM ok (sum error {self.sum_error:.0e})"


@dataclass(frozen=True)
class LrpProof:
    """`copy_error`: logits of the private copy against the network's, relative to the largest; `identity_r` and
    `identity_error`: LRP-epsilon against gradient x input, Pearson's r (blind to scale) and relative L2 distance;
    `conservation_error`: epsilon-plus-flat's sum against logit minus head bias, relative to the map's absolute sum.
    `refusal` is about both rule sets, `flat_refusal` about epsilon-plus-flat alone. NaN: not reached."""

    copy_error: float = NAN
    identity_r: float = NAN
    identity_error: float = NAN
    conservation_error: float = NAN
    refusal: str = ""
    flat_refusal: str = ""

    @property
    def line(self) -> str:
        if self.refusal:
            return f"LRP not available: {self.refusal}"
        line = f"LRP ok (r={self.identity_r:.5f} against gradient x input, copy differs by {self.copy_error:.0e})"
        return f"{line} · LRP epsilon-plus-flat not available: {self.flat_refusal}" if self.flat_refusal else line


@dataclass(frozen=True)
class Proof:
    """What was measured on a synthetic film of the checkpoint's size, for the label furthest from its bias.

    `logit`, `head_bias` (of the output layer) and `totals` (method -> sum of its map) are logit points;
    `logit - totals[method]` is what that method leaves with the biases. `totals` has no method without a defined sum.
    """

    label: str
    logit: float
    head_bias: float
    totals: dict[str, float]
    cam: CamProof
    lrp: LrpProof

    @property
    def available(self) -> dict[str, str]:
        """Method -> "" when its maps may be shown, else the reason why not."""
        refusals = {"cam": self.cam.refusal, "lrp": self.lrp.refusal}
        available = {key: refusals[method.family] for key, method in METHODS.items()}
        available["lrp-epsilon-plus-flat"] = self.lrp.refusal or self.lrp.flat_refusal
        return available

    @property
    def line(self) -> str:
        if not self.totals:
            return f"{self.cam.line} · {self.lrp.line}"
        sums = ", ".join(f"{METHODS[key].name} {total:+.2f}" for key, total in self.totals.items())
        shares = f"of the logit {self.logit:+.2f} the maps hold {sums}; the rest is the biases'"
        return f"{self.cam.line} · {self.lrp.line} · {shares}"


def prove(checkpoint: Checkpoint) -> tuple[Proof, Classifier | None]:
    """The proof, and the private copy for LRP, or None where it is refused. Costs about 20 forwards."""
    card, model, backbone = checkpoint.card, checkpoint.model, BACKBONES[checkpoint.card.backbone]
    x = torch.from_numpy(card.preprocess.apply(proof_film(card.preprocess.size_px)))
    features, gradients, logits = cam.features_and_gradients(model, x, range(len(card.labels)))
    bias = model.output.bias.detach().numpy()
    label = int(np.abs(logits - bias).argmax())
    totals: dict[str, float] = {}

    cams = np.stack([cam.grad_cam(features, gradient) for gradient in gradients])
    expected = logits - bias if _head_is_linear(model, features, logits) else None
    if expected is not None:
        totals["grad-cam"] = float(cams[label].sum())
    cam_proof = _prove_cam(model, backbone.cam_layer, x, cams, expected)
    try:
        private = _private_copy(model, backbone)
        lrp_proof = _prove_lrp(model, private, x, label, float(logits[label] - bias[label]), totals)
    except ExplanationError as error:
        lrp_proof = LrpProof(refusal=error.message)
    proof = Proof(card.labels[label], float(logits[label]), float(bias[label]), totals, cam_proof, lrp_proof)
    return proof, None if lrp_proof.refusal else private


def prove_joined(checkpoint: Checkpoint) -> tuple[Proof, None]:
    """Of joined feature maps: Grad-CAM on them, which a mean and a linear layer read, sums to logit minus bias; there
    is no LRP."""
    card, model = checkpoint.card, checkpoint.model
    x = torch.from_numpy(card.preprocess.apply(proof_film(card.preprocess.size_px)))
    features, gradients, logits = cam.features_and_gradients(model, x, range(len(card.labels)))
    bias = model.output.bias.detach().numpy()
    cams = [cam.grad_cam(features, gradient) for gradient in gradients]
    error = float(np.max([_sum_error(map_, want) for map_, want in zip(cams, logits - bias, strict=True)]))
    refusal = "" if error <= CAM_SUM_ERROR else f"its map does not sum to the logit minus the bias (error {error:.1g})"
    label = int(np.abs(logits - bias).argmax())
    proof = Proof(
        label=card.labels[label],
        logit=float(logits[label]),
        head_bias=float(bias[label]),
        totals={"grad-cam": float(cams[label].sum())},
        cam=CamProof(error, refusal=refusal),
        lrp=LrpProof(refusal="no rule set is proved here for feature maps of several networks that are joined"),
    )
    return proof, None


def proof_film(size_px: int) -> np.ndarray:
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


def _head_is_linear(model: Classifier, features: np.ndarray, logits: np.ndarray) -> bool:
    """Whether the logits are the output layer's on the mean of the features (1, K, h, w), and nothing in between."""
    mean = torch.from_numpy(features).mean(dim=(2, 3))
    if model.output.in_features != mean.shape[1]:
        return False
    with torch.no_grad():
        expected = model.output(mean)[0].numpy()
    return bool(np.abs(expected - logits).max() <= CAM_SUM_ERROR * max(1.0, np.abs(logits).max()))


def _prove_cam(
    model: Classifier, layer: str, x: torch.Tensor, cams: np.ndarray, expected: np.ndarray | None
) -> CamProof:
    """cams (L, h, w) raw, expected (L,) logit minus bias, None where that says nothing about the maps."""
    error = NAN
    if expected is not None:
        error = max(_sum_error(map_, want) for map_, want in zip(cams, expected, strict=True))
    if not _pooling_reads(model, layer, x):
        return CamProof(error, f"the global pooling does not read the output of {layer}")
    if not np.isfinite(cams).all():
        return CamProof(error, "its map holds values that are not numbers")
    if error > CAM_SUM_ERROR:
        return CamProof(error, f"its map does not sum to the logit minus the bias (error {error:.1g})")
    return CamProof(error)


def _pooling_reads(model: Classifier, layer: str, x: torch.Tensor) -> bool:
    """Whether the output of `layer`, the input of the pooling and `model.features(x)` are one and the same."""
    seen: list[torch.Tensor] = []
    handles = [
        model.net.get_submodule(layer).register_forward_hook(lambda _, __, output: seen.append(output.clone())),
        model.net.global_pool.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone())),
    ]
    try:
        with torch.no_grad():
            model(x)
            seen.append(model.features(x))
    finally:
        for handle in handles:
            handle.remove()
    return all(torch.equal(seen[0], other) for other in seen[1:])


def _private_copy(model: Classifier, backbone: Backbone) -> Classifier:
    if not backbone.lrp:
        raise ExplanationError(backbone.lrp_refusal or "no rule set is known to be right for this network")
    return lrp.private_copy(model, backbone.lrp)


def _prove_lrp(
    model: Classifier, private: Classifier, x: torch.Tensor, label: int, expected: float, totals: dict[str, float]
) -> LrpProof:
    """`expected`: logit minus head bias; the sums of both rule sets are added to `totals`."""
    with torch.inference_mode():
        logits, copied = model(x), private(x)
    copy_error = float((logits - copied).abs().max() / logits.abs().max().clamp(min=1.0))
    if not copy_error <= COPY_ERROR:
        return LrpProof(copy_error, refusal=f"the rewritten network's logits differ by {copy_error:.1g}")

    epsilon = lrp.relevance(private, lrp.epsilon, x, label).numpy()
    flat = lrp.relevance(private, lrp.epsilon_plus_flat, x, label).numpy()
    totals["lrp-epsilon"], totals["lrp-epsilon-plus-flat"] = float(epsilon.sum()), float(flat.sum())
    wanted = _gradient_x_input(model, x, label).numpy()
    r = _pearson(epsilon, wanted)
    distance = float(np.linalg.norm(epsilon - wanted) / max(np.linalg.norm(wanted), np.finfo(np.float32).tiny))
    lost = _sum_error(flat, expected)
    refusal = flat_refusal = ""
    if not (r >= IDENTITY_R and distance <= IDENTITY_ERROR):
        refusal = f"LRP-epsilon does not equal gradient x input (r={r:.3f}, distance {distance:.1g})"
    if not lost <= CONSERVATION_ERROR:
        flat_refusal = f"its map does not sum to the logit minus the bias (error {lost:.1g})"
    return LrpProof(copy_error, r, distance, lost, refusal, flat_refusal)


def _gradient_x_input(model: Classifier, x: torch.Tensor, label: int) -> torch.Tensor:
    """x (1, C, S, S) -> (S, S), summed over channels, of the network itself, without any rule."""
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(x)[0, label], x)
    return (x.detach() * gradient)[0].sum(dim=0)


def _sum_error(map_: np.ndarray, expected: float) -> float:
    """Distance of the map's sum from `expected`, relative to its absolute sum; NaN when the map is not finite."""
    total, size = map_.sum(dtype=np.float64), np.abs(map_).sum(dtype=np.float64)
    return float(abs(total - expected) / max(size, abs(expected), 1e-12))


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(dtype=np.float64), b - b.mean(dtype=np.float64)
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / norms) if norms > 0 else NAN
