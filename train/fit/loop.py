"""The training loop: plain named functions over accelerate, read top to bottom.

Every random draw comes from (seed, epoch), so a run that was killed and started again ends with the same weights as
one left alone, and several processes with those of one (but for rounding, and for dropout, which each draws itself).
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.networks import checkpoint
from cxr_demo.networks.classifier import Classifier
from train.data.datasets import DATASETS, pack_films
from train.data.table import Table
from train.fit import run_state
from train.fit.batches import iterate_batches, normalise_batch
from train.fit.environment import describe_environment
from train.fit.losses import AS_PUBLISHED, LOSSES, Loss
from train.fit.optimiser import is_over, make_optimiser, set_learning_rate
from train.fit.processes import gather_batch, synchronise_batch_norms, take_part
from train.fit.run_state import RunState
from train.fit.transfer import freeze, load_start, set_train_mode
from train.measure.metrics import validation_metrics
from train.recipe import IMAGENET, Recipe

CHECK_EVERY = 50  # steps between two looks at the loss, each of which makes a GPU wait


@dataclass(frozen=True, eq=False)
class Fitted:
    """The chosen network in eval mode, the row of each epoch, and what it was made with (`describe_environment`)."""

    model: nn.Module
    log: list[dict]
    made_with: dict


def fit_recipe(
    recipe: Recipe,
    table: Table,
    folder: Path,
    accelerator: Accelerator,
    start: Path | None = None,
    model: nn.Module | None = None,
) -> Fitted:
    """Train on the rows "train", choose the epoch by `recipe.watch` on the rows "val" among those of the last stage.

    `folder` gets the state and the log; a run of the same recipe on the same films goes on from there. `start` is the
    checkpoint that the recipe starts from, `model` a network that is ready made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    take_part(accelerator, recipe.batch)  # says at once what cannot be shared
    task = DATASETS[recipe.dataset].task_of(table)
    if make_loss(recipe).task != task:
        raise TrainingError(f"The loss {recipe.loss} is not for {task} films, which {recipe.dataset} are.")
    run = _start(recipe, table, start, model, accelerator)
    run_state.resume_run(run, folder)
    if len(set(gather_object([run.epoch]))) > 1:
        raise TrainingError("The machines do not share a disk: they would go on from different epochs.")
    stage = None
    while not is_over(run.log, recipe):
        wanted = _stage_of_epoch(recipe, run.epoch)
        if wanted != stage:
            stage, (size_px, _) = wanted, recipe.stages[wanted]
            is_last = stage == len(recipe.stages) - 1
            films, targets = _packed(table, "train", recipe, size_px, accelerator)
            held_out, true = _packed(table, "val", recipe, recipe.size_px if is_last else size_px, accelerator)
        began = time.monotonic()
        loss = _train_epoch(run, recipe, films, targets, accelerator)
        logits = predict_squares(run.kept, held_out, recipe, accelerator)
        _check(logits, run.epoch)
        metrics = validation_metrics(logits, true, task, table.labels)
        if recipe.watch not in metrics:
            raise TrainingError(
                f"The validation films cannot give {recipe.watch}: a label is missing.", "Take more films."
            )
        _log(run, {"size_px": size_px, "loss": loss, **metrics, "s": time.monotonic() - began}, folder, accelerator)
        if is_last and (run.log[-1][recipe.watch] > run.best or run.best_weights is None):
            run.best = run.log[-1][recipe.watch]
            run.best_weights = {key: value.detach().clone() for key, value in run.kept.state_dict().items()}
        run_state.write_state(run, folder, accelerator, is_over=is_over(run.log, recipe))
        accelerator.wait_for_everyone()
    run.plain.load_state_dict(run.best_weights)
    accelerator.free_memory()  # else it keeps every network that it ever prepared
    return Fitted(run.plain.cpu().eval(), run.log, run.made_with)


def predict_squares(model: nn.Module, films: np.ndarray, recipe: Recipe, accelerator: Accelerator) -> torch.Tensor:
    """films (N, S, S) uint8 -> logits (N, L) on the CPU, in eval mode; each process does its share."""
    model.eval()
    rank, count = accelerator.process_index, accelerator.num_processes
    mine = np.arange(len(films))[rank::count]
    with torch.inference_mode():
        found = [
            model(normalise_batch(torch.from_numpy(films[rows]).to(accelerator.device)[:, None].float() / 255, recipe))
            for rows in np.array_split(mine, max(1, math.ceil(len(mine) / recipe.batch)))
            if len(rows)
        ]
    shares = gather_object([(mine, torch.cat(found).float().cpu().numpy())] if found else [])
    logits = np.concatenate([share for _, share in shares])
    logits[np.concatenate([rows for rows, _ in shares])] = logits.copy()
    return torch.from_numpy(logits)


def _start(
    recipe: Recipe, table: Table, start: Path | None, model: nn.Module | None, accelerator: Accelerator
) -> RunState:
    torch.manual_seed(recipe.seed)
    model = model or _new_model(recipe, len(table.labels))
    sha256, began = "", "ImageNet" if recipe.start == IMAGENET else "none, trained from scratch"
    if start is not None:
        begun = checkpoint.load(start)
        sha256 = begun.sha256
        began = f"those of {begun.card.name}, which began with: {begun.card.training.initial_weights or 'unknown'}"
        kept = load_start(model, table.labels, begun, recipe.keep_outputs)
        tqdm.write(f"Starting from {begun.card.name}; output rows kept: {', '.join(kept) or 'none'}.")
    freeze(model, recipe.train_from)
    model = model.to(accelerator.device, memory_format=torch.channels_last)  # a quarter faster, on the CPU too
    wrapped, optimiser = accelerator.prepare(model, make_optimiser(model, recipe))
    average = None
    if recipe.ema_decay:
        average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)
    identity = run_state.fingerprint(recipe, table, sha256)
    made_with = {**describe_environment(), "initial_weights": began, "identity": identity}
    made_with["processes"] = accelerator.num_processes
    return RunState(wrapped, model, average, optimiser, identity, made_with)


def _new_model(recipe: Recipe, labels: int) -> Classifier:
    pretrained = recipe.start == IMAGENET
    if pretrained:
        tqdm.write(f"Asking the model hub for the ImageNet weights of {recipe.backbone}; it gives up after a minute.")
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of each of its five tries
    try:
        return Classifier(recipe.backbone, labels, len(recipe.mean), head=recipe.head, pretrained=pretrained)
    except (OSError, httpx.HTTPError) as error:  # the hubs' own errors are OSErrors
        raise TrainingError(
            f"The ImageNet weights of {recipe.backbone} cannot be fetched: the model hub cannot be reached "
            f"({type(error).__name__}).",
            "Add --from-scratch to train without them.",
        ) from error


def _train_epoch(
    run: RunState, recipe: Recipe, films: np.ndarray, targets: torch.Tensor, accelerator: Accelerator
) -> float:
    """One pass over the films; returns the mean loss. TrainingError if it is no longer a number."""
    set_train_mode(run.model)
    torch.manual_seed(recipe.seed * 10_007 + run.epoch)  # dropout
    steps = len(films) // recipe.batch
    if not steps:
        raise TrainingError(f"Only {len(films)} training films: one batch needs {recipe.batch}.", "Take more films.")
    weights = _class_weights(targets, make_loss(recipe).task).to(accelerator.device) if recipe.balance else None
    title = f"{recipe.name}, epoch {run.epoch + 1} of {recipe.epochs}, {films.shape[1]} px"
    part = take_part(accelerator, recipe.batch)
    losses = []
    with synchronise_batch_norms(accelerator):
        for step, (squares, wanted) in enumerate(
            tqdm(
                iterate_batches(films, targets, recipe, run.epoch, part, accelerator.device),
                title, steps, leave=False, disable=not accelerator.is_main_process,
            )
        ):  # fmt: skip
            set_learning_rate(run.optimiser, recipe, run.log, (run.epoch + step / steps) / recipe.epochs)
            losses.append(_step(run, recipe, squares, wanted, weights, accelerator))
            if step % CHECK_EVERY == 0 or step == steps - 1:
                _check(losses[-1], run.epoch)
    return float(torch.stack(losses).mean())


def _step(run: RunState, recipe: Recipe, squares, wanted, weights, accelerator: Accelerator) -> torch.Tensor:
    """One step on one batch, squares (n, 1, S, S) of this process, wanted (batch, L); returns the batch's loss."""
    logits = gather_batch(run.model(normalise_batch(squares, recipe)).float(), accelerator)
    how = make_loss(recipe)
    loss = how.compute(logits, _smoothed(wanted, recipe.label_smoothing, how.task), weights)
    run.optimiser.zero_grad(set_to_none=True)
    accelerator.backward(loss * accelerator.num_processes)  # whose gradients are averaged, and should be summed
    run.optimiser.step()
    if run.average:
        run.average.update_parameters(run.plain)
    return loss.detach()


def make_loss(recipe: Recipe) -> Loss:
    """`recipe.loss`; with "as published: " before it, the form with the paper's defect."""
    key = recipe.loss.removeprefix("as published: ")
    return (LOSSES if key == recipe.loss else AS_PUBLISHED)[key]


def _check(values: torch.Tensor, epoch: int) -> None:
    """Of a loss, or of validation logits: a last step can break a network whose loss was still a number."""
    if not torch.isfinite(values).all():
        raise TrainingError(
            f"The loss is not a number in epoch {epoch + 1}; the last good state is untouched.",
            "Lower the learning rate, or look for broken films.",
        )


def _smoothed(targets: torch.Tensor, amount: float, task: str) -> torch.Tensor:
    """Towards all classes alike; of a label with its own yes or no, towards both."""
    return targets * (1 - amount) + amount / (targets.shape[1] if task == "single-label" else 2)


def _class_weights(targets: torch.Tensor, task: str) -> torch.Tensor:
    """(L,), single-label: 1 on average over the films, the rarer the class the larger; multi-label, of the positives:
    what makes both sides weigh the same."""
    counts = targets.nansum(dim=0)
    if task == "multi-label":
        return ((targets == 0).sum(dim=0) / counts.clamp(min=1)).clamp(min=1e-3)
    return counts.sum() / (len(counts) * counts.clamp(min=1))


def _stage_of_epoch(recipe: Recipe, epoch: int) -> int:
    return [stage for stage, (_, epochs) in enumerate(recipe.stages) for _ in range(epochs)][epoch]


def _packed(
    table: Table, split: str, recipe: Recipe, size_px: int, accelerator: Accelerator
) -> tuple[np.ndarray, torch.Tensor]:
    rows = table.where(table.split == split)
    with accelerator.main_process_first():  # the others then find the packed films on the disk
        progress = f"reading {split} at {size_px} px" if accelerator.is_main_process else ""
        films, read = pack_films(rows, recipe.preprocess(size_px), progress)
    return films, torch.from_numpy(rows.targets[read])


def _log(run: RunState, row: dict, folder: Path, accelerator: Accelerator) -> None:
    # Rounded before the best epoch is chosen by them: a resumed run, which reads the log, must choose the same.
    row = {key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()}
    run.log.append({"epoch": run.epoch + 1, **row})
    if accelerator.is_main_process:
        told = {key: f"{value:.4f}" if isinstance(value, float) else value for key, value in run.log[-1].items()}
        tqdm.write("  ".join(f"{key} {value}" for key, value in told.items()))
        with SummaryWriter(folder.parent / "tensorboard", purge_step=run.epoch) as writer:
            for key, value in row.items():
                writer.add_scalar(key, value, run.epoch)
