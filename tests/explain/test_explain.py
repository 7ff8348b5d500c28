"""METHODS on every family of networks: what each map promises; and the proof that a checkpoint must pass."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import psutil
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from cxr_demo.analysis import Analyser
from cxr_demo.errors import ExplanationError
from cxr_demo.explain import methods, proof
from cxr_demo.explain.engine import Explainer
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.lrp import propagate
from cxr_demo.explain.lrp import rules as rule_sets
from cxr_demo.explain.lrp.lowering import lower_network
from cxr_demo.explain.methods import CAM, GRADIENT, LRP, METHODS, SCORE_CAM, Unit
from cxr_demo.explain.relevance import RelevanceMaps
from cxr_demo.networks.backbones import BACKBONES
from cxr_demo.text.method_text import describe_caption
from tests.conftest import (
    FAMILIES,
    LABELS,
    SIZE_PX,
    TINY,
    count_hooks,
    make_checkpoint,
    make_film,
    make_image,
    program_hash,
    weights_hash,
)

CELLS = {CAM, SCORE_CAM}  # the families whose maps have the features' grid; all others have the film's
SAME_FOR_ALL = {"eigen-cam"}  # it reads no label
COSTLY = 20  # forwards; what costs more asks the network as a whole, so it is repeated on one family alone
RULES = [key for key, method in METHODS.items() if method.family.reads == "rules"]


def square(checkpoint, seed: int = 0) -> np.ndarray:
    return checkpoint.card.preprocess.apply(make_film(seed))


@pytest.fixture(scope="module")
def explainer(tiny_checkpoint):
    return Explainer(tiny_checkpoint)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_states_what_a_reader_needs(method):
    assert METHODS[method.key] is method and method.name and method.paper and method.unit
    assert method.shown in {"positive", "signed"} and method.unit in Unit
    function = method.load_function()
    assert method.cost_forwards >= 1 and callable(function) != isinstance(function, rule_sets.Rules)
    caption = describe_caption(method)
    assert caption.endswith(".") and "\n" not in caption


# ---- contract of every method on every family


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tiny_backbones):
    """A checkpoint, its explainer, and the hashes of all that they hold."""
    checkpoint = make_checkpoint(request.param)
    made = Explainer(checkpoint)
    before = weights_hash(checkpoint.model), program_hash(made._get_relevance().program)
    yield checkpoint, made
    assert (weights_hash(checkpoint.model), program_hash(made._get_relevance().program)) == before
    assert count_hooks(checkpoint.model) == 0 and not checkpoint.model.training
    assert not any(p.requires_grad or p.grad is not None for p in checkpoint.model.parameters())


@pytest.mark.parametrize("key", METHODS)
def test_maps_are_finite_repeatable_and_of_their_own_label(family, key):
    checkpoint, made = family
    assert not made.proof.refusals
    x, method = square(checkpoint), METHODS[key]
    kept, maps = x.copy(), made.maps(x, [0, 2], [key])
    assert list(maps) == [(key, 0), (key, 2)]
    cells = checkpoint.model.features(torch.from_numpy(x)).shape[2:]
    for map_ in maps.values():
        assert map_.dtype == np.float32 and np.isfinite(map_).all() and map_.any()
        assert map_.shape == (cells if method.family in CELLS else (SIZE_PX, SIZE_PX))
    assert np.allclose(maps[key, 0], maps[key, 2], rtol=1e-3) == (key in SAME_FOR_ALL)
    if checkpoint.card.backbone == "tiny" or method.cost_forwards <= COSTLY:
        again, alone = made.maps(x, [0, 2], [key]), made.maps(x, [2], [key])[key, 2]
        assert all((again[pair] == map_).all() for pair, map_ in maps.items())
        np.testing.assert_allclose(alone, maps[key, 2], rtol=0, atol=1e-5 * np.abs(alone).max())
    assert (x == kept).all()


def test_permuting_the_labels_permutes_the_maps(family):
    checkpoint, made = family
    order, turned = [2, 0, 3, 1], copy.deepcopy(checkpoint.model)
    turned.output.weight.copy_(turned.output.weight[order].clone())
    turned.output.bias.copy_(turned.output.bias[order].clone())
    other = Explainer(dataclasses.replace(checkpoint, model=turned))
    x, every = square(checkpoint, 3), checkpoint.card.backbone == "tiny"
    keys = [key for key, method in METHODS.items() if every or method.cost_forwards <= COSTLY]
    maps, permuted = made.maps(x, [0, 2], keys), other.maps(x, [0, 1], keys)
    for key in keys:
        for new, old in enumerate(order[:2]):
            size = np.abs(maps[key, old]).max()
            np.testing.assert_allclose(permuted[key, new], maps[key, old], rtol=0, atol=1e-4 * size, err_msg=key)


def test_the_network_is_left_as_it_was(tiny_checkpoint):
    model = tiny_checkpoint.model
    before = weights_hash(model)
    explainer = Explainer(tiny_checkpoint)
    program = program_hash(explainer._get_relevance().program)
    explainer.maps(square(tiny_checkpoint), range(4), list(METHODS))
    for key in METHODS:
        with pytest.raises(RuntimeError):
            explainer.maps(square(tiny_checkpoint)[:, :, :, :4], [0], [key])
    assert weights_hash(model) == before and not model.training and count_hooks(model) == 0
    assert program_hash(explainer._get_relevance().program) == program
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def test_five_hundred_explanations_in_a_row_leave_no_memory_behind(tiny_checkpoint):
    """The cache is small enough to be full from the start, so that it is not what grows."""
    analyser, process = Analyser(tiny_checkpoint, cache_bytes=2**19), psutil.Process()
    keys = [key for key, method in METHODS.items() if method.cost_forwards <= 50]
    # Class activation maps, the fast sweep, zennit and gradients: all but what asks hundreds of forwards.
    assert {METHODS[key].family for key in keys} == {CAM, LRP, GRADIENT} and set(RULES) < set(keys)
    images = [make_image(seed) for seed in range(8)]

    def explain(count: int) -> int:
        for turn in range(count):
            study = analyser.analyse(images[turn % len(images)])
            label = LABELS[turn // len(images) % len(LABELS)]
            analyser.explain(study, [label], [keys[turn % len(keys)]])
        return process.memory_info().rss

    before = explain(100)
    assert explain(500) - before < 5e6  # 10 KB each; one map has 16


def test_grad_cam_is_the_librarys_map_before_it_is_stretched(explainer, tiny_checkpoint):
    x, net = square(tiny_checkpoint, 1), copy.deepcopy(tiny_checkpoint.model.net)
    for label in range(4):
        with GradCAM(net, [net.get_submodule(TINY.cam_layer)]) as library:
            expected = library(torch.from_numpy(x).requires_grad_(), [ClassifierOutputTarget(label)])[0]
        raw = explainer.maps(x, [label], ["grad-cam"])["grad-cam", label]
        stretched = scale_cam_image(np.maximum(raw, 0)[None], (SIZE_PX, SIZE_PX))
        np.testing.assert_allclose(expected, scale_cam_image(stretched)[0], atol=1e-5)


# ---- the proof


def test_the_proof_of_a_right_checkpoint(explainer):
    found = explainer.proof
    assert not found.refusals
    assert found.cam.sum_error < 1e-5 and found.lrp.copy_error < 1e-5
    assert found.lrp.identity_r > 0.99999 and found.lrp.identity_error < 1e-3 and found.lrp.is_piecewise_linear
    assert set(found.lrp.rule_errors) == set(RULES) - {"lrp-epsilon"} and not found.lrp.refusals
    assert max(found.lrp.rule_errors.values()) < 1e-4 and not found.curved
    assert found.line.startswith("Grad-CAM ok (sum error ")
    assert "LRP ok (r=1.00000 against gradient x input, copy differs by" in found.line
    assert "; 5 rule sets differ from zennit's by at most " in found.line


def test_the_proof_of_a_network_without_relu_says_what_it_was_measured_against(tiny_backbones):
    found = Explainer(make_checkpoint("tiny-silu")).proof
    assert not found.refusals and not found.lrp.is_piecewise_linear and found.curved == ("SiLU",)
    assert found.lrp.identity_r > 0.99999 and found.lrp.identity_error < 1e-3
    assert "LRP ok (r=1.00000 against gradient x input, activations as lines, copy differs by" in found.line


def test_the_proof_is_the_same_every_time(explainer, tiny_checkpoint):
    assert Explainer(tiny_checkpoint).proof == explainer.proof
    film = proof.make_proof_image(SIZE_PX)
    assert film.dtype == np.float32 and 0 <= film.min() < 0.3 and 0.7 < film.max() <= 1
    assert (film == proof.make_proof_image(SIZE_PX)).all()


def refused(checkpoint, *families: str) -> str:
    """The proof's line, after checking that every method of the families is refused in plain words, and no other."""
    explainer = Explainer(checkpoint)
    for key, method in METHODS.items():
        assert (key in explainer.proof.refusals) == (method.family.proof in families)
        if method.family.proof in families:
            with pytest.raises(ExplanationError, match="is not available for this checkpoint"):
                explainer.maps(square(checkpoint), [0], [key])
        elif method.cost_forwards <= COSTLY:
            assert explainer.maps(square(checkpoint), [0], [key])
    return explainer.proof.line


def test_a_network_with_layers_that_have_no_rule_gets_no_lrp():
    assert "LRP not available: the network holds ELU layers" in refused(make_checkpoint("tiny-elu"), "lrp")


def changed(kind: type, **fields):
    """A `lower_network` that makes something else of the first operation of a kind; fields: name -> what of the old."""

    def wrong_program_of(model, as_written=()):
        program = lower_network(model, as_written)
        place, step = next((i, s) for i, s in enumerate(program.steps) if isinstance(s.operation, kind))
        other = {name: change(getattr(step.operation, name)) for name, change in fields.items()}
        step = dataclasses.replace(step, operation=dataclasses.replace(step.operation, **other))
        return dataclasses.replace(program, steps=(*program.steps[:place], step, *program.steps[place + 1 :]))

    return wrong_program_of


@pytest.mark.parametrize(
    "wrong",
    [
        changed(op.Convolution, weight=lambda weight: 1.01 * weight),
        changed(op.Affine, shift=lambda shift: shift + 0.1),
        changed(op.Convolution, bias=lambda bias: bias * torch.nan),
    ],
    ids=["weight", "shift", "nan"],
)
def test_a_copy_with_other_logits_gets_no_lrp(monkeypatch, tiny_checkpoint, wrong):
    monkeypatch.setattr(proof, "lower_network", wrong)
    assert "logits differ by" in refused(tiny_checkpoint, "lrp")


def test_a_sweep_that_loses_relevance_gets_no_lrp(monkeypatch, tiny_checkpoint):
    """Same logits, r = 1, and every value half of what it should be: Pearson's r alone would let it through."""
    whole = propagate._scatter_to_argmax
    monkeypatch.setattr(propagate, "_scatter_to_argmax", lambda *what: whole(*what) / 2)
    assert "does not equal gradient x input (r=1.000, distance 0.5)" in refused(tiny_checkpoint, "lrp")


def test_a_sweep_that_takes_the_wrong_winners_gets_no_lrp(monkeypatch, tiny_checkpoint):
    """Same logits, same sums."""
    pooled = op.MaxPool.pooled
    monkeypatch.setattr(op.MaxPool, "pooled", lambda self, x: (pooled(self, x)[0], pooled(self, -x)[1]))
    assert "does not equal gradient x input" in refused(tiny_checkpoint, "lrp")


def test_a_residual_that_is_not_shared_out_gets_no_lrp(monkeypatch):
    """Same logits, and both paths of a sum get all of it, as where a library does not see the sum."""
    back = propagate._Sweep._propagate_step

    def unseen(self, step, r):
        if not isinstance(step.operation, op.Add):
            return back(self, step, r)
        for name in step.ins:
            self._accumulator(name).add(r.sum_terms())

    monkeypatch.setattr(propagate._Sweep, "_propagate_step", unseen)
    assert "does not equal gradient x input" in refused(make_checkpoint("tiny-resnet"), "lrp")


def with_rules(monkeypatch, key: str, rules: rule_sets.Rules) -> None:
    monkeypatch.setattr(f"{__name__}.OTHER_RULES", rules, raising=False)
    methods._load.cache_clear()
    monkeypatch.setitem(METHODS, key, dataclasses.replace(METHODS[key], function=f"{__name__}:OTHER_RULES"))


def test_rules_that_do_not_fit_the_layers_get_no_lrp(monkeypatch, tiny_checkpoint):
    with_rules(monkeypatch, "lrp-epsilon", rule_sets.EPSILON_PLUS_FLAT)
    assert "does not equal gradient x input" in refused(tiny_checkpoint, "lrp")


def test_a_rule_set_that_is_not_its_reference_is_refused_alone(monkeypatch, tiny_checkpoint):
    """Biases, by mistake, in the denominators of z-plus: finite, plausible, and wrong."""
    weigh = propagate._Sweep._denominator

    def with_bias(self, step, layer, share):
        found = weigh(self, step, layer, share)
        return found if share.bias else found + layer.bias.clamp(min=0)[:, None, None]

    monkeypatch.setattr(propagate._Sweep, "_denominator", with_bias)
    explainer = Explainer(tiny_checkpoint)
    found, wrong = explainer.proof, {key for key in RULES if "plus" in key or "alpha" in key}
    assert set(found.refusals) == wrong and "lrp-gamma-box" not in wrong
    assert "its map differs from zennit's by the same rules on the same layers" in str(
        found.refusals["lrp-epsilon-plus"]
    )
    assert "LRP ok" in found.line and "LRP (epsilon, z-plus, flat) not available: its map differs" in found.line
    with pytest.raises(ExplanationError, match="is not available for this checkpoint: its map differs from zennit's"):
        explainer.maps(square(tiny_checkpoint), [0], ["lrp-epsilon-plus-flat"])


def test_a_rule_set_that_holds_little_of_the_logit_is_shown(monkeypatch, tiny_checkpoint):
    """Batch norm as a linear layer under z-plus: the total multiplies, as it must by these rules."""
    with_rules(monkeypatch, "lrp-epsilon-plus-flat", rule_sets.Rules("flat", "z-plus", "linear"))
    explainer = Explainer(tiny_checkpoint)
    assert not explainer.proof.refusals
    x = square(tiny_checkpoint)
    map_ = explainer.maps(x, [1], ["lrp-epsilon-plus-flat"])["lrp-epsilon-plus-flat", 1]
    logit = float(tiny_checkpoint.model(torch.from_numpy(x))[0, 1])
    assert abs(map_.sum() - logit) > abs(logit)


def test_a_network_that_reads_one_size_alone_is_compared_at_that_size(monkeypatch, tiny_checkpoint):
    whole, sizes = RelevanceMaps.maps, []

    def maps(self, method, x, labels):
        sizes.append(x.shape[-1])
        if x.shape[-1] != SIZE_PX:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return whole(self, method, x, labels)

    monkeypatch.setattr(RelevanceMaps, "maps", maps)
    monkeypatch.setattr(proof, "REFERENCE_PX", 48)
    assert not Explainer(tiny_checkpoint).proof.refusals
    assert sizes[:2] == [SIZE_PX, 48] and set(sizes[2:]) == {SIZE_PX}


def test_a_layer_that_the_pooling_does_not_read_gets_no_cam(monkeypatch, tiny_checkpoint):
    monkeypatch.setitem(BACKBONES, "tiny", dataclasses.replace(TINY, cam_layer="features.denseblock2"))
    line = refused(tiny_checkpoint, "cam")
    assert "Grad-CAM not available: the global pooling does not read the output of features.denseblock2" in line


def test_a_map_with_values_that_are_no_numbers_is_an_error(tiny_backbones):
    """Of a network without ReLU: the gradient of a ReLU is 0 where its input is no number."""
    checkpoint = make_checkpoint("tiny-silu")
    explainer, x = Explainer(checkpoint), np.full_like(square(checkpoint), np.nan)
    for key in METHODS:
        with pytest.raises(ExplanationError, match="not numbers"):
            explainer.maps(x, [0], [key])
