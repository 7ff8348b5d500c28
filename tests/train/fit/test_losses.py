"""The losses against the formulas written out in float64, film by film and class by class."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from train.fit.losses import AS_PUBLISHED, LOSSES

SINGLE = [key for key, loss in LOSSES.items() if loss.task == "single-label"]
CALIBRATED = [key for key in SINGLE if key.startswith("calibrated")]
NAN = float("nan")
WEIGHTS = np.array([0.687, 1.292, 1.297])


def softmax(row):
    exponentials = [math.exp(value - max(row)) for value in row]
    return [value / sum(exponentials) for value in exponentials]


def film_loss(kind: str, p: list[float], y: list[float]) -> float:
    classes = range(len(p))
    if kind == "cce":
        return sum(-y[k] * math.log(p[k]) for k in classes)
    if kind == "kl":
        return sum(y[k] * math.log(y[k] / p[k]) for k in classes if y[k] > 0)
    if kind == "focal":
        return sum(-1.0 * (1 - p[k]) ** 2.0 * y[k] * math.log(p[k]) for k in classes)
    assert kind == "hinge"
    positive = sum(y[k] * p[k] for k in classes)
    negative = max((1 - y[k]) * p[k] for k in classes)
    return max(0.0, 1 + negative - positive)


def smooth(y: list[float], added: float) -> list[float]:
    return [0.8 * value + added for value in y]


def slow(key: str, logits: np.ndarray, targets: np.ndarray, weights=None, accuracy=None) -> float:
    """The twelve, from the formulas of the paper and the authors' code; `accuracy` given: held there, not counted."""
    rows = [(softmax(z), list(y)) for z, y in zip(logits, targets, strict=True) if not np.isnan(y).any()]
    kind = key.split("-")[-1]
    if kind == "entropy":
        kind = "cce"
    total = confidence = hits = entropy = 0.0
    for p, y in rows:
        true = y.index(max(y))
        wanted = smooth(y, 0.2 / len(y)) if key.startswith("label-smoothed") else y
        total += film_loss(kind, p, wanted) * (1 if weights is None else weights[true])
        confidence += max(p)
        hits += p.index(max(p)) == true
        entropy += sum(-value * math.log(value) for value in p)
    loss, n, classes = total / len(rows), len(rows), logits.shape[1]
    if key == "cce-entropy":
        loss -= 2.0 * entropy / (n * classes)
    if key == "calibrated-negative-entropy":
        loss -= 0.001 * entropy / n
    if key in CALIBRATED:
        loss += abs((hits / n if accuracy is None else accuracy) - confidence / n)
    return loss


def draw(seed: int, films: int = 13, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return 2 * rng.standard_normal((films, classes)), np.eye(classes)[rng.integers(0, classes, films)]


def compute(loss, logits, targets, weights=None) -> torch.Tensor:
    return loss.compute(
        torch.as_tensor(logits), torch.as_tensor(targets), None if weights is None else torch.as_tensor(weights)
    )


def slow_key(key: str) -> str:
    return "cce" if key == "cross-entropy" else key


def test_the_table_names_the_twelve_and_their_letters():
    letters = {loss.paper[-2] for loss in LOSSES.values() if "Rajaraman" in loss.paper}
    assert letters == set("abcdefghijkl")
    assert sum("Rajaraman" in loss.paper for loss in LOSSES.values()) == 12
    assert all(key == loss.key for table in (LOSSES, AS_PUBLISHED) for key, loss in table.items())
    assert LOSSES["bce"].task == "multi-label"


@pytest.mark.parametrize("key", SINGLE)
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_each_of_the_twelve_is_its_formula(key, classes):
    logits, targets = draw(classes, classes=classes)
    weights = np.linspace(0.5, 2, classes)
    assert compute(LOSSES[key], logits, targets).item() == pytest.approx(
        slow(slow_key(key), logits, targets), rel=1e-12
    )
    assert compute(LOSSES[key], logits, targets, weights).item() == pytest.approx(
        slow(slow_key(key), logits, targets, weights), rel=1e-12
    )


@pytest.mark.parametrize("key", SINGLE)
def test_smoothed_targets_keep_the_true_class_and_the_formula(key):
    logits, targets = draw(4)
    targets = 0.9 * targets + 0.1 / 3
    value = compute(LOSSES[key], logits, targets, WEIGHTS).item()
    assert value == pytest.approx(slow(slow_key(key), logits, targets, WEIGHTS), rel=1e-12)


@pytest.mark.parametrize("key", SINGLE)
def test_the_gradient_is_that_of_finite_differences_with_the_accuracy_held(key):
    logits, targets = draw(5, films=6)
    accuracy = np.mean(logits.argmax(1) == targets.argmax(1))
    free = torch.tensor(logits, requires_grad=True)
    LOSSES[key].compute(free, torch.tensor(targets), torch.tensor(WEIGHTS)).backward()
    step, differences = 1e-6, np.zeros_like(logits)
    for place in np.ndindex(*logits.shape):
        up, down = logits.copy(), logits.copy()
        up[place] += step
        down[place] -= step
        values = [slow(slow_key(key), at, targets, WEIGHTS, accuracy) for at in (up, down)]
        differences[place] = (values[0] - values[1]) / (2 * step)
    assert np.abs(differences).max() > 1e-3
    np.testing.assert_allclose(free.grad.numpy(), differences, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("key", SINGLE)
def test_a_shift_of_all_logits_and_another_order_change_nothing(key):
    logits, targets = draw(6)
    order, classes = np.random.default_rng(0).permutation(len(logits)), [2, 0, 1]
    value = compute(LOSSES[key], logits, targets, WEIGHTS).item()
    assert compute(LOSSES[key], logits + 3, targets, WEIGHTS).item() == pytest.approx(value)
    assert compute(LOSSES[key], logits[order], targets[order], WEIGHTS).item() == pytest.approx(value)
    swapped = compute(LOSSES[key], logits[:, classes], targets[:, classes], WEIGHTS[classes])
    assert swapped.item() == pytest.approx(value)


@pytest.mark.parametrize("key", SINGLE)
def test_films_without_a_target_do_not_matter(key):
    logits, targets = draw(7)
    more = np.concatenate([logits, [[9.0, -9, 0], [1, 2, 3]]])
    masked = np.concatenate([targets, [[NAN] * 3, [NAN, 0, 0]]])
    free = torch.tensor(more, requires_grad=True)
    value = LOSSES[key].compute(free, torch.tensor(masked), torch.tensor(WEIGHTS))
    value.backward()
    assert value.item() == pytest.approx(compute(LOSSES[key], logits, targets, WEIGHTS).item(), rel=1e-12)
    assert not free.grad[-2:].any() and free.grad[:-2].any()


@pytest.mark.parametrize("key", LOSSES)
def test_a_batch_without_any_target_gives_nothing_but_a_graph(key):
    free = torch.randn(4, 3, requires_grad=True)
    value = LOSSES[key].compute(free, torch.full((4, 3), NAN), torch.tensor(WEIGHTS))
    value.backward()
    assert value.item() == 0 and not free.grad.any()


@pytest.mark.parametrize("table", [LOSSES, AS_PUBLISHED], ids=["right", "as published"])
def test_loss_and_gradient_are_finite_for_any_logits(table):
    rng = np.random.default_rng(8)
    for key, loss in table.items():
        for size in (0.0, 1.0, 100.0, 1e4):
            free = torch.tensor(size * rng.choice([-1.0, 1.0], (8, 3)), dtype=torch.float32, requires_grad=True)
            value = loss.compute(free, torch.eye(3)[rng.integers(0, 3, 8)], None)
            value.backward()
            assert value.dtype == torch.float32 and torch.isfinite(value) and torch.isfinite(free.grad).all(), key


@pytest.mark.parametrize("key", CALIBRATED)
def test_the_calibration_term_is_not_weighted(key):
    logits, targets = draw(9)
    light, heavy = (compute(LOSSES[key], logits, targets, np.full(3, weight)).item() for weight in (0.0, 1.0))
    p = torch.as_tensor(logits).softmax(dim=1).numpy()
    dca = abs(np.mean(p.argmax(1) == targets.argmax(1)) - p.max(1).mean())
    entropy = 0.001 * -(p * np.log(p)).sum(1).mean() if key == "calibrated-negative-entropy" else 0
    assert light == pytest.approx(dca - entropy) and heavy > light


def test_relations_between_losses():
    logits, targets = draw(10)
    values = {key: compute(LOSSES[key], logits, targets).item() for key in SINGLE}
    classes = torch.as_tensor(targets).argmax(dim=1)
    assert values["kl"] == pytest.approx(values["cross-entropy"])
    assert values["cross-entropy"] == pytest.approx(F.cross_entropy(torch.as_tensor(logits), classes).item())
    smoothed = F.cross_entropy(torch.as_tensor(logits), classes, label_smoothing=0.2).item()
    assert values["label-smoothed-cce"] == pytest.approx(smoothed)
    assert values["focal"] < values["cross-entropy"] < values["calibrated-cce"]
    flat = np.zeros((1, 3))
    rewarded = compute(LOSSES["cce-entropy"], flat, targets[:1]).item()
    assert rewarded == pytest.approx(math.log(3) * (1 - 2 / 3))  # entropy lowers the loss


def test_as_published_differs_exactly_where_documented():
    assert set(AS_PUBLISHED) == {"cce-entropy", "label-smoothed-focal"}
    logits, targets = draw(11)
    published = {key: compute(loss, logits, targets, WEIGHTS).item() for key, loss in AS_PUBLISHED.items()}
    assert published["cce-entropy"] == compute(LOSSES["cross-entropy"], logits, targets, WEIGHTS).item()
    assert published["cce-entropy"] != pytest.approx(compute(LOSSES["cce-entropy"], logits, targets, WEIGHTS).item())
    halves = [smooth(list(y), 0.1) for y in targets]
    assert sum(halves[0]) == pytest.approx(1.1)
    by_hand = [
        WEIGHTS[y.argmax()] * film_loss("focal", softmax(z), half)
        for z, y, half in zip(logits, targets, halves, strict=True)
    ]
    assert published["label-smoothed-focal"] == pytest.approx(np.mean(by_hand))
    assert published["label-smoothed-focal"] > compute(LOSSES["label-smoothed-focal"], logits, targets, WEIGHTS).item()
    two, right = draw(12, classes=2)  # e / 2 is right where there are two classes
    values = [compute(table["label-smoothed-focal"], two, right).item() for table in (LOSSES, AS_PUBLISHED)]
    assert values[0] == pytest.approx(values[1])


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_bce_is_the_mean_over_stated_entries(weights):
    rng = np.random.default_rng(13)
    logits, targets = rng.standard_normal((9, 3)), rng.integers(0, 2, (9, 3)).astype(float)
    targets[rng.random((9, 3)) < 0.4] = NAN
    targets[0] = NAN
    targets[1] = [0.9, 0.1, NAN]
    losses = []
    for place in np.ndindex(*logits.shape):
        z, y = logits[place], targets[place]
        if not math.isnan(y):
            weight = 1 if weights is None else weights[place[1]]
            losses.append(-weight * y * math.log(1 / (1 + math.exp(-z))) - (1 - y) * math.log(1 / (1 + math.exp(z))))
    free = torch.tensor(logits, requires_grad=True)
    value = LOSSES["bce"].compute(free, torch.tensor(targets), None if weights is None else torch.tensor(weights))
    value.backward()
    assert value.item() == pytest.approx(sum(losses) / len(losses), rel=1e-12)
    assert torch.equal(free.grad != 0, ~torch.tensor(targets).isnan())
