"""The training loop: plain named functions over accelerate, read top to bottom.

Every random draw comes from (seed, epoch), and the state is written at the end of each epoch, so a run that was killed
and started again ends with the same weights as one left alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.model import Classifier
from train.augment import augment
from train.datasets import Table, pack
from train.metrics import validation_metrics
from train.provenance import provenance
from train.recipe import Recipe

STATE_FILE, LOG_FILE = "state.pt", "log.jsonl"


@dataclass(eq=False)
class Run:
    """What one training run changes as it goes."""

    model: torch.nn.Module
    average: torch.nn.Module  # the exponential moving average that is kept, or the model itself
    optimiser: torch.optim.Optimizer
    identity: str
    made_with: dict
    log: list[dict] = field(default_factory=list)  # one row per finished epoch
    best: float = -math.inf
    best_weights: dict | None = None

    @property
    def epoch(self) -> int:
        return len(self.log)


@dataclass(frozen=True, eq=False)
class Fitted:
    """The chosen network in eval mode, the row of each epoch, and what the run was made with (`provenance`)."""

    model: Classifier
    log: list[dict]
    made_with: dict


def fit(recipe: Recipe, table: Table, folder: Path, accelerator: Accelerator) -> Fitted:
    """Train on the rows "train", choose the epoch by macro F1 on the rows "val" among those of the last stage.

    `folder` gets the state and the log; a run of the same recipe on the same films goes on from there.
    """
    if accelerator.num_processes > 1:
        raise TrainingError("Training runs in one process, on the CPU or one GPU.", "Start it without a launcher.")
    folder.mkdir(parents=True, exist_ok=True)
    run = _start(recipe, table, accelerator)
    _resume(run, folder)
    stage = None
    while run.epoch < recipe.epochs:
        wanted = _stage_of_epoch(recipe, run.epoch)
        if wanted != stage:
            stage, (size_px, _) = wanted, recipe.stages[wanted]
            is_last = stage == len(recipe.stages) - 1
            films, targets = _packed(table, "train", recipe, size_px)
            held_out, held_out_targets = _packed(table, "val", recipe, recipe.size_px if is_last else size_px)
        began = time.monotonic()
        loss = _train_epoch(run, recipe, films, targets, accelerator)
        metrics = validation_metrics(predict(run.average, held_out, recipe, accelerator), held_out_targets)
        if is_last and metrics["macro_f1"] > run.best:
            run.best = metrics["macro_f1"]
            run.best_weights = {key: value.detach().clone() for key, value in _kept(run).state_dict().items()}
        _log(run, {"size_px": size_px, "loss": loss, **metrics, "s": time.monotonic() - began})
        _write_state(run, folder)
    model = Classifier(recipe.backbone, len(table.labels), len(recipe.mean))
    model.load_state_dict({key: value.cpu() for key, value in run.best_weights.items()})
    return Fitted(model.eval(), run.log, run.made_with)


def predict(model: torch.nn.Module, films: np.ndarray, recipe: Recipe, accelerator: Accelerator) -> torch.Tensor:
    """films (N, S, S) uint8 -> logits (N, L) on the CPU, in eval mode."""
    model.eval()
    with torch.inference_mode():
        batches = (
            model(_normalise(torch.from_numpy(films[i : i + recipe.batch]).to(accelerator.device), recipe)).cpu()
            for i in range(0, len(films), recipe.batch)
        )
        return torch.cat(list(batches))


def _start(recipe: Recipe, table: Table, accelerator: Accelerator) -> Run:
    torch.manual_seed(recipe.seed)
    labels = len(table.labels)
    if recipe.pretrained:
        tqdm.write(f"Asking the model hub for the ImageNet weights of {recipe.backbone}; it gives up after a minute.")
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of each of its five tries
    try:
        model = Classifier(recipe.backbone, labels, len(recipe.mean), pretrained=recipe.pretrained)
    except (OSError, httpx.HTTPError) as error:  # the hub's own errors are OSErrors
        raise TrainingError(
            f"The ImageNet weights of {recipe.backbone} cannot be fetched: the model hub cannot be reached "
            f"({type(error).__name__}).",
            "Add --from-scratch to train without them.",
        ) from error
    model = model.to(memory_format=torch.channels_last)  # a quarter faster on the CPU, and what GPUs like
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    model, optimiser = accelerator.prepare(model, torch.optim.AdamW(groups, lr=recipe.learning_rate))
    average = model
    if recipe.ema_decay:
        average = AveragedModel(
            accelerator.unwrap_model(model), multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True
        )
    return Run(model, average, optimiser, _identity(recipe, table), provenance())


def _train_epoch(run: Run, recipe: Recipe, films: np.ndarray, targets: torch.Tensor, accelerator: Accelerator) -> float:
    """One pass over the films; returns the mean loss. TrainingError if it is no longer a number."""
    run.model.train()
    steps = len(films) // recipe.batch
    if not steps:
        raise TrainingError(f"Only {len(films)} training films: one batch needs {recipe.batch}.", "Take more films.")
    weights = _class_weights(targets).to(accelerator.device) if recipe.balance else None
    losses = []
    batches = _batches(films, targets, recipe, run.epoch)
    for step, (squares, wanted) in enumerate(
        tqdm(batches, f"epoch {run.epoch + 1} of {recipe.epochs}, {films.shape[1]} px", steps, leave=False)
    ):
        _set_learning_rate(run.optimiser, recipe, run.epoch * steps + step, recipe.epochs * steps)
        logits = run.model(_to_model(squares.to(accelerator.device), recipe))
        loss = F.cross_entropy(
            logits, wanted.to(accelerator.device), weight=weights, label_smoothing=recipe.label_smoothing
        )
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is not a number in epoch {run.epoch + 1}; the last good state is untouched.",
                "Lower the learning rate, or look for broken films.",
            )
        run.optimiser.zero_grad(set_to_none=True)
        accelerator.backward(loss)
        run.optimiser.step()
        if run.average is not run.model:
            run.average.update_parameters(accelerator.unwrap_model(run.model))
        losses.append(loss.item())
    return float(np.mean(losses))


def _batches(films: np.ndarray, targets: torch.Tensor, recipe: Recipe, epoch: int) -> Iterator[tuple]:
    """Augmented squares (N, 1, S, S) in 0..1 and classes (N,), shuffled and drawn from (seed, epoch) alone."""
    generator = torch.Generator().manual_seed(recipe.seed * 10_007 + epoch)
    order = torch.randperm(len(films), generator=generator)
    for start in range(0, len(films) - recipe.batch + 1, recipe.batch):
        rows = order[start : start + recipe.batch]
        squares = torch.from_numpy(films[rows.numpy()])[:, None].float() / 255
        yield augment(squares, recipe.augment, generator), targets[rows].argmax(dim=1)


def _normalise(films: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """films (N, S, S) uint8 -> x (N, C, S, S), the tensor that `Preprocess.apply` gives."""
    return _to_model(films[:, None].float() / 255, recipe)


def _to_model(squares: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    mean = torch.tensor(recipe.mean, device=squares.device)[:, None, None]
    std = torch.tensor(recipe.std, device=squares.device)[:, None, None]
    return ((squares - mean) / std).contiguous(memory_format=torch.channels_last)


def _class_weights(targets: torch.Tensor) -> torch.Tensor:
    counts = targets.sum(dim=0)
    return counts.sum() / (len(counts) * counts.clamp(min=1))


def _set_learning_rate(optimiser: torch.optim.Optimizer, recipe: Recipe, step: int, steps: int) -> None:
    """Linear warm-up, then half a cosine down to zero."""
    done, warm = step / steps, recipe.warmup
    factor = done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))
    for group in optimiser.param_groups:
        group["lr"] = recipe.learning_rate * max(factor, 1 / steps)


def _stage_of_epoch(recipe: Recipe, epoch: int) -> int:
    return [stage for stage, (_, epochs) in enumerate(recipe.stages) for _ in range(epochs)][epoch]


def _packed(table: Table, split: str, recipe: Recipe, size_px: int) -> tuple[np.ndarray, torch.Tensor]:
    rows = table.where(table.split == split)
    films, read = pack(rows, recipe.preprocess(size_px), f"reading {split} at {size_px} px")
    return films, torch.from_numpy(rows.targets[read])


def _kept(run: Run) -> torch.nn.Module:
    return run.average.module if isinstance(run.average, AveragedModel) else run.average


def _identity(recipe: Recipe, table: Table) -> str:
    """What must be the same for a run to go on: every setting, and every film with its split and targets."""
    films = zip(table.paths, table.split, table.targets.tolist(), strict=True)
    rows = "\n".join(f"{path.name} {split} {targets}" for path, split, targets in films)
    return hashlib.sha256(f"{recipe!r}\n{rows}".encode()).hexdigest()


def _resume(run: Run, folder: Path) -> None:
    path = folder / STATE_FILE
    if not path.exists():
        return
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["identity"] != run.identity:
        raise TrainingError(
            f"{folder} holds an unfinished run with other settings or other films.",
            "Delete that folder, or give another --out.",
        )
    run.model.load_state_dict(state["model"])
    run.average.load_state_dict(state["average"])
    run.optimiser.load_state_dict(state["optimiser"])
    run.log, run.made_with = state["log"], state["made_with"]
    run.best, run.best_weights = state["best"], state["best_weights"]
    tqdm.write(f"Going on after epoch {run.epoch}.")


def _write_state(run: Run, folder: Path) -> None:
    """State and log, each by rename, so that a crash or a full disk leaves the last good pair."""
    state = {
        "identity": run.identity,
        "made_with": run.made_with,
        "model": run.model.state_dict(),
        "average": run.average.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "log": run.log,
        "best": run.best,
        "best_weights": run.best_weights,
    }
    scratch = folder / f"{STATE_FILE}.part"
    try:
        torch.save(state, scratch)
        (folder / LOG_FILE).write_text("".join(json.dumps(row) + "\n" for row in run.log), encoding="utf-8")
    except (OSError, RuntimeError) as error:  # torch's zip writer raises RuntimeError on a full disk
        scratch.unlink(missing_ok=True)
        raise TrainingError(
            f"The state of epoch {run.epoch} cannot be written ({error}).",
            "Make room on the disk and start the same command again; it goes on from the last good state.",
        ) from error
    scratch.replace(folder / STATE_FILE)


def _log(run: Run, row: dict) -> None:
    row = {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
    run.log.append({"epoch": run.epoch + 1, **row})
    tqdm.write("  ".join(f"{key} {value}" for key, value in run.log[-1].items()))
