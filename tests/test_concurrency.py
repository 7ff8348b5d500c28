"""Law 1: a map under load equals the map alone, and nothing of it stays on a network."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from cxr_demo.analysis import Analyser
from cxr_demo.errors import CxrError
from cxr_demo.explain import proof
from cxr_demo.explain.engine import Explainer
from cxr_demo.explain.lrp import operations as op
from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.backbones import find_backbone
from cxr_demo.networks.turns import Turns
from tests.conftest import LABELS, count_hooks, make_checkpoint, make_film, make_image, program_hash, weights_hash
from tests.networks.test_ensemble import made

THREADS = 8
IMAGES = 2


@pytest.fixture(scope="module")
def images():
    return [make_image(seed) for seed in range(IMAGES)]


def copies(analyser):
    """What computes LRP: of the one network, or of every member of an ensemble."""
    explainers = getattr(analyser._explainer, "_explainers", [analyser._explainer])
    return [single._get_relevance() for single in explainers if not single.proof.lrp.refusal]


def state(analyser):
    """The hashes of the networks and of every copy for LRP."""
    return [weights_hash(analyser._checkpoint.model), *(program_hash(copy.program) for copy in copies(analyser))]


def hooks(analyser):
    return count_hooks(analyser._checkpoint.model)


def ask(analyser, images, job):
    """One visitor: analyse a film, then ask for one map."""
    position, label, method = job
    study = analyser.analyse(images[position])
    explanation = analyser.explain(study, [label], [method])[method, label]
    return study.logits, explanation.map_square


def jobs(methods=METHODS):
    """Every method for two labels of one film and one of another, mixed, and all of it twice."""
    asked = [(i, label, method) for i, label in ((0, LABELS[0]), (0, LABELS[1]), (1, LABELS[0])) for method in methods]
    random.Random(0).shuffle(asked)
    return asked * 2


@pytest.mark.parametrize("cache_bytes", [0, 2**20], ids=["no cache", "cache"])
def test_a_map_under_load_equals_the_map_alone(images, tiny_checkpoint, cache_bytes):
    alone = Analyser(tiny_checkpoint, cache_bytes=0)
    expected = {job: ask(alone, images, job) for job in set(jobs())}
    analyser = Analyser(tiny_checkpoint, cache_bytes=cache_bytes)
    before = state(analyser)
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda job: (job, *ask(analyser, images, job)), jobs()))
    for job, logits, map_square in found:
        np.testing.assert_allclose(logits, expected[job][0], atol=1e-5)  # images may go through it together
        np.testing.assert_array_equal(map_square, expected[job][1])
    assert state(analyser) == before and hooks(analyser) == 0


def test_maps_of_a_page_whose_people_share_the_processors_equal_those_alone(images, tiny_checkpoint, own_threads):
    """But for the last bits, where a map had another number of cores."""
    alone = Analyser(tiny_checkpoint, cache_bytes=0)
    quick = jobs([key for key in METHODS if METHODS[key].cost_forwards <= 50])
    expected = {job: ask(alone, images, job) for job in set(quick)}
    analyser = Analyser(tiny_checkpoint, cache_bytes=0, turns=Turns(2))
    before = state(analyser)
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda job: (job, *ask(analyser, images, job)), quick))
    for job, logits, map_square in found:
        np.testing.assert_allclose(logits, expected[job][0], atol=1e-5)
        most = np.abs(expected[job][1]).max()
        np.testing.assert_allclose(map_square, expected[job][1], atol=1e-4 * most, err_msg=str(job))
    assert state(analyser) == before and hooks(analyser) == 0 and not analyser._turns.is_taken


def test_a_proof_sees_nothing_of_a_film_that_another_asks_about_meanwhile(tiny_checkpoint, monkeypatch):
    """Of those who share the processors one may prove the network while another has it answer."""
    model, features = tiny_checkpoint.model, tiny_checkpoint.model.features
    layer = find_backbone(tiny_checkpoint.card.backbone).cam_layer
    x = torch.from_numpy(tiny_checkpoint.card.preprocess.apply(make_film(0)))

    def ask_beside(own):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(model, torch.rand_like(x)).result()
        return features(own)

    monkeypatch.setattr(model, "features", ask_beside)
    assert layer and proof._pooling_reads(model, layer, x)


@pytest.mark.parametrize("rule", ["weighted", "joined"])
def test_a_map_of_an_ensemble_under_load_equals_the_map_alone(images, tiny_backbones, rule):
    stored = made(rule, [make_checkpoint(seed=seed) for seed in range(3)])
    alone, analyser = Analyser(stored, cache_bytes=0), Analyser(stored, cache_bytes=0)
    shown = [key for key in METHODS if key not in analyser.proof.refusals and METHODS[key].cost_forwards <= 20]
    expected = {job: ask(alone, images, job) for job in set(jobs(shown))}
    before = state(analyser)
    assert rule == "joined" or len(before) == 1 + 3
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda job: (job, *ask(analyser, images, job)), jobs(shown)))
    for job, logits, map_square in found:
        np.testing.assert_allclose(logits, expected[job][0], atol=1e-5)  # images may go through it together
        np.testing.assert_array_equal(map_square, expected[job][1])
    assert state(analyser) == before and hooks(analyser) == 0


def test_failures_in_some_threads_do_not_touch_the_others(images, tiny_checkpoint, monkeypatch):
    """Every third visitor's LRP breaks in its middle."""
    analyser, unlucky = Analyser(tiny_checkpoint, cache_bytes=0), threading.local()
    expected = {job: ask(analyser, images, job) for job in set(jobs())}
    before, pooled = state(analyser), op.MaxPool.pooled

    def failing(self, x):
        if unlucky.now:
            raise RuntimeError("in the middle")
        return pooled(self, x)

    def attempt(place, job):
        unlucky.now = place % 3 == 0
        try:
            return ask(analyser, images, job)
        except RuntimeError as error:
            assert "in the middle" in str(error)

    monkeypatch.setattr(op.MaxPool, "pooled", failing)
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(attempt, range(len(jobs())), jobs()))
    monkeypatch.undo()
    pools = {key for key in METHODS if METHODS[key].family.reads == "rules"}
    broken = [job[2] in pools and place % 3 == 0 for place, job in enumerate(jobs())]
    assert [result is None for result in found] == broken and sum(broken) > 5
    for job, result in zip(jobs(), found, strict=True):
        if result is not None:
            np.testing.assert_array_equal(result[1], expected[job][1])
    assert state(analyser) == before and hooks(analyser) == 0


def test_eight_threads_in_one_explainer_at_once_get_the_maps_of_one(tiny_checkpoint):
    """An analyser lets one thread in at a time; here all methods but the long ones really meet."""
    explainer = Explainer(tiny_checkpoint)
    films = [tiny_checkpoint.card.preprocess.apply(make_film(seed)) for seed in range(IMAGES)]
    asked = [(film, key) for film in range(IMAGES) for key in METHODS if METHODS[key].cost_forwards <= 50] * 4
    random.Random(1).shuffle(asked)
    before = weights_hash(tiny_checkpoint.model), program_hash(explainer._get_relevance().program)

    def explain(job: tuple[int, str]) -> dict:
        film, key = job
        return explainer.maps(films[film], [0, 2], [key])

    expected = {job: explain(job) for job in set(asked)}
    explainer = Explainer(tiny_checkpoint)  # which has split no weights yet
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(explain, asked))
    for job, maps in zip(asked, found, strict=True):
        assert maps.keys() == expected[job].keys()
        assert all(np.array_equal(map_, expected[job][pair]) for pair, map_ in maps.items()), job
    assert (weights_hash(tiny_checkpoint.model), program_hash(explainer._get_relevance().program)) == before
    assert count_hooks(tiny_checkpoint.model) == 0


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


def test_a_refusal_gives_the_turn_back(images, tiny_checkpoint):
    analyser = Analyser(tiny_checkpoint)
    study = analyser.analyse(images[0])
    with pytest.raises(CxrError):
        analyser.explain(study, ["flu"], ["grad-cam"])
    assert not analyser._turns.is_taken
