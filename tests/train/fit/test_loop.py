"""The loop: it learns, it is deterministic, it survives kills, and everything a recipe says has its effect."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from cxr_demo.errors import TrainingError
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint
from cxr_demo.networks.classifier import Classifier
from train.data.datasets import DATASETS, pack_films
from train.data.split_tables import read_split_table
from train.evaluate import finish_checkpoint, get_unfinished_folder
from train.fit import loop, run_state
from train.fit.augment import augment_batch, sample_changes
from train.fit.batches import iterate_batches
from train.fit.loop import fit_recipe
from train.fit.optimiser import count_plateaus, is_over, learning_rate_factor, make_optimiser
from train.measure import metrics
from train.recipe import SCRATCH, Augment, Recipe


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        name="tiny", paper="none", dataset="kermany", backbone="tiny", stages=((32, 2), (48, 2)), start=SCRATCH,
        summary="Synthetic.", batch=8, learning_rate=3e-3, label_smoothing=0.05, ema_decay=0.8, validation=0.2,
        augment=Augment(rotate_deg=5, shift=0.02, contrast=0.2),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def every_epoch_is_kept(monkeypatch):
    monkeypatch.setattr(run_state, "STATE_EVERY_S", 0.0)


def trained(recipe: Recipe, data: Path, folder: Path, **more) -> loop.Fitted:
    return fit_recipe(
        recipe, read_split_table(recipe, loop.make_loss(recipe).task, data), folder, Accelerator(cpu=True), **more
    )


def same_weights(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def timeless(log: list[dict]) -> list[dict]:
    return [{key: row[key] for key in row if key != "s"} for row in log]


def test_training_and_app_see_the_same_tensor(data, recipe):
    """Law 5, first half: what the loop feeds, unaugmented, is what the card's preprocessing makes of the file."""
    table = DATASETS["kermany"].read(data).where(np.arange(5))
    films, _ = pack_films(table, recipe.preprocess(48))
    fed = recipe.preprocess(48).normalise(torch.from_numpy(films)[:, None].float() / 255)
    for path, x in zip(table.paths, fed, strict=True):
        np.testing.assert_array_equal(recipe.preprocess(48).apply(read_image(path).pixels)[0], x.numpy())


def test_it_learns_and_the_same_seed_gives_the_same_weights(data, recipe, tmp_path):
    recipe = dataclasses.replace(recipe, stages=((32, 8),))
    one, other = (trained(recipe, data, tmp_path / name).model for name in "ab")
    assert same_weights(one, other)
    table = read_split_table(recipe, loop.make_loss(recipe).task, data)
    films, _ = pack_films(table.where(table.split == "test"), recipe.preprocess())
    right = loop.predict_shared(one, films, recipe, Accelerator(cpu=True)).argmax(1).numpy()
    assert (right == table.targets[table.split == "test"].argmax(1)).mean() > 0.8


@pytest.mark.parametrize("epochs_between", [1, 2])
@pytest.mark.parametrize("head", ["linear", "dense256-dropout"])
def test_a_run_that_was_killed_goes_on_to_the_same_weights(head, epochs_between, data, recipe, tmp_path, monkeypatch):
    """Killed in the midst of the third epoch, its state written after each epoch or after every second."""
    recipe = dataclasses.replace(recipe, head=head, schedule="plateau")
    whole = trained(recipe, data, tmp_path / "whole")
    compute_loss, write, seen = loop.compute_loss, run_state.write_state, []

    def killed_at_its_second_step(run, *rest):
        if run.epoch == 2 and len(seen) < 2:
            seen.append(run.epoch)
            if len(seen) == 2:
                raise KeyboardInterrupt
        return compute_loss(run, *rest)

    def written_now_and_then(run, *rest, **more):
        if run.epoch % epochs_between == 0:
            write(run, *rest, **more)

    monkeypatch.setattr(loop, "compute_loss", killed_at_its_second_step)
    monkeypatch.setattr(run_state, "write_state", written_now_and_then)
    with pytest.raises(KeyboardInterrupt):
        trained(recipe, data, tmp_path / "killed")
    resumed = trained(recipe, data, tmp_path / "killed")
    assert seen == [2, 2] and same_weights(whole.model, resumed.model)
    assert timeless(whole.log) == timeless(resumed.log) and len(resumed.log) == 4


def test_other_settings_films_or_start_do_not_go_on_from_that_state(data, recipe, tmp_path):
    recipe = dataclasses.replace(recipe, stages=((32, 1),))
    table = read_split_table(recipe, loop.make_loss(recipe).task, data)
    fit_recipe(recipe, table, tmp_path, Accelerator(cpu=True))
    for changed, films in ((dataclasses.replace(recipe, batch=9), table), (recipe, table.where(np.arange(60)))):
        with pytest.raises(TrainingError, match="other settings or other films"):
            fit_recipe(changed, films, tmp_path, Accelerator(cpu=True))


def test_a_loss_that_is_no_number_stops_and_leaves_the_last_state(data, recipe, tmp_path, monkeypatch):
    table, real = read_split_table(recipe, loop.make_loss(recipe).task, data), loop.make_loss(recipe)
    steps, calls = (table.split == "train").sum() // recipe.batch, []

    def breaks_later(*arguments):
        calls.append(1)
        return real.compute(*arguments) * (math.nan if len(calls) > steps else 1)

    monkeypatch.setattr(loop, "make_loss", lambda recipe: dataclasses.replace(real, compute=breaks_later))
    with pytest.raises(TrainingError, match="not a number in epoch 2"):
        fit_recipe(recipe, table, tmp_path, Accelerator(cpu=True))
    written = torch.load(tmp_path / run_state.STATE_FILE, weights_only=True)
    assert len(written["log"]) == 1 and all(torch.isfinite(v).all() for v in written["model"].values())


def test_logits_that_are_no_numbers_stop_before_anything_is_written(data, recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "predict_shared", lambda *arguments: torch.full((12, 3), math.nan))
    with pytest.raises(TrainingError, match="not a number in epoch 1"):
        trained(recipe, data, tmp_path)
    assert not (tmp_path / run_state.STATE_FILE).exists()


@pytest.mark.parametrize("damage", [b"", b"nothing", "cut", "other"])
def test_a_damaged_state_is_one_sentence(damage, data, recipe, tmp_path):
    recipe = dataclasses.replace(recipe, stages=((32, 1),))
    trained(recipe, data, tmp_path)
    path = tmp_path / run_state.STATE_FILE
    if damage == "other":
        torch.save({"something": 1}, path)
    else:
        path.write_bytes(path.read_bytes()[:5000] if damage == "cut" else damage)
    with pytest.raises(TrainingError, match="is damaged. Delete that folder"):
        trained(recipe, data, tmp_path)


def test_a_loss_of_the_other_task_is_refused(data, recipe, tmp_path):
    with pytest.raises(TrainingError, match="bce is not for single-label films"):
        trained(dataclasses.replace(recipe, loss="bce"), data, tmp_path)


def test_a_full_disk_stops_with_a_sentence_and_leaves_the_last_state(data, recipe, tmp_path, monkeypatch):
    save, calls = torch.save, []

    def full_at_the_second(written, path):
        calls.append(1)
        if len(calls) == 2:
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(written, path)

    monkeypatch.setattr(run_state.torch, "save", full_at_the_second)
    with pytest.raises(TrainingError, match="No space left.*Make room"):
        trained(recipe, data, tmp_path)
    assert len(torch.load(tmp_path / run_state.STATE_FILE, weights_only=True)["log"]) == 1
    assert not list(tmp_path.glob("*.part"))


def test_what_is_frozen_stays_and_its_statistics_too(data, recipe, tmp_path):
    recipe = dataclasses.replace(recipe, train_from="features.denseblock2", stages=((32, 1),), ema_decay=0.0)
    torch.manual_seed(recipe.seed)
    before = Classifier("tiny", 3, 1).state_dict()
    after = trained(recipe, data, tmp_path).model.state_dict()
    moved = {key for key in before if not torch.equal(before[key], after[key])}
    assert moved and all(
        key.startswith(("net.features.denseblock2", "net.features.norm5", "net.classifier")) for key in moved
    )


def test_a_start_gives_its_weights_and_the_outputs_that_are_kept(data, recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 10)
    first = dataclasses.replace(
        recipe, dataset="nih-normal", loss="bce", balance=False, watch="macro_auroc", stages=((32, 1),)
    )
    table = read_split_table(first, loop.make_loss(first).task, data)
    finish_checkpoint(
        fit_recipe(first, table, get_unfinished_folder(tmp_path / "first"), Accelerator(cpu=True)),
        first,
        table,
        tmp_path / "first",
    )
    start = checkpoint.load(tmp_path / "first")
    second = dataclasses.replace(
        recipe, dataset="covid-three", keep_outputs=True, stages=((32, 1),), learning_rate=1e-9, ema_decay=0.0
    )
    fitted = trained(second, data, tmp_path / "second", start=tmp_path / "first")
    model = fitted.model
    for row, label in enumerate(("normal", "pneumonia")):
        given = start.model.output.weight[start.card.labels.index(label)]
        torch.testing.assert_close(model.output.weight[row], given, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        model.net.features.conv0.weight, start.model.net.features.conv0.weight, atol=1e-5, rtol=0
    )


def test_the_log_is_kept_as_lines_and_for_tensorboard(data, recipe, tmp_path):
    fitted = trained(dataclasses.replace(recipe, stages=((32, 2),)), data, tmp_path / "run" / "unfinished")
    lines = (tmp_path / "run" / "unfinished" / run_state.LOG_FILE).read_text().splitlines()
    assert [json.loads(line) for line in lines] == fitted.log and len(lines) == 2
    assert {"epoch", "size_px", "loss", "val_loss", "accuracy", "macro_f1", "mcc", "s"} == fitted.log[0].keys()
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_schedules_and_early_stopping():
    log = [{"mcc": value} for value in (0.1, 0.3, 0.2, 0.3, 0.25, 0.1, 0.5)]
    assert [count_plateaus(log[:n], "mcc", 2) for n in range(8)] == [0, 0, 0, 0, 1, 1, 2, 2]
    recipe = Recipe("r", "", "kermany", "tiny", ((32, 4), (48, 6)), SCRATCH, "", watch="mcc", warmup=0.1, patience=2)
    assert learning_rate_factor(recipe, [], 0.05) == pytest.approx(0.5)
    assert learning_rate_factor(recipe, [], 0.1) == 1 and learning_rate_factor(recipe, [], 0.55) == pytest.approx(0.5)
    ends = [learning_rate_factor(recipe, [], done) for done in (0.97, 0.99, 1.0)]  # the cosine alone ends at 0
    assert ends == [pytest.approx(0.5 * (1 + math.cos(math.pi * 0.87 / 0.9))), 1e-3, 1e-3]
    plateau = dataclasses.replace(recipe, schedule="plateau")
    assert learning_rate_factor(plateau, log[:6], 0.6) == 0.25
    assert learning_rate_factor(dataclasses.replace(recipe, schedule="constant"), log, 0.9) == 1
    rows = [{"mcc": value} for value in (0.9, 0.1, 0.1, 0.1, 0.4, 0.5, 0.5, 0.45)]
    assert [is_over(rows[:n], recipe) for n in range(9)] == [False] * 8 + [True]
    assert is_over(rows + rows[:2], dataclasses.replace(recipe, patience=0))


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd", "rmsprop"])
def test_every_optimiser_lowers_the_loss_and_leaves_the_frozen(name):
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 1))
    model[0].requires_grad_(False)
    recipe = Recipe("r", "", "kermany", "tiny", ((32, 1),), SCRATCH, "", optimiser=name, learning_rate=1e-2)
    optimiser, x = make_optimiser(model, recipe), torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    frozen, losses = model[0].weight.clone(), []
    for _ in range(30):
        loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] and torch.equal(frozen, model[0].weight)


def test_class_weights_are_one_on_average_over_the_films():
    targets = torch.eye(3)[torch.tensor([0] * 6 + [1] * 3 + [2])]
    weights = loop.compute_class_weights(targets, "single-label")
    assert weights.tolist() == pytest.approx([10 / 18, 10 / 9, 10 / 3])
    assert (targets @ weights).mean() == pytest.approx(1)
    stated = torch.tensor([[1, 1], [0, math.nan], [0, 0], [0, 0]])
    assert loop.compute_class_weights(stated, "multi-label").tolist() == [3, 2]


def test_labels_are_smoothed_towards_all_classes_or_towards_both_answers():
    assert loop.smooth_targets(torch.tensor([[1.0, 0, 0, 0]]), 0.2, "single-label").tolist() == [
        pytest.approx([0.85, 0.05, 0.05, 0.05])
    ]
    assert loop.smooth_targets(torch.tensor([[1.0], [0.0]]), 0.2, "multi-label").flatten().tolist() == pytest.approx(
        [0.9, 0.1]
    )


def test_a_process_gets_its_part_of_the_same_films():
    """Whatever the number of processes, each film is changed in the same way."""
    films, targets = np.random.default_rng(0).integers(0, 255, (20, 32, 32), np.uint8), torch.eye(20)
    recipe = Recipe(
        "r",
        "",
        "kermany",
        "tiny",
        ((32, 1),),
        SCRATCH,
        "",
        batch=8,
        augment=Augment(rotate_deg=20, flip=0.5, gamma=0.2),
    )
    whole = list(iterate_batches(films, targets, recipe, 3))
    assert len(whole) == 2 and whole[0][0].shape == (8, 1, 32, 32)
    halves = [list(iterate_batches(films, targets, recipe, 3, slice(start, start + 4))) for start in (0, 4)]
    for step, (squares, wanted) in enumerate(whole):
        torch.testing.assert_close(torch.cat([half[step][0] for half in halves]), squares, atol=1e-6, rtol=0)
        assert all(torch.equal(half[step][1], wanted) for half in halves)
    assert not torch.equal(whole[0][0], next(iterate_batches(films, targets, recipe, 4))[0])


def test_augmentation_stays_in_range_is_drawn_per_film_and_without_settings_changes_nothing():
    def changed(squares: torch.Tensor, how: Augment) -> torch.Tensor:
        return augment_batch(squares, sample_changes(how, len(squares), torch.Generator().manual_seed(0)))

    squares = torch.rand(4, 1, 32, 32)
    strong = Augment(rotate_deg=10, scale=0.1, shift=0.1, flip=0.5, contrast=0.3, brightness=0.2, gamma=0.3)
    same_film = changed(squares[:1].repeat(4, 1, 1, 1), strong)
    assert same_film.shape == squares.shape and same_film.min() >= 0 and same_film.max() <= 1
    assert not torch.equal(same_film[0], same_film[1])
    torch.testing.assert_close(changed(squares, Augment()), squares, atol=1e-5, rtol=0)
    torch.testing.assert_close(changed(squares, Augment(flip=1.0)), squares.flip(3), atol=1e-5, rtol=0)
    rarely = changed(torch.rand(1, 1, 32, 32).repeat(200, 1, 1, 1), Augment(rotate_deg=30, rotate_share=0.1))
    still = (rarely - rarely.median(dim=0).values).abs().amax(dim=(1, 2, 3)) < 1e-5
    assert 0.8 < still.float().mean() < 0.97


def test_a_changed_aspect_makes_a_disc_an_ellipse_of_the_same_area_and_draws_nothing_else_anew():
    y, x = torch.meshgrid(torch.arange(64) - 31.5, torch.arange(64) - 31.5, indexing="ij")
    disc = (x**2 + y**2 < 15**2).float().repeat(50, 1, 1, 1)
    ellipses = augment_batch(disc, sample_changes(Augment(aspect=0.4), 50, torch.Generator().manual_seed(0)))
    widths, heights = ellipses.amax(dim=2).sum(-1).flatten(), ellipses.amax(dim=3).sum(-1).flatten()
    ratio = widths / heights
    assert 1 / 1.55 < ratio.min() < 0.75 and 1.33 < ratio.max() < 1.55
    torch.testing.assert_close(ellipses.sum(dim=(1, 2, 3)), disc.sum(dim=(1, 2, 3)), rtol=0.03, atol=0)
    plain, stretched = (
        sample_changes(Augment(gamma=0.3, shift=0.1, aspect=aspect), 50, torch.Generator().manual_seed(1))
        for aspect in (0.0, 0.4)
    )
    assert torch.equal(plain.exponent, stretched.exponent)
    assert torch.equal(plain.theta[:, :, 2], stretched.theta[:, :, 2])
