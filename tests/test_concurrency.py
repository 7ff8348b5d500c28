"""Law 1: a map under load equals the map alone, and nothing of it stays on a network."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError
from cxr_demo.explain import METHODS
from tests.conftest import LABELS, count_hooks, make_checkpoint, make_image, weights_hash
from tests.test_ensemble import made

THREADS = 8
IMAGES = 4


@pytest.fixture(scope="module")
def images():
    return [make_image(seed) for seed in range(IMAGES)]


def networks(analyser):
    """The network and every private copy for LRP; joined feature maps have none."""
    explainers = getattr(analyser._explainer, "_explainers", [analyser._explainer])
    copies = [single._private for single in explainers if single._private is not None]
    return [analyser._checkpoint.model, *copies]


def ask(analyser, images, job):
    """One visitor: analyse a film, then ask for one map."""
    position, label, method = job
    study = analyser.analyse(images[position])
    explanation = analyser.explain(study, [label], [method])[method, label]
    return study.logits, explanation.map_square


def jobs(methods=METHODS, count=IMAGES):
    everything = [(i, label, method) for i in range(count) for label in LABELS[:2] for method in methods]
    random.Random(0).shuffle(everything)
    return everything * 2


@pytest.mark.parametrize("cache_bytes", [0, 2**20], ids=["no cache", "cache"])
def test_a_map_under_load_equals_the_map_alone(images, tiny_checkpoint, cache_bytes):
    alone = Analyser(tiny_checkpoint, cache_bytes=0)
    expected = {job: ask(alone, images, job) for job in set(jobs())}
    analyser = Analyser(tiny_checkpoint, cache_bytes=cache_bytes)
    before = [weights_hash(network) for network in networks(analyser)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda job: (job, *ask(analyser, images, job)), jobs()))
    for job, logits, map_square in found:
        np.testing.assert_array_equal(logits, expected[job][0])
        np.testing.assert_array_equal(map_square, expected[job][1])
    assert [weights_hash(network) for network in networks(analyser)] == before
    assert [count_hooks(network) for network in networks(analyser)] == [0, 0]


@pytest.mark.parametrize("rule", ["weighted", "joined"])
def test_a_map_of_an_ensemble_under_load_equals_the_map_alone(images, tiny_backbones, rule):
    stored = made(rule, [make_checkpoint(seed=seed) for seed in range(3)])
    alone, analyser = Analyser(stored, cache_bytes=0), Analyser(stored, cache_bytes=0)
    asked = jobs([key for key in METHODS if not analyser.proof.available[key]], count=2)
    expected = {job: ask(alone, images, job) for job in set(asked)}
    before = [weights_hash(network) for network in networks(analyser)]
    assert len(before) == (4 if rule == "weighted" else 1)
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda job: (job, *ask(analyser, images, job)), asked))
    for job, logits, map_square in found:
        np.testing.assert_array_equal(logits, expected[job][0])
        np.testing.assert_array_equal(map_square, expected[job][1])
    assert [weights_hash(network) for network in networks(analyser)] == before
    assert not any(count_hooks(network) for network in networks(analyser))


def test_failures_in_some_threads_do_not_touch_the_others(images, tiny_checkpoint, monkeypatch):
    analyser = Analyser(tiny_checkpoint, cache_bytes=0)
    expected = {job: ask(analyser, images, job) for job in set(jobs())}
    before = [weights_hash(network) for network in networks(analyser)]
    private, calls = networks(analyser)[1], []
    forward = private.net.features.norm5.forward

    def failing(x):
        calls.append(None)
        if len(calls) % 3 == 0:
            raise RuntimeError("in the middle")
        return forward(x)

    monkeypatch.setattr(private.net.features.norm5, "forward", failing)

    def attempt(job):
        try:
            return job, ask(analyser, images, job)
        except RuntimeError as error:
            assert "in the middle" in str(error)
            return job, None

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(attempt, jobs()))
    assert 0 < sum(result is None for _, result in found) < len(found)
    for job, result in found:
        if result is not None:
            np.testing.assert_array_equal(result[1], expected[job][1])
    monkeypatch.undo()
    assert [weights_hash(network) for network in networks(analyser)] == before
    assert [count_hooks(network) for network in networks(analyser)] == [0, 0]


def test_two_analysers_share_nothing(images):
    first, second = Analyser(make_checkpoint(seed=0)), Analyser(make_checkpoint(seed=1))
    job = (0, LABELS[0], "lrp-epsilon")
    expected = [ask(analyser, images, job)[1] for analyser in (first, second)]
    assert not np.allclose(*expected)
    fresh = [Analyser(make_checkpoint(seed=seed), cache_bytes=0) for seed in (0, 1)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda i: (i % 2, ask(fresh[i % 2], images, job)[1]), range(16)))
    for which, map_square in found:
        np.testing.assert_array_equal(map_square, expected[which])


def test_a_thread_works_with_the_number_of_cores_of_the_process():
    """Another number would be another order of summation, and maps that differ in their last bits."""
    with ThreadPoolExecutor(THREADS) as pool:
        assert set(pool.map(lambda _: torch.get_num_threads(), range(THREADS))) == {torch.get_num_threads()}


def test_a_refusal_frees_the_lock(images, tiny_checkpoint):
    analyser = Analyser(tiny_checkpoint)
    study = analyser.analyse(images[0])
    with pytest.raises(CxrError):
        analyser.explain(study, ["flu"], ["grad-cam"])
    assert analyser._lock.acquire(timeout=1)
    analyser._lock.release()
