"""Randomisation: what is drawn, in which order, and maps whose verdict is known."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.agreement import sum_grid_cells
from cxr_demo.evaluation.randomisation import (
    DRAWS,
    _sample_weights,
    list_blocks,
    measure_randomisation,
    randomise_stepwise,
)
from cxr_demo.explain import cam
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import Ensemble, FeatureFusion
from tests.conftest import SIZE_PX, TESTED, count_hooks, make_film, make_model, weights_hash

X = ((make_film(0, (SIZE_PX, SIZE_PX)) - 0.5) / 0.25)[None, None]
TINY_BLOCKS = [
    "net.features.conv0", "net.features.denseblock1", "net.features.transition1", "net.features.denseblock2",
    "net.classifier",
]  # fmt: skip


@pytest.fixture(scope="module")
def model(tiny_backbones):
    return make_model("tiny")


def gradient(model: nn.Module) -> np.ndarray:
    x = torch.from_numpy(X).requires_grad_()
    return torch.autograd.grad(model(x)[0, 1], x)[0][0, 0].numpy()


def randomisation_of(explain, model, **options):
    """Of one map, which needs no name."""
    return measure_randomisation(lambda network: {"map": explain(network)}, model, X, **options)["map"]


# ---- blocks


@pytest.mark.parametrize("name", TESTED)
def test_blocks_hold_every_weight_once_in_the_order_in_which_they_run(name):
    with torch.device("meta"):  # shapes alone
        model = Classifier(name, 3, 1).eval()
        found, ran = list_blocks(model), []
        for parts in found.values():
            for part in parts:
                part.register_forward_hook(lambda module, *_: ran.append(module))
        model(torch.zeros(1, 1, 64, 64))
    assert ran == [part for parts in found.values() for part in parts]
    held = [parameter for part in ran for parameter in part.parameters()]
    assert len(held) == len(list(model.parameters())) == len(set(map(id, held)))
    assert 3 <= len(found) <= 16 and all(model.get_submodule(path) is parts[0] for path, parts in found.items())


def test_blocks_by_name(model):
    assert list(list_blocks(model)) == TINY_BLOCKS
    with torch.device("meta"):
        found = list_blocks(Classifier("efficientnet_b0", 3, 1))
        assert list(list_blocks(Classifier("resnet18", 3, 1))) == [
            "net.conv1",
            *(f"net.layer{i}" for i in range(1, 5)),
            "net.fc",
        ]
    assert list(found) == ["net.conv_stem", *(f"net.blocks.{i}" for i in range(7)), "net.conv_head", "net.classifier"]
    assert [type(part).__name__ for part in found["net.conv_head"]] == ["Conv2d", "BatchNormAct2d"]


def test_ensembles_are_taken_apart_into_their_members(model):
    members = [model, make_model("tiny", seed=1)]
    single = [f"members.{i}.{block}" for i in range(2) for block in TINY_BLOCKS]
    assert list(list_blocks(FeatureFusion(members))) == [*single, "convolution", "output"]
    stacked = Ensemble(members, "stacking", (0.5, 0.5), "single-label", (1.0, 1.0)).eval()
    names = [
        name
        for name, drawn in randomise_stepwise(stacked, X, seed=0)
        if torch.isfinite(drawn(torch.from_numpy(X))).all()
    ]
    assert names == ["stack", *reversed(single)]


# ---- the cascade


def differing(a: nn.Module, b: nn.Module) -> set[str]:
    """Paths of the modules whose own weights differ."""
    pairs = zip(a.named_parameters(), b.named_parameters(), strict=True)
    return {name.rpartition(".")[0] for (name, one), (_, other) in pairs if not torch.equal(one, other)}


def test_it_goes_from_the_head_to_the_film_and_leaves_the_rest(model):
    before = weights_hash(model)
    random_state = torch.random.get_rng_state()
    weighted = {name.rpartition(".")[0] for name, _ in model.named_parameters()}
    drawn = [(name, copy.deepcopy(network)) for name, network in randomise_stepwise(model, X, seed=0)]
    assert [name for name, _ in drawn] == TINY_BLOCKS[::-1]
    behind: set[str] = set()
    for name, network in drawn:
        paths = ("net.features.norm0", name) if name.endswith("conv0") else (name,)
        paths = ("net.features.norm5", *paths) if name.endswith("denseblock2") else paths
        behind |= {path for path in weighted if path.startswith(paths)}
        assert differing(network, model) == behind
        trained = {key: value for key, value in network.state_dict().items() if key.rpartition(".")[0] not in behind}
        assert all(torch.equal(value, model.state_dict()[key]) for key, value in trained.items())  # statistics too
        assert not network.training and not any(module.training for module in network.modules())
        assert [m.momentum for m in network.modules() if isinstance(m, nn.BatchNorm2d)] == [
            m.momentum for m in model.modules() if isinstance(m, nn.BatchNorm2d)
        ]
    assert behind == weighted
    for (_, earlier), (_, later) in zip(drawn, drawn[1:], strict=False):  # what is drawn once stays
        assert torch.equal(earlier.net.classifier.weight, later.net.classifier.weight)
    assert weights_hash(model) == before and not model.training and count_hooks(model) == 0
    assert torch.equal(torch.random.get_rng_state(), random_state)


def test_a_seed_names_its_networks(model):
    hashes = [[weights_hash(network) for _, network in randomise_stepwise(model, X, seed=seed)] for seed in (0, 0, 1)]
    assert hashes[0] == hashes[1] and not set(hashes[0]) & set(hashes[2])


def all_views() -> torch.Tensor:
    turned = [np.rot90(side, turns, (2, 3)) for side in (X, X[..., ::-1]) for turns in range(4)]
    return torch.from_numpy(np.concatenate(turned))


@pytest.mark.parametrize("name", ["tiny", "mobilenetv2_100", "squeezenet1_0"])
def test_random_layers_neither_die_nor_explode(name):
    model = make_model(name)
    trained = model.features(all_views()).square().mean().sqrt()
    for _, network in randomise_stepwise(model, X, seed=0):
        assert 0.05 < network.features(all_views()).square().mean().sqrt() / trained < 20


def test_batch_norms_are_fitted_to_the_film_in_all_eight_views(model):
    *_, (_, network) = randomise_stepwise(model, X, seed=0)
    norms, seen = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)], []
    for norm in norms:
        norm.register_forward_hook(lambda norm, inputs, _: seen.append((norm, inputs[0].clone())))
    network(all_views())
    assert [norm for norm, _ in seen] == norms
    for norm, inputs in seen:  # but for the share 1 / n by which the fitted variance is larger than that of its pass
        mean, spread = inputs.mean(dim=(0, 2, 3)), inputs.std(dim=(0, 2, 3))
        assert ((norm.running_mean - mean).abs() < 0.02 * spread).all()
        assert ((norm.running_var.sqrt() / spread - 1).abs() < 0.02).all()


def test_the_weights_are_he_normal(model):
    *_, (_, network) = randomise_stepwise(model, X, seed=0)
    drawn = [module.weight for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    # All as one sample: each divided by the spread it must have, sqrt(2 / inputs).
    unit = torch.cat([(weight / (2 / weight[0].numel()) ** 0.5).flatten() for weight in drawn])
    assert unit.std() == pytest.approx(1, abs=4 / (2 * len(unit)) ** 0.5)
    assert float(unit.mean()) == pytest.approx(0, abs=4 / len(unit) ** 0.5)
    assert not network.output.bias.any()


def test_weights_of_an_unknown_kind_are_an_error(model):
    odd = copy.deepcopy(model)
    odd.net.classifier = nn.Sequential(odd.net.classifier, nn.PReLU())
    with pytest.raises(ExplanationError, match="weights of PReLU"):
        next(randomise_stepwise(odd, X, seed=0))


@pytest.mark.parametrize("name", TESTED)
def test_the_weights_of_every_network_can_be_drawn(name):
    with torch.device("meta"):  # kinds alone
        model = Classifier(name, 3, 1)
    for module in model.modules():
        _sample_weights(module, None)


def test_a_network_with_layer_norms_and_scaled_residuals_is_drawn_stage_by_stage(tiny_backbones):
    model = make_model("tiny-convnext")
    before = weights_hash(model)
    drawn = [
        name for name, network in randomise_stepwise(model, X, seed=0) if torch.isfinite(network(torch.tensor(X))).all()
    ]
    assert drawn == ["net.head", *(f"net.stages.{stage}" for stage in (3, 2, 1, 0)), "net.stem"]
    found = randomisation_of(gradient, model)
    assert len(found.stages) == 6 and np.isfinite([stage.rank for stage in found.stages]).all()
    assert weights_hash(model) == before


# ---- verdicts


def test_a_map_that_ignores_the_network_is_flagged(model):
    fixed = np.abs(np.gradient(X[0, 0])[0])  # the film's own edges
    found = randomisation_of(lambda network: fixed, model, draws=1)
    assert found.unchanged and found.blind and [stage.block for stage in found.stages] == TINY_BLOCKS[::-1]
    assert all(stage.rank == stage.rank_absolute == pytest.approx(1) for stage in found.stages)


def test_a_map_that_turns_its_sign_is_flagged_too(model):
    fixed = np.random.default_rng(0).normal(size=(16, 16))
    found = randomisation_of(lambda network: fixed if network is model else -fixed, model, draws=1)
    assert found.unchanged and not found.blind
    assert found.stages[-1].rank == pytest.approx(-1) and found.stages[-1].rank_absolute == pytest.approx(1)


def test_a_map_that_does_not_read_the_head_is_blind(model):
    def explain(network):
        with torch.no_grad():
            return network.features(torch.from_numpy(X))[0].sum(dim=0).numpy()

    found = randomisation_of(explain, model)
    assert found.blind and found.stages[0].rank == 1 and found.stages[1].rank < 0.9


def test_maps_of_what_was_learned_change(model):
    def grad_cam(network):
        features, gradients, _ = cam.read_features(network, torch.from_numpy(X), [1])
        return cam.grad_cam(features, gradients[0])

    for explain in (gradient, grad_cam):
        found = randomisation_of(explain, model)
        assert not found.blind and not found.unchanged


def test_the_numbers_are_means_over_draws_of_each_stage(model):
    found = randomisation_of(gradient, model)
    wanted = sum_grid_cells(gradient(model)).ravel()
    drawn = [
        [sum_grid_cells(gradient(network)).ravel() for _, network in randomise_stepwise(model, X, seed=seed)]
        for seed in range(DRAWS)
    ]
    for stage, maps in zip(found.stages, zip(*drawn, strict=True), strict=True):
        assert stage.rank == pytest.approx(np.mean([spearmanr(wanted, map_).statistic for map_ in maps]))
        absolute = [spearmanr(abs(wanted), abs(map_)).statistic for map_ in maps]
        assert stage.rank_absolute == pytest.approx(np.mean(absolute))
    assert randomisation_of(gradient, model) == found


def test_the_correlations_are_those_of_quantus(model, monkeypatch):
    """Of the networks that Quantus draws, layer by layer in the order of the blocks. How it draws them is another
    matter: PyTorch's own start, and batch norms with statistics 0 and 1."""
    quantus = pytest.importorskip("quantus", reason="Quantus is no requirement: pyproject.toml says why")
    wrapped = quantus.helpers.model.pytorch_model.PyTorchModel

    def layers(network, x, *, seed):
        yield from wrapped(network).get_random_layer_generator("top_down", seed)

    def explain(model, inputs, targets, **_):
        """Each field repeated to the size of the film, as Quantus wants it; that leaves correlations of ranks."""
        return np.kron(sum_grid_cells(gradient(model)), np.ones((4, 4)))[None, None]

    monkeypatch.setitem(measure_randomisation.__globals__, "randomise_stepwise", layers)
    with torch.random.fork_rng():
        found = randomisation_of(gradient, model, draws=1).stages
        for name, absolute in (("rank", False), ("rank_absolute", True)):
            metric = quantus.MPRT(seed=0, abs=absolute, normalise=False, disable_warnings=True)
            scores = metric(model, X, np.array([1]), explain_func=explain, device="cpu")
            assert scores.pop("original") == [pytest.approx(1)]
            assert list(scores) == [stage.block for stage in found]
            for stage, score in zip(found, scores.values(), strict=True):
                assert getattr(stage, name) == pytest.approx(score[0], abs=1e-6)
    parts = {
        id(inner): block for block, parts in list_blocks(model).items() for part in parts for inner in part.modules()
    }
    drawn = [parts[id(model.get_submodule(stage.block))] for stage in found]
    assert list(dict.fromkeys(drawn)) == TINY_BLOCKS[::-1]


def test_a_map_that_becomes_nothing_has_changed(model):
    full = np.random.default_rng(0).normal(size=(8, 8))
    found = randomisation_of(lambda network: full if network is model else 0 * full, model, draws=1)
    assert all(np.isnan([stage.rank, stage.rank_absolute]).all() for stage in found.stages)
    assert not found.unchanged and not found.blind


def test_a_pause_is_told_every_map_and_may_end_the_work(model):
    told, maps = [], []

    def explain(network):
        maps.append(network)
        return np.eye(4)

    def on_progress(done, total):
        told.append((done, total))
        if done == 4:
            raise InterruptedError

    randomisation_of(explain, model, draws=2, on_progress=lambda *step: told.append(step))
    assert told == [(done, 11) for done in range(1, 12)] and maps[0] is model and len(maps) == 11
    told.clear(), maps.clear()
    with pytest.raises(InterruptedError):
        randomisation_of(explain, model, on_progress=on_progress)
    assert len(maps) == 4 and told[-1] == (4, 1 + DRAWS * 5)


def test_many_maps_at_once_are_each_as_alone(model):
    explains = {
        "gradient": gradient,
        "size": lambda network: np.abs(gradient(network)),
        ("fixed", 2): lambda _: np.eye(4),
    }
    found = measure_randomisation(
        lambda network: {name: make(network) for name, make in explains.items()}, model, X, draws=2
    )
    assert found == {name: randomisation_of(make, model, draws=2) for name, make in explains.items()}
