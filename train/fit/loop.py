"""One run of a recipe: plain named functions over accelerate, read top to bottom.

Every random number comes from (seed, epoch), so a run that was killed and started again ends with the same weights as
one left alone, and several processes with those of one (but for rounding, and for dropout, which each draws itself).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.networks import checkpoint
from cxr_demo.networks.backbones import find_backbone
from cxr_demo.networks.checkpoint import Network
from cxr_demo.networks.classifier import Classifier
from train.data.datasets import DATASETS, pack_films
from train.data.table import Table
from train.fit import run_state
from train.fit.batches import iterate_batches
from train.fit.environment import describe_environment
from train.fit.imagenet import PackagedWeights, read_packaged_weights
from train.fit.losses import AS_PUBLISHED, LOSSES, Loss
from train.fit.optimiser import is_over, learning_rate_factor, make_optimiser, take_steps
from train.fit.processes import gather_batch, synchronise_batch_norms, take_part
from train.fit.run_state import RunState
from train.fit.transfer import freeze, load_start, set_train_mode
from train.measure.hub_metadata import FROM_HUB
from train.measure.metrics import validation_metrics
from train.measure.predictions import predict_squares
from train.recipe import IMAGENET, IMAGENET_OR_SCRATCH, Recipe

MADE_FOR = {"single-label": "own-single-label", "multi-label": "own-multi-label"}  # among others
OF_SCRATCH = "none, trained from scratch"  # what a card says of such weights
CHECK_EVERY = 50  # steps between two looks at the loss, each of which makes a GPU wait


@dataclass(frozen=True, eq=False)
class Fitted:
    """The chosen network in eval mode, the row of each epoch, and the environment (`describe_environment`) with what
    else the card says of the run: "initial_weights", "identity" and "processes"."""

    model: Network
    log: list[dict]
    environment: dict


@dataclass(frozen=True, eq=False)
class Stage:
    """The films of one of the recipe's stages: squares (N, S, S) uint8 with targets (N, L), to train on and to validate
    on. Those to validate on have the checkpoint's size in the last stage."""

    index: int
    size_px: int
    films: np.ndarray
    targets: torch.Tensor
    held_out: np.ndarray
    held_out_targets: torch.Tensor


def fit_recipe(
    recipe: Recipe,
    table: Table,
    folder: Path,
    accelerator: Accelerator,
    start: Path | None = None,
    model: Network | None = None,
) -> Fitted:
    """Train on the rows "train"; of the epochs of the last stage, keep the one that is best by `recipe.watch` on "val".

    `folder` gets the state and the log; a run of the same recipe on the same films goes on from there. `start` is the
    checkpoint that the recipe starts from. `model` is a network that is ready to train; then `start` and the recipe's
    `train_from` are not used. Raises TrainingError where the loss does not suit the films, the processes cannot share a
    batch or a disk, the films are too few, the loss is no longer a number, or the state cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    take_part(accelerator, recipe.batch)  # says at once what cannot be shared
    task = make_loss(recipe).task
    check_loss(recipe)
    run = _start_run(recipe, table, start, model, accelerator)
    run_state.resume_run(run, folder)
    if len(set(gather_object([run.epoch]))) > 1:
        raise TrainingError("The machines do not share a disk: they would go on from different epochs.")
    stage = None
    while not is_over(run.log, recipe):
        index = _stage_of_epoch(recipe, run.epoch)
        if stage is None or stage.index != index:
            stage = _read_stage(recipe, table, index, accelerator)
        began = time.monotonic()
        loss = train_epoch(run, recipe, stage.films, stage.targets, accelerator)
        logits = predict_shared(run.evaluated, stage.held_out, recipe, accelerator)
        _check_finite(logits, run.epoch)
        metrics = validation_metrics(logits, stage.held_out_targets, task, table.labels)
        if recipe.watch not in metrics:
            raise TrainingError(
                f"The validation films cannot give {recipe.watch}: a label is missing.", "Take more films."
            )
        row = {"size_px": stage.size_px, "loss": loss, **metrics, "s": time.monotonic() - began}
        _log_epoch(run, row, folder, accelerator)
        is_last = index == len(recipe.stages) - 1
        if is_last and (run.log[-1][recipe.watch] > run.best or not run.best_weights):
            run.best = run.log[-1][recipe.watch]
            run.best_weights = {key: value.detach().clone() for key, value in run.evaluated.state_dict().items()}
        run_state.write_state(run, folder, accelerator, is_over=is_over(run.log, recipe))
        accelerator.wait_for_everyone()
    run.plain.load_state_dict(run.best_weights)
    chosen = accelerator.unwrap_model(run.model, keep_fp32_wrapper=False)  # in full precision from here on
    accelerator.free_memory()  # else it keeps every network that it ever prepared
    return Fitted(chosen.cpu().eval(), run.log, run.environment)


def predict_shared(model: Network, films: np.ndarray, recipe: Recipe, accelerator: Accelerator) -> torch.Tensor:
    """films (N, S, S) uint8 -> logits (N, L) float32 on the CPU, in eval mode; each process does its share."""
    model.eval()
    mine = np.arange(len(films))[accelerator.process_index :: accelerator.num_processes]
    shares = []
    if len(mine):
        logits = predict_squares(
            lambda x: model(x.contiguous(memory_format=torch.channels_last)), films, recipe.preprocess(),
            rows=mine, batch=recipe.batch, device=accelerator.device,
        )  # fmt: skip
        shares = [(mine, logits.float().cpu().numpy())]
    shares = gather_object(shares)
    logits = np.concatenate([share for _, share in shares])
    logits[np.concatenate([rows for rows, _ in shares])] = logits.copy()
    return torch.from_numpy(logits)


def _start_run(
    recipe: Recipe, table: Table, start: Path | None, model: Network | None, accelerator: Accelerator
) -> RunState:
    torch.manual_seed(recipe.seed)
    sha256, initial_weights = "", OF_SCRATCH
    if model is None:
        classifier, initial_weights = _make_classifier(recipe, len(table.labels))
        model = classifier
        for size_px in sorted({recipe.size_px, *(size for size, _ in recipe.stages)}):
            classifier.check_size(size_px)
        if start is not None:
            first = checkpoint.load(start)
            sha256, before = first.sha256, first.card.training.initial_weights or "unknown"
            initial_weights = f"those of {first.card.name}, which began with: {before}"
            copied = load_start(classifier, table.labels, first, recipe.keep_outputs)
            tqdm.write(f"Starting from {first.card.name}; output rows kept: {', '.join(copied) or 'none'}.")
        freeze(classifier, recipe.train_from)
        if recipe.drop_rate:
            _set_drop_rate(classifier, recipe)
    fingerprint = run_state.compute_fingerprint(recipe, table, sha256)
    environment = {**describe_environment(), "initial_weights": initial_weights, "identity": fingerprint}
    environment["processes"] = accelerator.num_processes
    return prepare_run(recipe, model, accelerator, fingerprint, environment)


def prepare_run(
    recipe: Recipe, model: Network, accelerator: Accelerator, fingerprint: str, environment: dict
) -> RunState:
    """A run before its first step: the network on the device, its optimiser, and its average if the recipe asks."""
    model = model.to(accelerator.device).to(memory_format=torch.channels_last)  # a quarter faster, on the CPU too
    wrapped, optimiser = accelerator.prepare(model, make_optimiser(model, recipe))
    average = None
    if recipe.ema_decay:
        average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)
    return RunState(wrapped, model, average, optimiser, fingerprint, environment)


def _set_drop_rate(model: Classifier, recipe: Recipe) -> None:
    """timm's networks read it at each step, and only in train mode."""
    if not hasattr(model.net, "drop_rate"):
        raise TrainingError(f"{recipe.backbone} cannot leave features out: it has no drop_rate.")
    setattr(model.net, "drop_rate", recipe.drop_rate)  # noqa: B010 # timm's, which our type of it does not know


def _make_classifier(recipe: Recipe, labels: int) -> tuple[Classifier, str]:
    """The network before its first step, and where its weights come from, as a card says it: ImageNet's from a package
    where one holds them, else from the hub."""
    why = ""
    if recipe.start in (IMAGENET, IMAGENET_OR_SCRATCH):
        packaged = read_packaged_weights(find_backbone(recipe.backbone).name)
        try:
            return _take_imagenet(recipe, labels, packaged), str(packaged or FROM_HUB)
        except TrainingError as error:
            if recipe.start == IMAGENET:
                raise
            why = f": {error.message[0].lower()}{error.message[1:].rstrip('.')}"
            tqdm.write(f"{error.message} The network is trained from scratch.")
    return Classifier(recipe.backbone, labels, len(recipe.mean), head=recipe.head), f"{OF_SCRATCH}{why}"


def _take_imagenet(recipe: Recipe, labels: int, packaged: PackagedWeights | None) -> Classifier:
    if not packaged:
        tqdm.write(f"Asking the model hub for the ImageNet weights of {recipe.backbone}; it gives up after a minute.")
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of each of its five tries
    pretrained = packaged.state if packaged else True
    try:
        return Classifier(recipe.backbone, labels, len(recipe.mean), head=recipe.head, pretrained=pretrained)
    except (OSError, httpx.HTTPError) as error:  # the hubs' own errors are OSErrors
        raise TrainingError(
            f"The ImageNet weights of {recipe.backbone} cannot be fetched: the model hub cannot be reached "
            f"({type(error).__name__}).",
            "Add --from-scratch to train without them.",
        ) from error
    except RuntimeError as error:
        if "No pretrained weights" not in str(error):  # timm's words
            raise
        raise TrainingError(
            f"Nobody publishes ImageNet weights of {recipe.backbone}.", "Add --from-scratch to train without them."
        ) from error


def check_batch(recipe: Recipe, films: int) -> None:
    if films < recipe.batch:
        raise TrainingError(
            f"Only {films} training films: one batch needs {recipe.batch}.", "Take more films, or a smaller --batch."
        )


def train_epoch(
    run: RunState, recipe: Recipe, films: np.ndarray, targets: torch.Tensor, accelerator: Accelerator
) -> float:
    """One pass over films (N, S, S) uint8 with targets (N, L); returns the mean loss of its steps.

    Raises TrainingError where the films do not fill one batch, and as soon as the loss is no longer a number.
    """
    set_train_mode(run.model)
    torch.manual_seed(recipe.seed * 10_007 + run.epoch)  # dropout
    check_batch(recipe, len(films))
    steps = len(films) // recipe.batch
    weights = compute_class_weights(targets, make_loss(recipe).task).to(accelerator.device) if recipe.balance else None
    losses = []
    with synchronise_batch_norms(accelerator):
        taken = take_steps(
            run.optimiser,
            iterate_batches(
                films, targets, recipe, run.epoch, take_part(accelerator, recipe.batch), accelerator.device
            ),
            steps,
            lambda done: (
                recipe.learning_rate * learning_rate_factor(recipe, run.log, (run.epoch + done) / recipe.epochs)
            ),
            lambda batch: compute_loss(run, recipe, *batch, weights, accelerator),
            # the processes' gradients are averaged, and should be summed
            lambda loss: accelerator.backward(loss * accelerator.num_processes),
        )
        title = f"{recipe.name}, epoch {run.epoch + 1} of {recipe.epochs}, {films.shape[1]} px"
        for loss in tqdm(taken, title, steps, leave=False, disable=not accelerator.is_main_process):
            if run.average:
                run.average.update_parameters(run.plain)
            losses.append(loss)
            if (len(losses) - 1) % CHECK_EVERY == 0 or len(losses) == steps:
                _check_finite(loss, run.epoch)
    return float(torch.stack(losses).mean())


def compute_loss(
    run: RunState,
    recipe: Recipe,
    squares: torch.Tensor,
    targets: torch.Tensor,
    class_weights: torch.Tensor | None,
    accelerator: Accelerator,
) -> torch.Tensor:
    """squares (n, 1, S, S) of this process, targets (batch, L) -> the loss of the whole batch, a scalar that has
    a graph."""
    x = recipe.preprocess().normalise(squares).contiguous(memory_format=torch.channels_last)
    logits = gather_batch(run.model(x).float(), accelerator)
    loss = make_loss(recipe)
    return loss.compute(logits, smooth_targets(targets, recipe.label_smoothing, loss.task), class_weights)


def make_loss(recipe: Recipe) -> Loss:
    """`recipe.loss`; with "as published: " before it, the form with the paper's defect."""
    key = recipe.loss.removeprefix("as published: ")
    return (LOSSES if key == recipe.loss else AS_PUBLISHED)[key]


def check_loss(recipe: Recipe) -> None:
    """TrainingError where the recipe's task is not that of its films."""
    ours, theirs = make_loss(recipe).task, DATASETS[recipe.dataset].task
    if theirs and ours != theirs:
        raise TrainingError(
            f"The loss {recipe.loss} is not for {theirs} films, which {recipe.dataset} are.",
            f"Take a recipe for such films, {MADE_FOR[theirs]} for example, or state --task {theirs}.",
        )


def _check_finite(values: torch.Tensor, epoch: int) -> None:
    """Of a loss, or of validation logits: a last step can break a network whose loss was still a number."""
    if not torch.isfinite(values).all():
        kept = f"the state of epoch {epoch} is untouched" if epoch else "nothing is stored"
        raise TrainingError(
            f"The loss is not a number in epoch {epoch + 1}; {kept}.",
            "Lower the learning rate, or look at the weights that the run starts from.",
        )


def smooth_targets(targets: torch.Tensor, amount: float, task: str) -> torch.Tensor:
    """targets (N, L) 1/0/NaN -> the same moved by `amount`, 0..1: towards all classes alike, or, of a label with its
    own yes or no, towards both."""
    return targets * (1 - amount) + amount / (targets.shape[1] if task == "single-label" else 2)


def compute_class_weights(targets: torch.Tensor, task: str) -> torch.Tensor:
    """targets (N, L) 1/0/NaN -> (L,), above 0. Single-label: 1 on average over the films, the rarer the class the
    larger. Multi-label, of the positives: what makes both sides weigh the same."""
    counts = targets.nansum(dim=0)
    if task == "multi-label":
        return ((targets == 0).sum(dim=0) / counts.clamp(min=1)).clamp(min=1e-3)
    return counts.sum() / (len(counts) * counts.clamp(min=1))


def _stage_of_epoch(recipe: Recipe, epoch: int) -> int:
    return [stage for stage, (_, epochs) in enumerate(recipe.stages) for _ in range(epochs)][epoch]


def _read_stage(recipe: Recipe, table: Table, index: int, accelerator: Accelerator) -> Stage:
    def read(split: str, size_px: int) -> tuple[np.ndarray, torch.Tensor]:
        rows = table.where(table.split == split)
        with accelerator.main_process_first():  # the others then find the packed films on the disk
            progress = f"reading {split} at {size_px} px" if accelerator.is_main_process else ""
            films, readable = pack_films(rows, recipe.preprocess(size_px), progress)
        return films, torch.from_numpy(rows.targets[readable])

    size_px, is_last = recipe.stages[index][0], index == len(recipe.stages) - 1
    return Stage(index, size_px, *read("train", size_px), *read("val", recipe.size_px if is_last else size_px))


def _log_epoch(run: RunState, row: dict, folder: Path, accelerator: Accelerator) -> None:
    # Rounded before the best epoch is chosen by them: a resumed run, which reads the log, must choose the same.
    row = {key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()}
    run.log.append({"epoch": run.epoch + 1, **row})
    if accelerator.is_main_process:
        shown = {key: f"{value:.4f}" if isinstance(value, float) else value for key, value in run.log[-1].items()}
        tqdm.write("  ".join(f"{key} {value}" for key, value in shown.items()))
        with SummaryWriter(folder.parent / run_state.CURVES_FOLDER, purge_step=run.epoch) as writer:
            for key, value in row.items():
                writer.add_scalar(key, value, run.epoch)
