"""A trained network -> a checkpoint with temperature, thresholds, metrics and pictures; any checkpoint -> its figures.

Everything is measured on the weights as they are stored and read back, through the app's own way from file to logits.
Temperature and thresholds come from the validation rows; the rows of other splits are only ever measured.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from cxr_demo.errors import TrainingError
from cxr_demo.labels import get_finding
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import Localisation, Metrics, SetMetrics, Settings, Training
from cxr_demo.networks.checkpoint import Checkpoint, Network
from cxr_demo.networks.classifier import compute_probabilities
from cxr_demo.networks.standing import EXTERNAL, TEST
from cxr_demo.networks.whole_file import sync, write_file
from cxr_demo.text.checkpoint_text import name_networks
from train.data.datasets import DATASETS, Dataset, pack_films
from train.data.splits import find_shared_patients
from train.data.table import Table
from train.fit.loop import Fitted, make_loss
from train.fit.run_state import LOG_FILE, STATE_FILE
from train.measure import metrics, plots
from train.measure.calibration import UNCALIBRATED_SCORES, Calibration, calibrate
from train.measure.floors import measure_floors
from train.measure.localisation import format_localisation, localise_films, read_boxes
from train.measure.metrics import FIGURES
from train.measure.model_card import LABEL_FIGURES, describe_baseline, format_figure, write_model_card
from train.measure.predictions import Predictions, match_labels, predict_squares, read_test_rows
from train.recipe import AS_IT_STANDS, OwnFilms, Recipe

HALF_TOLERANCE = 0.002  # float16 is stored where no probability moves by more than this
COMPARED_FILMS = 200  # on which that is looked at
MEASURED_SPLITS = {"validation": "val", "test": "test", "external": "external"}
# set -> what can be added later to its figures in a card
RECORDED = {TEST: ("operating_points", "reliability"), EXTERNAL: ("reliability",)}
METRICS_FILE = "metrics.json"
LICENCE = "Apache-2.0"  # of checkpoints made from released data


def get_unfinished_folder(folder: Path) -> Path:
    """Where a run that will become the checkpoint `folder` keeps its state."""
    return folder / "unfinished"


def finish_checkpoint(fitted: Fitted, recipe: Recipe, table: Table, folder: Path) -> Card:
    """Store the network in `folder`, calibrate it on "val", measure it, write card, pictures and model card.

    Returns the card as written. Until all of it is measured, a checkpoint that was in `folder` before stays as it is;
    then the unfinished run's folder is removed, but for its log.
    """
    scratch = get_unfinished_folder(folder)
    card = _first_card(recipe, table, folder.name, fitted)
    films, readable = pack_films(table.where(table.split == "val"), card.preprocess, "reading")
    rows = table.where(table.split == "val").where(readable)
    targets = match_labels(rows, card.labels)
    stored, logits = store_network(scratch, fitted.model, card, films, targets)
    held_out = Predictions(card, rows, targets, logits)
    training = _name_films(card, table, _training_facts(recipe, fitted))
    card = measure_sets(stored, held_out, calibrate_predictions(held_out), table, training)
    last = (checkpoint.WEIGHTS_FILE, checkpoint.CARD_FILE)
    others = [path.name for path in scratch.iterdir() if path.is_file() and path.name not in (STATE_FILE, *last)]
    for name in plots.PICTURES:  # those of a checkpoint that was there before
        (folder / name).unlink(missing_ok=True)
    for name in (*others, *last):
        sync(scratch / name)
        (scratch / name).replace(folder / name)
    sync(folder)
    shutil.rmtree(scratch)
    return card


def measure_checkpoint(folder: Path, table: Table, training: Training | None = None) -> Card:
    """Calibrate a stored checkpoint, single network or ensemble, on the rows "val" and measure it on all splits but
    "train"; write card, pictures and model card beside its weights.

    `training` replaces what its card says of how it was made; its `settings.dataset` names the data set, counts and
    citation are filled in from the table. Returns the card as written.
    """
    stored = checkpoint.load(folder)
    held_out = Predictions.of(stored, table.where(table.split == "val"))
    named = _name_films(stored.card, table, stored.card.training if training is None else training)
    return measure_sets(stored, held_out, calibrate_predictions(held_out), table, named)


def calibrate_predictions(held_out: Predictions) -> Calibration:
    card = held_out.card
    return calibrate(held_out.logits, held_out.targets, held_out.rows.patient, card.labels, card.task)


def measure_sets(
    stored: Checkpoint, held_out: Predictions, chosen: Calibration, table: Table, training: Training
) -> Card:
    """The checkpoint with what was `chosen` on the films `held_out`, measured on these and on all other splits of the
    table but "train". Card, pictures and model card are written; returns the card."""
    card = chosen.write_on(stored.card)
    temperature, thresholds = card.applied_temperature, card.thresholds
    scored = {"validation": held_out}
    for name, split in MEASURED_SPLITS.items():
        if name != "validation" and (table.split == split).any():
            scored[name] = Predictions.of(stored, table.where(table.split == split))
    measured = {}
    for name, films in scored.items():
        measured |= films.measure_by_source(name, temperature, thresholds)
    learned = table.where(table.split == "train")
    train = learned if len(learned) else held_out.rows  # of a network from elsewhere
    for name, films in scored.items():
        floors = measure_floors(
            films.p(temperature), films.targets, films.rows, train, match_labels(train, card.labels),
            card.labels, card.task,
        )  # fmt: skip
        measured[name] = measured[name].replace(floors=floors)
    for name in RECORDED.keys() & scored.keys():
        details = scored[name].measure_details(RECORDED[name], temperature, thresholds)
        measured[name] = measured[name].replace(**details)
    if "test" in scored and len(shared := find_shared_patients(table, "train", "test")):
        apart = ~np.isin(scored["test"].rows.patient, shared)
        if apart.any():
            name = "test, numbers that do not recur in train"
            measured[name] = scored["test"].where(apart).measure(temperature, thresholds)
    card = dataclasses.replace(card, training=training, metrics=Metrics.model_validate(measured))
    shown = "test" if "test" in scored else "validation"
    _draw(stored.folder, scored[shown], card, shown)
    write_model_card(stored.folder, card)
    checkpoint.save_card(stored.folder, card)
    return card


def _draw(folder: Path, films: Predictions, card: Card, name: str) -> None:
    lines = (folder / LOG_FILE).read_text(encoding="utf-8").splitlines() if (folder / LOG_FILE).exists() else []
    log, p = [json.loads(line) for line in lines], films.p(card.applied_temperature)
    names = [plots.choose_drawable(card.get_finding(label).name, label) for label in card.labels]
    plots.draw_all(folder, p, films.targets, names, card.task, log, name, is_calibrated=card.calibrated)


def store_network(
    folder: Path, model: Network, card: Card, films: np.ndarray, targets: np.ndarray
) -> tuple[Checkpoint, torch.Tensor]:
    """films (N, S, S) uint8 and targets (N, L) of the validation -> the network written to `folder` and read back, and
    its logits (N, L) of these films.

    As float16 where that moves no calibrated probability of some of these films by more than the tolerance, else as
    float32.
    """
    compared = np.unique(np.linspace(0, len(films) - 1, min(COMPARED_FILMS, len(films))).astype(int))
    exact = predict_squares(model, films, card.preprocess, rows=compared)
    for half in (True, False):
        checkpoint.save(folder, model, card, half=half)
        stored = checkpoint.load(folder)
        logits = predict_squares(stored.model, films, card.preprocess, title="measuring")
        temperature = metrics.fit_temperature(logits, torch.from_numpy(targets), card.task)
        before, after = (
            compute_probabilities(each.double(), card.task, temperature) for each in (exact, logits[compared])
        )
        if (before - after).abs().max() <= HALF_TOLERANCE:
            return stored, logits
    raise TrainingError(f"The network read back from {folder} does not answer as the one that was written.")


def _first_card(recipe: Recipe, table: Table, name: str, fitted: Fitted) -> Card:
    """What is known before anything is measured."""
    dataset = DATASETS[recipe.dataset]
    return Card(
        name=name,
        backbone=recipe.backbone,
        head=recipe.head,
        labels=table.labels,
        task=make_loss(recipe).task,
        preprocess=recipe.preprocess(),
        summary=recipe.summary or _summarise_data(dataset, table, make_loss(recipe).task),
        label_words=table.label_words,
        **dataclasses.asdict(recipe.intended_use),
        licence="" if dataset.is_own else LICENCE,  # of what comes of their own films persons decide
        versions=fitted.environment["versions"],
        commit=fitted.environment["commit"],
    )


def _summarise_data(dataset: Dataset, table: Table, task: str) -> str:
    """Of a network whose recipe was made for other films."""
    train = table.split == "train"
    named = ", ".join(get_finding(label, table.label_words).name for label in table.labels)
    films, patients = train.sum(), len(np.unique(table.patient[train]))
    kind = "one of them on each film" if task == "single-label" else "each with its own yes or no"
    return f"{named}: {kind}. Learned from {films} films of {patients} patients, {dataset.title_of(table)}."


def _training_facts(recipe: Recipe, fitted: Fitted) -> Training:
    made = Training(
        recipe=recipe.name,
        settings=Settings(**recipe.list_settings()),
        initial_weights=fitted.environment["initial_weights"],
        identity=fitted.environment["identity"],
        processes=fitted.environment["processes"],
        seconds=round(sum(row["s"] for row in fitted.log)),
        command=fitted.environment["command"],
        machine=fitted.environment["machine"],
    )
    return made.replace(changed=recipe.changed) if recipe.changed else made


def _name_films(card: Card, table: Table, training: Training) -> Training:
    """With the films of the table as those that it was made from."""
    if (dataset := training.settings.dataset) not in DATASETS:
        raise TrainingError(f"The card of {card.name} does not say which data set it was made from.")
    return training.replace(**_data_facts(dataset, table))


def _data_facts(key: str, table: Table) -> dict:
    dataset = DATASETS[key]
    splits = [split for split in ("train", "val", "test", "external") if (table.split == split).any()]
    return {
        "data": dataset.title_of(table),
        "data_licence": dataset.licence_of(table),
        "data_citation": dataset.citation,
        "caveat": f"{dataset.caveat} {table.caveat}".strip(),
        **({"split_by": table.split_by} if table.split_by else {}),
        "sources": np.unique(table.source[np.isin(table.split, ("train", "val"))]).tolist(),
        "films": {split: int((table.split == split).sum()) for split in splits},
        "patients": {split: len(np.unique(table.patient[table.split == split])) for split in splits},
        "label_films": {
            label: {split: int((table.targets[table.split == split, k] == 1).sum()) for split in splits}
            for k, label in enumerate(table.labels)
        },
        "patient_numbers_in_train_and_test": len(find_shared_patients(table, "train", "test")),
        "finished": datetime.date.today().isoformat(),
    }


def evaluate_checkpoint(
    folder: Path,
    dataset: str,
    root: Path,
    split: str = "test",
    out: Path | None = None,
    methods: Sequence[str] | None = None,
    record: bool = False,
    boxes_file: Path | None = None,
    reading: OwnFilms = AS_IT_STANDS,
) -> Metrics:
    """Measure a checkpoint with the temperature and the thresholds of its card; nothing is fitted.

    `dataset`, `split` and `reading` as in `read_test_rows`. With `methods` also where their maps point, as
    "localisation"; () are all that are quick, by the boxes of the data set or of `boxes_file`. Prints what comes out
    and returns it; `out` gets METRICS_FILE and pictures. To `record` is to write into the checkpoint's card and README:
    of its own data set the localisation, or without `methods`, of its test or external films, what RECORDED says of
    them; of any other all that was measured, as an external set.
    """
    stored = checkpoint.load(folder)
    card = stored.card
    is_own = dataset in ("", card.training.settings.dataset)
    if record and methods is None and is_own and split not in RECORDED:
        raise TrainingError(
            "There is nothing to record.",
            "Measure its own films, --split test or external, or the localisation too: --localisation.",
        )
    rows, note = read_test_rows(stored, dataset, root, split, reading)
    boxes = None if methods is None else read_boxes(card, dataset, root, boxes_file)
    scored, temperature = Predictions.of(stored, rows), card.applied_temperature
    sets = scored.measure_by_source(split, temperature, card.thresholds)
    sets[split] = sets[split].replace(**scored.measure_details(RECORDED[TEST], temperature, card.thresholds))
    print(f"{card.name}: {name_networks(card)}, {card.preprocess.size_px} px")
    for line in [*([note] if note else []), *list_limits(card, scored)]:
        print(line)
    for name, figures in sets.items():
        print("\n" + "\n".join(format_set(name, figures, card)))
    measured = Metrics.model_validate(sets)
    if boxes is not None and methods is not None:
        localised = localise_films(stored, scored.rows, boxes, split, note, methods, own=is_own)
        measured = measured.replace(localisation=localised)
        print("\n" + "\n".join(format_localisation(localised, card)))
    if out:
        _draw(out, scored, card, split)
        facts = {"checkpoint": card.name, "checkpoint_sha256": stored.sha256, "note": note, "labels": card.labels}
        write_file(out / METRICS_FILE, json.dumps({**facts, "metrics": measured.model_dump()}, indent=2) + "\n")
    if record:
        if is_own:
            _record(stored, measured.localisation, split, sets[split])
        else:
            sources = " and ".join(np.unique(scored.rows.source).tolist())
            _record_external(stored, f"external, source {sources}", sets[split], measured.localisation)
    return measured


def _record_external(stored: Checkpoint, name: str, measured: SetMetrics, localised: Localisation | None) -> None:
    """In the card as the set `name`, in the place of what stood there under this name; other sets stay as they are."""
    known = stored.card.metrics.replace(**{name: measured.replace(operating_points={})})
    if localised:
        before = known.localisation or Localisation()
        rows = [row.replace(set=name) for row in localised.rows]
        notes = [f"{name}: {' '.join(localised.notes)}"]
        known = known.replace(
            localisation=before.replace(
                said=[*(each for each in before.notes if not each.startswith(f"{name}: ")), *notes],
                rows=[*(row for row in before.rows if row.set != name), *rows],
            )
        )
    _write_metrics(stored, known)


def _record(stored: Checkpoint, localised: Localisation | None, split: str, measured: SetMetrics) -> None:
    """Where nothing was `localised`, what RECORDED says of the films that were `measured`, which must be those of the
    card's set `split`."""
    card = stored.card
    if card.training.settings.dataset not in DATASETS:
        raise TrainingError(f"The card of {card.name} does not say which data set it was made from.")
    known = card.metrics
    if localised:
        known = known.replace(localisation=localised)
    else:
        of_set = known.sets.get(split)
        if of_set is None or (of_set.films, of_set.positive) != (measured.films, measured.positive):
            raise TrainingError(
                f"These are not the {split} films of {card.name}'s card.",
                "Give --data the folder that it was made from.",
            )
        added = {name: getattr(measured, name) for name in RECORDED[split]}
        known = known.replace(**{split: of_set.replace(**added)})
    _write_metrics(stored, known)


def _write_metrics(stored: Checkpoint, known: Metrics) -> None:
    card = dataclasses.replace(stored.card, metrics=known)
    write_model_card(stored.folder, card)
    checkpoint.save_card(stored.folder, card)


def list_limits(card: Card, scored: Predictions) -> list[str]:
    """What is missing in the card, or in the films, for all figures."""
    absent = [card.get_finding(label).name for label in card.labels if label not in scored.rows.labels]
    words = scored.rows.label_words
    unknown = [get_finding(label, words).name for label in scored.rows.labels if label not in card.labels]
    return [
        *([] if card.calibrated else [UNCALIBRATED_SCORES]),
        *(
            []
            if card.thresholds or card.task == "single-label"
            else ["Its card has no thresholds: figures at a threshold are left out."]
        ),
        *([f"These films do not state: {', '.join(absent)}."] if absent else []),
        *([f"It does not know these labels of the films: {', '.join(unknown)}."] if unknown else []),
    ]


def format_set(name: str, measured: SetMetrics, card: Card) -> list[str]:
    """One set as plain text: the figures of the whole set, then one row per label."""
    lines = [
        f"{name}: {measured.films} films of {measured.patients} patients, with 95 % intervals over patients. "
        + describe_baseline(measured, card.task)
    ]
    lines += [
        f"  {title:34} {format_figure(measured.figures[key], 3, '-')}"
        for key, title in FIGURES.items()
        if key in measured.figures
    ]
    lines.append(f"  {'':22}{'films':>12}  " + "".join(f"{title:24}" for title in LABEL_FIGURES.values()).rstrip())
    for k, label in enumerate(card.labels):
        if measured.stated[k]:
            films = f"{measured.positive[k]} of {measured.stated[k]}"
            cells = [format_figure(measured.figures.get(f"{figure}_{label}"), 2, "-") for figure in LABEL_FIGURES]
            row = f"  {card.get_finding(label).name:22}{films:>12}  " + "".join(f"{cell:24}" for cell in cells)
            lines.append(row.rstrip())
    return lines
