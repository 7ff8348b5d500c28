"""What is proved of timm's convolutional networks by name, as the table of docs/networks.md.

    python -m tests.bench.networks [NAME ...]

Random weights, batch norms fitted to synthetic films, 64 px (96 where a network takes no less), one channel, in
float64, so that an exploded random network's rounding decides nothing. The film is one that the norms were fitted to.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import torch
from torch import nn

from cxr_demo.errors import CxrError, ExplanationError
from cxr_demo.explain import cam
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.lrp.propagate import Propagator
from cxr_demo.explain.lrp.zennit_reference import ZennitReference, make_composite
from cxr_demo.explain.methods import METHODS
from cxr_demo.explain.placement import locate_cells
from cxr_demo.explain.proof import gradient_x_input_of_lines
from cxr_demo.networks.classifier import Classifier
from tests.conftest import make_film

NAMES = (
    "resnet34", "resnext50_32x4d", "wide_resnet50_2", "seresnet50", "resnet50d", "resnetblur18", "resnest14d",
    "res2net50_26w_4s", "regnetx_002", "regnety_004", "densenet169", "tf_efficientnet_b0", "tf_efficientnet_lite0",
    "tf_efficientnetv2_b0", "mobilenetv3_small_100", "mnasnet_small", "xception41", "inception_v3", "inception_v4",
    "vgg11_bn", "convnext_atto", "convnextv2_atto", "ghostnet_100", "rexnet_100", "repvgg_a0", "cspresnet50",
    "cspdarknet53", "selecsls42b", "hrnet_w18_small", "ecaresnet26t", "dpn68", "dla34", "vit_tiny_patch16_224",
)  # fmt: skip
LARGER = {"inception_v3": 96, "inception_v4": 96}
SIZE_PX = 64
LABEL = 1


def make_network(name: str, size_px: int) -> tuple[Classifier, torch.Tensor]:
    """The network in eval mode and a film (1, 1, S, S), both in float64."""
    torch.manual_seed(0)
    model = Classifier(name, 3, 1).double()
    films = np.stack([make_film(seed, (size_px, size_px)) for seed in range(4)])
    x = torch.from_numpy((films - 0.5) / 0.25).double()[:, None]
    for norm in model.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.momentum = 1.0
    with torch.no_grad():
        model.train()(x)
    return model.eval().requires_grad_(False), x[:1]


def measure_cam(model: Classifier, x: torch.Tensor) -> str:
    """Grad-CAM's sum against the logit minus what the head's biases give, or that it is not defined; both after the
    parts were compared."""
    features, gradients, logits = cam.read_features(model, x, range(3))
    if not np.allclose(logits, model(x)[0].numpy(), rtol=1e-9):
        return "the parts are not the network"
    if np.ptp(gradients, axis=(2, 3)).max() > 1e-9 * np.abs(gradients).max():
        return "yes, no sum (its head reads more than the mean)"
    total = cam.grad_cam_maps(features[0], gradients)[LABEL].sum(dtype=np.float64)
    expected = float((logits - cam.measure_head_bias(model, features))[LABEL])
    return f"yes, sum to {abs(total - expected) / max(abs(expected), 1e-12):.0e}"


def measure_offset(model: Classifier, x: torch.Tensor) -> str:
    """How far below and right of where cells that fill the square would be the network's cells lie, in cells."""
    grid = model.features(x).shape[2:]
    down, right = locate_cells(model, x.shape[-1]).find_offset((grid[0], grid[1]))
    return f"{down:+.2f}" if abs(down - right) < 0.005 else f"{down:+.2f} / {right:+.2f}"


def measure_lrp(model: Classifier, x: torch.Tensor) -> tuple[str, str]:
    """r of LRP-epsilon against gradient x input, and which other rule sets give zennit's map, finite and not empty."""
    program = lower_network(model)
    with torch.no_grad():
        copy = float((program.values(x)[program.end] - model(x)).abs().max() / model(x).abs().max())
    if copy > 1e-9:
        return f"the copy differs by {copy:.0e}", ""
    wanted = gradient_x_input_of_lines(program, x, LABEL)
    if program.is_piecewise_linear:
        with torch.enable_grad():
            image = x.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(model(image)[0, LABEL], image)
        wanted = (x * gradient)[0].sum(dim=0)
    bounds = torch.full((1, 1, 1, 1), -2.0), torch.full((1, 1, 1, 1), 2.0)  # black and white of the film
    sweep, reference = Propagator(program, bounds), ZennitReference(program)
    found = sweep.relevance(rule_sets.EPSILON, x, [LABEL])[0]
    r = float(np.corrcoef(found.flatten(), wanted.flatten())[0, 1])
    of_what = "" if program.is_piecewise_linear else ", activations as lines"
    right = [
        name
        for name, rules in _others()
        if _is_right(sweep.relevance(rules, x, [LABEL]), reference.relevance(make_composite(rules, bounds), x, [LABEL]))
    ]
    return f"r = {r:.5f}{of_what}", _name_sets(right)


def _name_sets(names: list[str]) -> str:
    return "all five" if len(names) == len(_others()) == 5 else ", ".join(names) or "none"


def _others() -> list[tuple[str, rule_sets.Rules]]:
    loaded = {method.name: method.load_function() for key, method in METHODS.items() if method.family.reads == "rules"}
    return [(name.removeprefix("LRP "), rules) for name, rules in loaded.items() if rules != rule_sets.EPSILON]


def _is_right(map_: torch.Tensor, zennits: torch.Tensor) -> bool:
    return bool(map_.any() and (map_ - zennits).norm() <= 1e-6 * map_.norm())


def make_row(name: str) -> str:
    try:
        model, x = make_network(name, LARGER.get(name, SIZE_PX))
    except CxrError as error:
        return f"| `{name}` | no | | no | {error.message} |"
    grad_cam = f"{measure_cam(model, x)} | {measure_offset(model, x)}"
    try:
        lrp, others = measure_lrp(model, x)
    except ExplanationError as error:
        return f"| `{name}` | {grad_cam} | no | {error.message[0].upper()}{error.message[1:]}. |"
    return f"| `{name}` | {grad_cam} | {lrp} | {others} |"


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    print(
        "| network | Grad-CAM | offset | LRP (epsilon) | other rule sets, or why there is no LRP |\n"
        "|---|---|---|---|---|"
    )
    for chosen in sys.argv[1:] or NAMES:
        print(make_row(chosen), flush=True)
