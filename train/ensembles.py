"""Ensembles of finished checkpoints: which members, which weights, and the checkpoint that comes of them.

Rules and their parameters: Rajaraman et al. 2021, PLoS ONE 16(12):e0261307. Everything is fitted on the rows "val";
the authors' code tunes the weights on test labels, which nothing here can do.
"""

from __future__ import annotations

import dataclasses
import datetime
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from scipy.optimize import minimize
from torch import nn

from cxr_demo.errors import TrainingError
from cxr_demo.labels import LabelWords
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import FEATURE_FUSION, RULES, Card, EnsembleSpec, Member
from cxr_demo.networks.card_parts import Metrics, Settings, Training
from cxr_demo.networks.checkpoint import Checkpoint, Network
from cxr_demo.networks.classifier import Classifier
from cxr_demo.networks.ensemble import (
    CERTAIN,
    Ensemble,
    FeatureFusion,
    flatten_by_image,
    make_stack,
)
from cxr_demo.networks.whole_file import move_files
from train.calibration_run import measure_on_others
from train.data.datasets import pack_films
from train.data.table import Table
from train.evaluate import get_unfinished_folder, measure_checkpoint
from train.fit.environment import describe_environment
from train.fit.loop import fit_recipe
from train.fit.losses import LOSSES
from train.fit.processes import make_accelerator
from train.fit.run_state import LOG_FILE
from train.measure.predictions import BATCH, check_common_labels, match_labels, predict_squares
from train.recipe import Recipe
from train.recipe_changes import LOSS_OF_TASK

STARTS = 50  # of the search for weights, as published
STACK_STEPS, STACK_DECAY = 100, 1e-3  # own choice; as published SGD with 1e-3
JOINED_EPOCHS, JOINED_RATE = 2, 1e-3  # own choice; as published SGD with 1e-4 for at most 64 epochs
CAVEAT_OF_OTHERS = (
    "It was joined here from networks that learned from other films, of which their cards say what is known; whether "
    "they had seen some of those that it was measured on is not known."
)
SPLIT_SETTINGS = ("dataset", "split", "validation", "seed")  # that decide which films were held back


def make_ensemble(
    checkpoints: Sequence[Path],
    rule: str,
    table: Table,
    out: Path,
    name: str,
    *,
    dataset: str = "",
    seed: int = 0,
) -> Card:
    """Join checkpoints by a rule of RULES or FEATURE_FUSION, fit what it needs on the rows "val" (the latter trains
    its new layers on "train"), store the whole in `out` and measure it as any other. Returns its card.

    `table` is split as when the members were trained; or, where `dataset` names it, is of films that none of them
    learned from (`calibration_run.read_members_table`): such are networks from elsewhere. TrainingError for members
    that do not fit together.
    """
    if rule not in (*RULES, FEATURE_FUSION):
        raise TrainingError(f"There is no rule {rule!r}.", f"Known: {', '.join((*RULES, FEATURE_FUSION))}.")
    members = [checkpoint.load(folder) for folder in checkpoints]
    members = [_order_labels(member, members[0].card.labels) for member in members]
    _check_fit(members, table, dataset)
    if dataset and rule == FEATURE_FUSION:
        raise TrainingError(
            "Feature fusion trains new layers, on films that its members learned from.",
            "Take another rule, or leave out --dataset.",
        )
    if rule == "majority" and members[0].card.task == "multi-label":
        raise TrainingError(
            "A majority vote needs films that have one label each.", "Take another rule: mean, weighted."
        )
    card, environment = members[0].card, describe_environment()
    weights, model = _fitted(members, rule, table, out, seed)
    makeup = EnsembleSpec(rule, tuple(weights), tuple(_member(member) for member in members))
    joined = Card(
        name=name, backbone="", labels=card.labels, task=card.task, preprocess=card.preprocess, summary=card.summary,
        title=card.title, population=card.population, purpose=card.purpose, ages=card.ages, made_for=card.made_for,
        licence=card.licence, label_words=_join_words(members), versions=environment["versions"],
        commit=environment["commit"], ensemble=makeup,
    )  # fmt: skip
    scratch = get_unfinished_folder(out) / "checkpoint"
    checkpoint.save(scratch, model, joined, half=_was_half(members))
    if (log := get_unfinished_folder(out) / LOG_FILE).exists():
        shutil.copy(log, scratch)
    training = _training_facts(members, rule, environment)
    if dataset:
        measured = measure_on_others(scratch, dataset, table, _forget_films(members, training))
    else:
        measured = measure_checkpoint(scratch, table, training)
    move_files(scratch, out, checkpoint.CARD_FILE)
    shutil.rmtree(get_unfinished_folder(out))
    return measured


def choose_top(metrics: Mapping[str, Metrics], k: int) -> list[str]:
    """The k members with the highest MCC on validation, the best first; of several labels the mean of their MCCs.

    `metrics`: member -> its card's `metrics`. The paper does not say by what it chose. TrainingError where one has no
    MCC or there are fewer than k.
    """
    if not 1 <= k <= len(metrics):
        raise TrainingError(f"The best {k} cannot be chosen of {len(metrics)} members.")
    scores = {}
    for name, measured in metrics.items():
        held_out = measured.sets["validation"].figures if "validation" in measured.sets else {}
        found = [held_out[key] for key in held_out if key == "mcc"] or [
            held_out[key] for key in held_out if key.startswith("mcc_")
        ]
        if not found:
            raise TrainingError(f"{name} has no MCC on validation films to be chosen by.", "Evaluate it first.")
        scores[name] = np.mean([score.value for score in found])
    return sorted(scores, key=lambda name: scores[name], reverse=True)[:k]


def fit_weights(p: np.ndarray, targets: np.ndarray, task: str, *, seed: int = 0) -> np.ndarray:
    """The members' p (M, N, L) and targets (N, L) 1/0/NaN of validation films -> weights (M,), 0..1, that sum to 1 and
    make the log loss of the weighted mean small.

    SLSQP from `STARTS` random starts. Of their ends the one with the lowest log loss is taken, not as published that
    with the highest accuracy: the loss is convex in the weights, so all starts end at one place but for rounding.
    """
    of_truth = _probability_of_truth(p, targets, task)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixed = np.maximum(weights @ of_truth, CERTAIN)
        return float(-np.log(mixed).mean()), -(of_truth / mixed).mean(axis=1)

    random = np.random.default_rng(seed)
    one = {"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": lambda weights: np.ones(len(p))}
    ends = []
    for start in random.dirichlet(np.ones(len(p)), STARTS):
        found = minimize(loss, start, jac=True, method="SLSQP", bounds=[(0, 1)] * len(p), constraints=one)
        end = np.clip(found.x, 0, 1)
        ends.append(end / end.sum())
    return min(ends, key=lambda weights: loss(weights)[0])


def fit_stacking(p: np.ndarray, targets: np.ndarray, task: str, seed: int = 0) -> nn.Sequential:
    """The members' p (M, N, L) and targets (N, L) 1/0/NaN of validation films -> the layers behind them: 15 ReLU units
    and one logit per label. The members stay as they are.

    L-BFGS on all films at once, with a weight decay because they are few. The caller's random numbers are not touched.
    """
    x, wanted = flatten_by_image(torch.from_numpy(p)), torch.from_numpy(targets)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        stack = make_stack(len(p), p.shape[2])
    optimiser = torch.optim.LBFGS(stack.parameters(), max_iter=STACK_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        decay = sum(parameter.square().sum() for parameter in stack.parameters() if parameter.ndim > 1)
        total = LOSSES[LOSS_OF_TASK[task]].compute(stack(x), wanted, None) + STACK_DECAY * decay
        total.backward()
        return total

    optimiser.step(loss)
    return stack.eval().requires_grad_(False)


def _fitted(
    members: Sequence[Checkpoint], rule: str, table: Table, out: Path, seed: int
) -> tuple[Sequence[float], Network]:
    """The weights (M,), and the network in eval mode."""
    card, models = members[0].card, list_classifiers(members)
    weights = [1 / len(members)] * len(members)
    if rule == FEATURE_FUSION:
        return weights, _train_joined(members, table, out, seed)
    temperatures = [member.card.applied_temperature for member in members]
    if rule not in ("weighted", "stacking"):
        return weights, Ensemble(models, rule, weights, card.task, temperatures).eval()
    p, targets = _predict_validation(Ensemble(models, "mean", weights, card.task, temperatures), members[0], table)
    if rule == "weighted":
        weights = fit_weights(p, targets, card.task, seed=seed).tolist()
    model = Ensemble(models, rule, weights, card.task, temperatures)
    if rule == "stacking":
        model.stack = fit_stacking(p, targets, card.task, seed)
    return weights, model.eval()


def list_classifiers(members: Sequence[Checkpoint]) -> list[Classifier]:
    """The members' networks, which are no ensembles: `_check_fit` has seen to that."""
    return [member.model for member in members if isinstance(member.model, Classifier)]


def _predict_validation(model: Ensemble, first: Checkpoint, table: Table) -> tuple[np.ndarray, np.ndarray]:
    """The members' p (M, N, L) float64 and the targets (N, L) of the validation films."""
    rows = table.where(table.split == "val")
    films, read = pack_films(rows, first.card.preprocess, "reading val")
    p = predict_squares(lambda x: model.member_probabilities(x).transpose(0, 1), films, first.card.preprocess)
    return p.transpose(0, 1).numpy(), match_labels(rows.where(read), first.card.labels)


def _train_joined(members: Sequence[Checkpoint], table: Table, out: Path, seed: int) -> FeatureFusion:
    """The members' networks joined; only the layers behind them are trained, without augmentation, as published."""
    card, settings = members[0].card, members[0].card.training.settings
    torch.manual_seed(seed)
    model = FeatureFusion(list_classifiers(members))
    recipe = Recipe(
        name=f"ensemble/{out.name}", paper="Rajaraman et al. 2021", dataset=settings.dataset, backbone="",
        stages=((card.preprocess.size_px, JOINED_EPOCHS),), start=_sources(members), summary=card.summary,
        geometry=card.preprocess.geometry, mean=card.preprocess.mean, std=card.preprocess.std, batch=BATCH,
        loss=LOSS_OF_TASK[card.task], learning_rate=JOINED_RATE, seed=seed, balance=card.task == "single-label",
        watch="mcc" if card.task == "single-label" else "macro_auroc",
    )  # fmt: skip
    fitted = fit_recipe(recipe, table, get_unfinished_folder(out), make_accelerator(), model=model)
    return cast(FeatureFusion, fitted.model).requires_grad_(False)


def _sources(members: Sequence[Checkpoint]) -> str:
    return ", ".join(f"{member.card.name} {member.sha256[:12]}" for member in members)


def _join_words(members: Sequence[Checkpoint]) -> dict[str, LabelWords]:
    """The members' own words for their labels; where two have words for one, those of the first."""
    return {label: words for member in reversed(members) for label, words in member.card.label_words.items()}


def _member(member: Checkpoint) -> Member:
    card = member.card
    return Member(card.name, card.backbone, card.head, card.temperature, member.sha256)


def _was_half(members: Sequence[Checkpoint]) -> bool:
    """Whether all members were stored as float16, so that storing them so again changes nothing."""
    tensors = [value for member in members for value in member.model.state_dict().values()]
    return all(torch.equal(value, value.half().to(value.dtype)) for value in tensors if checkpoint.can_be_half(value))


def _probability_of_truth(p: np.ndarray, targets: np.ndarray, task: str) -> np.ndarray:
    """p (M, N, L), targets (N, L) -> what each member gives to what is true, (M, E): of a single-label film its class,
    of a multi-label film each stated entry. Linear in p, so the mean of this is this of the mean."""
    if task == "multi-label":
        return np.where(targets == 1, p, 1 - p)[:, ~np.isnan(targets)]
    stated = np.flatnonzero(~np.isnan(targets).any(axis=1))
    return p[:, stated, targets[stated].argmax(1)]


def _order_labels(member: Checkpoint, labels: tuple[str, ...]) -> Checkpoint:
    """The same network with its outputs in the order of `labels`, where these are its own in another: networks from
    elsewhere name them as they like."""
    card, model = member.card, member.model
    if card.labels == labels or sorted(card.labels) != sorted(labels) or not isinstance(model, Classifier):
        return member
    order = [card.labels.index(label) for label in labels]
    for values in (model.output.weight, model.output.bias):
        values.copy_(values[order].clone())
    # `sha256` stays that of its file, which is what the ensemble's card names.
    return dataclasses.replace(member, card=dataclasses.replace(card, labels=labels))


def _check_fit(members: Sequence[Checkpoint], table: Table, dataset: str) -> None:
    """Whether the members can answer as one, and were all kept from the same validation films: from those of a
    `dataset` that is named all were."""
    first = members[0].card
    if len(members) < 2:
        raise TrainingError("An ensemble needs two checkpoints or more.")
    if len({member.card.name for member in members}) < len(members):
        raise TrainingError("Two of the checkpoints have the same name.", "Give each a folder of its own name.")
    for card in (member.card for member in members):
        if card.ensemble:
            raise TrainingError(f"{card.name} is an ensemble itself.", "Only single networks can be members.")
        for what in ("labels", "task", "preprocess"):
            if getattr(card, what) != getattr(first, what):
                raise TrainingError(f"{card.name} and {first.name} have different {what}, so they cannot be joined.")
        if not dataset and _held_back(card) != _held_back(first):
            raise TrainingError(
                f"{card.name} was trained on films that {first.name} was validated on: their data set, split or seed "
                "differ.", "Train the members with one seed and one split.",
            )  # fmt: skip
    missing = set(first.labels) - set(table.labels)
    if dataset and first.task == "multi-label":  # what the films do not state stays as the members have it
        check_common_labels(first, table, dataset)
    elif missing:
        raise TrainingError(f"The films say nothing of {', '.join(sorted(missing))}.", "Give the members' own films.")
    if not (table.split == "val").any():
        raise TrainingError("There are no validation films to fit an ensemble on.", "Split the films first.")


def _forget_films(members: Sequence[Checkpoint], training: Training) -> Training:
    """Of an ensemble whose members learned from films that are not here: what their cards say of these, and no counts,
    which would be the first member's."""
    learned = dict.fromkeys(member.card.training.data for member in members)
    sources = dict.fromkeys(source for member in members for source in member.card.training.sources)
    settings = {"rule": training.settings.rule, "members": training.settings.members}
    return Training(
        recipe=training.recipe, settings=Settings.model_validate(settings), initial_weights=training.initial_weights,
        finished=training.finished, command=training.command, machine=training.machine, sources=tuple(sources),
        data="; ".join(filter(None, learned)), caveat=CAVEAT_OF_OTHERS,
    )  # fmt: skip


def _held_back(card: Card) -> list:
    return [getattr(card.training.settings, name) for name in SPLIT_SETTINGS]


def _training_facts(members: Sequence[Checkpoint], rule: str, environment: dict) -> Training:
    """What the first member's card says of the data, which is true of all, and how the ensemble was made."""
    first = members[0].card.training
    settings, card = first.settings.model_dump(), members[0].card
    trained = {"stages": [[card.preprocess.size_px, JOINED_EPOCHS]], "loss": LOSS_OF_TASK[card.task]}
    return first.replace(
        recipe=f"ensemble, {rule}",
        settings=Settings.model_validate(
            {name: settings[name] for name in SPLIT_SETTINGS if name in settings}
            | {"rule": rule, "members": [member.card.name for member in members]}
            | (trained if rule == FEATURE_FUSION else {})
        ),
        initial_weights="; ".join(
            f"{member.card.name}: {member.card.training.initial_weights or 'unknown'}" for member in members
        ),
        finished=datetime.date.today().isoformat(),
        seconds=sum(member.card.training.seconds or 0 for member in members),
        command=environment["command"],
        machine=environment["machine"],
    )
