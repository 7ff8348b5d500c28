"""Analyser: what a Study and an Explanation promise, what is refused, what is computed only once."""

from __future__ import annotations

import dataclasses
import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cxr_demo import analysis
from cxr_demo.analysis import DEFAULT_METHODS, Analyser, choose_default_methods
from cxr_demo.errors import ExplanationError
from cxr_demo.explain.map_cache import MapCache
from cxr_demo.explain.methods import METHODS
from tests.conftest import LABELS, SIZE_PX, make_checkpoint, make_film, make_image


@pytest.fixture(scope="module")
def analyser(tiny_checkpoint):
    return Analyser(tiny_checkpoint)


@pytest.fixture
def study(analyser):
    return analyser.analyse(make_image(0))


def test_a_study_is_what_the_model_said_and_saw(analyser, tiny_checkpoint):
    image = make_image(1)
    study = analyser.analyse(image)
    card, x = tiny_checkpoint.card, tiny_checkpoint.card.preprocess.apply(image.pixels)
    logits = tiny_checkpoint.model(torch.from_numpy(x))[0].numpy()
    assert study.image is image and study.labels == card.labels and study.calibrated
    assert (study.checkpoint, study.checkpoint_sha256) == (card.name, tiny_checkpoint.sha256)
    np.testing.assert_allclose(study.logits, logits, rtol=1e-5)
    np.testing.assert_allclose(study.probabilities, torch.from_numpy(logits / 1.5).softmax(0), rtol=1e-5)
    np.testing.assert_array_equal(card.preprocess.normalise(study.square), x)
    for array in (study.logits, study.probabilities, study.square):
        assert array.dtype == np.float32 and not array.flags.writeable


def test_an_uncalibrated_checkpoint_says_so():
    study = Analyser(make_checkpoint(temperature=0.0)).analyse(make_image(1))
    assert not study.calibrated
    np.testing.assert_allclose(study.probabilities, torch.from_numpy(np.array(study.logits)).softmax(0), rtol=1e-5)


def test_a_share_of_a_logit_that_is_as_good_as_0_is_not_told(analyser, study):
    (found,) = analyser.explain(study, LABELS[:1], ["lrp-epsilon"]).values()
    near = dataclasses.replace(found, logit=0.01)
    assert np.isnan(near.share_held) and near.doubt == "" and not np.isnan(found.share_held)


def test_only_rules_made_for_relu_are_told_to_be_so_and_only_of_other_activations():
    analyser = Analyser(make_checkpoint("tiny-silu"))
    found = analyser.explain(
        analyser.analyse(make_image(0)), LABELS[:1], ["grad-cam", "lrp-epsilon", "lrp-epsilon-plus", "lrp-gamma-box"]
    )
    assert {method: made.curved for (method, _), made in found.items() if made.curved} == {
        "lrp-epsilon-plus": ("SiLU",)
    }
    assert "z-plus and alpha-beta were made for ReLU, not for its SiLU" in analyser.proof.line


def test_explanations_account_for_the_logit(analyser, study, tiny_checkpoint):
    found = analyser.explain(study, LABELS, list(METHODS))
    assert list(found) == [(method, label) for method in METHODS for label in LABELS]
    for (method, label), explanation in found.items():
        assert (explanation.method, explanation.label) == (method, label)
        assert explanation.unit == METHODS[method].unit
        assert explanation.logit == study.logits[LABELS.index(label)]
        assert explanation.total == pytest.approx(float(explanation.map_square.sum(dtype=np.float64)))
        assert explanation.left_out == pytest.approx(explanation.logit - explanation.total)
        assert explanation.map_square.dtype == np.float32 and not explanation.map_square.flags.writeable
        assert not explanation.curved
        adds_up = METHODS[method].unit.adds_to_logit
        assert np.isnan(explanation.share_held) != adds_up
        assert not adds_up or explanation.share_held * explanation.logit == pytest.approx(explanation.total)
    head = tiny_checkpoint.model.net.classifier
    for position, label in enumerate(LABELS):
        assert found["grad-cam", label].left_out == pytest.approx(float(head.bias[position]), abs=1e-4)
    assert found["lrp-epsilon", LABELS[0]].map_square.shape == (SIZE_PX, SIZE_PX)


def test_what_is_unknown_is_refused_with_what_is_known(analyser, study):
    with pytest.raises(ExplanationError, match="no label 'flu' here; known: normal, bacterial_pneumonia"):
        analyser.explain(study, ["flu"], ["grad-cam"])
    with pytest.raises(ExplanationError, match="no method 'lrp'; known: grad-cam, lrp-epsilon-plus-flat"):
        analyser.explain(study, ["normal"], ["lrp"])


def test_a_study_of_another_checkpoint_is_refused(analyser, study):
    other = Analyser(make_checkpoint(seed=1))
    with pytest.raises(ExplanationError, match="was made by tiny-0, not by tiny-1"):
        other.explain(study, ["normal"], ["grad-cam"])


def test_a_refused_method_draws_nothing(tiny_backbones):
    analyser = Analyser(make_checkpoint("tiny-elu"))
    study = analyser.analyse(make_image(0))
    with pytest.raises(ExplanationError, match="is not available for this checkpoint: the network holds ELU layers"):
        analyser.explain(study, ["normal"], list(METHODS))
    assert analyser.explain(study, ["normal"], ["grad-cam"])


# ---- computed once


@pytest.fixture
def counted(monkeypatch, tiny_checkpoint):
    """A fresh analyser and the list of calls that its explainer gets."""
    analyser, calls = Analyser(tiny_checkpoint), []
    maps = analyser._explainer.maps

    def counting(x, labels, methods, on_progress):
        calls.append((tuple(labels), tuple(methods)))
        return maps(x, labels, methods, on_progress)

    monkeypatch.setattr(analyser._explainer, "maps", counting)
    return analyser, calls


def test_a_map_is_computed_once(counted):
    analyser, calls = counted
    study = analyser.analyse(make_image(0))
    first = analyser.explain(study, LABELS[:2], ["grad-cam", "lrp-epsilon"])
    assert calls == [((0, 1), ("grad-cam",)), ((0, 1), ("lrp-epsilon",))]
    again = analyser.explain(analyser.analyse(make_image(0)), LABELS[:3], ["grad-cam"])
    assert calls[2:] == [((2,), ("grad-cam",))]
    assert again["grad-cam", LABELS[0]].map_square is first["grad-cam", LABELS[0]].map_square
    analyser.explain(analyser.analyse(make_image(1)), LABELS[:1], ["grad-cam"])
    assert len(calls) == 4, "another image has maps of its own"


@pytest.mark.parametrize("methods", [["lrp-epsilon", "grad-cam", "layer-cam"], ["gradient", "occlusion"]])
def test_progress_is_told_and_may_end_the_work(counted, methods):
    """All class activation maps in one step, others method by method, a long one in parts."""
    analyser, _ = counted
    study, told = analyser.analyse(make_image(2)), []
    analyser.explain(study, LABELS[:2], methods, lambda done, total: told.append((done, total)))
    done = [done for done, _ in told]
    assert {total for _, total in told} == {2 * len(methods)} and done == sorted(done)
    if "occlusion" in methods:
        assert {2, 4} < set(done) and len(done) > 30 and max(done[:-1]) <= 4 == done[-1]
    else:
        assert done == [2, 6]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyser.explain(analyser.analyse(make_image(3)), LABELS, methods, stop)
    assert analyser.analyse(make_image(3)), "the lock is free again"


def test_a_long_method_lets_others_have_the_networks_in_between(analyser, study):
    """Also others that make the same map."""
    alone = analyser.explain(study, LABELS[:1], ["integrated-gradients"])["integrated-gradients", LABELS[0]]
    fresh, between = Analyser(analyser._checkpoint, cache_bytes=0), []

    def others(done, total):
        if len(between) < 3:
            between.append(fresh.analyse(make_image(7)).logits)
            fresh.explain(study, LABELS[:1], ["lrp-gamma-box", "gradient", "grad-cam"])

    found = fresh.explain(study, LABELS[:1], ["integrated-gradients"], others)["integrated-gradients", LABELS[0]]
    np.testing.assert_array_equal(found.map_square, alone.map_square)
    expected = analyser.analyse(make_image(7)).logits
    assert len(between) == 3 and all((logits == expected).all() for logits in between)


def test_a_map_that_two_want_at_once_is_made_once(counted):
    """Also while the first lets others have the networks."""
    analyser, calls = counted
    study, found = analyser.analyse(make_image(4)), []

    def other():
        found.append(analyser.explain(study, LABELS[:2], ["occlusion"])["occlusion", LABELS[0]])

    second = threading.Thread(target=other)

    def start_other(done, total):
        if not second.ident:
            second.start()

    first = analyser.explain(study, LABELS[:1], ["occlusion"], start_other)["occlusion", LABELS[0]]
    second.join()
    assert found == [first] and calls == [((0,), ("occlusion",)), ((1,), ("occlusion",))]


def test_whoever_waits_for_a_map_that_fails_makes_it(counted, monkeypatch):
    analyser, calls = counted
    study, found = analyser.analyse(make_image(5)), []
    second = threading.Thread(target=lambda: found.extend(analyser.explain(study, LABELS[:1], ["occlusion"]).values()))

    waits, waited = analyser._maps._wait_for, threading.Event()

    def wait_for(other, on_progress):
        waited.set()
        waits(other, on_progress)

    monkeypatch.setattr(analyser._maps, "_wait_for", wait_for)

    def give_up(done, total):
        second.start()
        assert waited.wait(20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyser.explain(study, LABELS[:1], ["occlusion"], give_up)
    second.join()
    assert len(found) == 1 and len(calls) == 2


def test_without_a_cache_a_map_is_there_as_long_as_somebody_holds_it(tiny_checkpoint):
    analyser = Analyser(tiny_checkpoint, cache_bytes=0)
    study, pair = analyser.analyse(make_image(6)), ("lrp-epsilon", LABELS[0])
    held = analyser.explain(study, LABELS[:1], ["lrp-epsilon"])[pair]
    assert analyser.explain(analyser.analyse(make_image(6)), LABELS[:1], ["lrp-epsilon"])[pair] is held
    gone = weakref.ref(held)
    del held
    gc.collect()
    assert gone() is None and not analyser._maps._cache._living


def test_images_that_wait_go_through_the_network_together(analyser, tiny_checkpoint, monkeypatch):
    fresh, sizes = Analyser(tiny_checkpoint), []
    model = tiny_checkpoint.model
    monkeypatch.setattr(model, "forward", lambda x, forward=model.forward: sizes.append(len(x)) or forward(x))
    with ThreadPoolExecutor(5) as pool:
        with fresh._turns:
            waiting = [pool.submit(fresh.analyse, make_image(seed)) for seed in range(5)]
            end = time.monotonic() + 20
            while len(fresh._turns._waiting) < 5:
                assert time.monotonic() < end
                time.sleep(0.002)
        studies = [each.result() for each in waiting]
    assert sizes == [5]
    for seed, study in enumerate(studies):
        np.testing.assert_allclose(study.logits, analyser.analyse(make_image(seed)).logits, atol=1e-5)


def test_filters_have_their_channels_last_which_is_faster():
    made = make_checkpoint(seed=5)
    x = torch.rand(2, 1, SIZE_PX, SIZE_PX)
    with torch.no_grad():
        before, values = made.model(x), [p.clone() for p in made.model.parameters()]
        Analyser(made)
        np.testing.assert_allclose(made.model(x), before, atol=1e-5)
    filters = [p for p in made.model.parameters() if p.dim() == 4]
    assert filters and all(each.is_contiguous(memory_format=torch.channels_last) for each in filters)
    assert all(torch.equal(now, then) for now, then in zip(made.model.parameters(), values, strict=True))


def test_only_so_many_pixels_go_through_a_network_at_once(tiny_checkpoint, monkeypatch):
    """And squares give the same in several passes."""
    squares, sizes = np.stack([make_film(seed, (SIZE_PX, SIZE_PX)) for seed in range(5)]), []
    expected = Analyser(tiny_checkpoint).score_squares(squares)
    monkeypatch.setattr(analysis, "PIXELS_AT_ONCE", 2 * tiny_checkpoint.card.preprocess.size_px**2)
    model = tiny_checkpoint.model
    monkeypatch.setattr(model, "forward", lambda x, forward=model.forward: sizes.append(len(x)) or forward(x))
    found = Analyser(tiny_checkpoint).score_squares(squares)
    assert sizes == [2, 2, 1]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_cache_is_bounded_and_forgets_the_oldest():
    cache, map_ = MapCache(3 * 400), np.zeros(100, np.float32)
    for key in "abc":
        cache.put((key,), map_)
    assert cache.get(("a",)) is map_
    cache.put(("d",), map_)
    assert "b" not in {key for (key,) in cache._kept} and cache.get(("a",)) is map_ and cache.get(("d",)) is map_
    cache.put(("a",), map_)
    assert cache._bytes == 3 * 400
    cache.put(("large",), np.zeros(1000, np.float32))
    assert cache.get(("large",)) is None and cache._bytes == 0  # nobody holds it


def test_no_map_at_all_is_a_sentence(analyser, study):
    with pytest.raises(ExplanationError, match="no map to check"):
        analyser.evaluate_maps(study, [])


def test_the_usual_methods_are_those_that_all_can_prove(analyser, monkeypatch):
    assert choose_default_methods(analyser) == list(DEFAULT_METHODS)
    other = Analyser(make_checkpoint(seed=1))
    refused = {DEFAULT_METHODS[2]: "its sum is wrong"}
    monkeypatch.setattr(Analyser, "proof", property(lambda self: SimpleNamespace(
        refusals=refused if self is other else {})))  # fmt: skip
    assert choose_default_methods(analyser, other) == ["grad-cam", "lrp-epsilon-plus-flat"]
    refused.update(dict.fromkeys(METHODS, "nothing is right"))
    with pytest.raises(ExplanationError, match="Grad-CAM: nothing is right"):
        choose_default_methods(other)


def test_progress_of_several_long_methods_never_falls(analyser, study):
    told = []
    analyser._explainer.maps(
        analyser.card.preprocess.normalise(study.square), [0], ["smooth-grad", "integrated-gradients"],
        lambda done, total: told.append(done / total),
    )  # fmt: skip
    assert told == sorted(told) and told[0] < 0.2 and told[-1] > 0.9
