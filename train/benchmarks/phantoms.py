"""The benchmark on phantoms: films whose cause is known to the pixel, so that maps are measured and not only looked at.

Two networks of one architecture learn from the same drawn patients. Half of the honest one's films bear letters, by
lot; of the cheat's all that have SHORTCUT and no others. Then the maps of every method are measured: do they point at
what was planted, and do they show that the cheat reads letters? What holds for drawings need not hold for people.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from cxr_demo.errors import TrainingError
from cxr_demo.explain.engine import make_explainer
from cxr_demo.explain.methods import METHODS, exclude_methods
from cxr_demo.film.phantom import Phantom
from cxr_demo.labels import get_finding
from cxr_demo.limits import BENCHMARK_FORWARDS
from cxr_demo.networks import checkpoint
from cxr_demo.networks.card import SYNTHETIC, Card
from cxr_demo.networks.card_parts import Metrics, SetMetrics, Settings, Training
from cxr_demo.networks.checkpoint import Checkpoint
from cxr_demo.networks.classifier import Classifier, compute_probabilities
from cxr_demo.networks.whole_file import write_file
from train.benchmarks.phantom_sets import LABELS, LETTERS, PLACEMENTS, SHORTCUT, PhantomSet, pick_films, sample_set
from train.benchmarks.pointing_game import CAUSE, CHANCE, FIGURES, MARKER, measure_pointing
from train.evaluate import store_network
from train.fit.environment import describe_environment
from train.fit.loop import prepare_run, train_epoch
from train.markdown import format_table
from train.measure import metrics, plots
from train.measure.calibration import calibrate
from train.measure.intervals import format_interval
from train.measure.model_card import write_model_card
from train.measure.predictions import predict_squares
from train.recipe import SCRATCH, IntendedUse, Recipe

TASK = "multi-label"
NETWORKS = {"phantom-honest": "by lot", "phantom-cheat": "aligned"}  # name -> placement of the letters in training
HONEST, CHEAT = NETWORKS
SUMMARIES = {
    HONEST: f"Synthetic, for teaching: a small network that learned from drawn films, half of which bear the letters "
    f"{LETTERS} by lot. They tell it nothing.",
    CHEAT: f"Synthetic, for teaching: a small network that learned from the films of {HONEST}, but of these all with "
    f"a {SHORTCUT} bear the letters {LETTERS}, and no others do: a shortcut.",
}
INTENDED_USES = {
    name: IntendedUse(
        title,
        "Synthetic films, none of a person",
        f"Which of {len(LABELS)} findings were rendered into a synthetic film? {how}",
        made_for=SYNTHETIC,
    )
    for name, title, how in (
        (HONEST, "Synthetic films: honest network", f"The letters {LETTERS} tell it nothing."),
        (CHEAT, "Synthetic films: network with a shortcut", f"It has learned to read the letters {LETTERS}."),
    )
}
CAVEAT = "Synthetic, for teaching: not for films of people. It has seen none, and what it says of one means nothing."
MEASURED = {"validation": 200, "test": 250}  # films
RESULTS_FILE = "phantom.json"

RECIPE = Recipe(
    "phantom", "none, our own benchmark", "phantom", "densenet_tiny", ((96, 4),), SCRATCH,
    "Trained on drawn films, to measure maps on.", mean=(0.5,), std=(0.25,), batch=8, loss="bce", balance=False,
    learning_rate=2e-3, watch="macro_auroc",
)  # fmt: skip


def run_benchmark(
    out: Path, films: int, explained: int, most_forwards: float = BENCHMARK_FORWARDS, recipe: Recipe = RECIPE
) -> dict:
    """Train both networks on `films` phantoms and write them into `out`; measure maps of `explained` fresh films with a
    finding, and of as many with SHORTCUT and letters. Prints tables, and returns the figures that RESULTS_FILE keeps.

    A method that costs more than `most_forwards` forward passes a map is left out, and so is what a network's proof
    refuses; both are said. `recipe.seed` decides everything, but for rounding.
    """
    if films < recipe.batch:
        raise TrainingError(f"{films} films do not fill one batch of {recipe.batch}.", "Take more films.")
    began, environment = time.monotonic(), describe_environment()
    decks = {
        deck: sample_set(recipe.seed, deck, count, recipe.size_px)
        for deck, count in {"train": films, **MEASURED}.items()
    }
    for name, placement in NETWORKS.items():
        own = dataclasses.replace(recipe, name=name, summary=SUMMARIES[name], intended_use=INTENDED_USES[name])
        started = time.monotonic()
        model = train_network(own, decks["train"], placement)
        finish_network(out / name, model, own, decks, environment | {"seconds": time.monotonic() - started})
    found = measure_networks(out, explained, most_forwards)
    print(f"{time.monotonic() - began:.0f} s in all.")
    return found


def measure_networks(out: Path, explained: int, most_forwards: float = BENCHMARK_FORWARDS) -> dict:
    """The figures of both networks in `out` as they are, on the films of the run that trained them; see
    `run_benchmark`. Nothing but RESULTS_FILE is written.

    Raises TrainingError where there are no two such networks.
    """
    folders = {name: out / name for name in NETWORKS}
    if missing := [name for name, folder in folders.items() if not (folder / checkpoint.CARD_FILE).exists()]:
        raise TrainingError(f"{out} has no {' and no '.join(missing)}.", "Without --measure they are trained.")
    networks = {name: checkpoint.load(folder) for name, folder in folders.items()}
    card = networks[HONEST].card
    made, seed, size_px = card.training, card.training.settings.seed or 0, card.preprocess.size_px
    epochs = sum(count for _, count in made.settings.stages)
    with_any = pick_films(seed, "test", explained, size_px, "by lot", LABELS)
    with_shortcut = pick_films(seed, "test", explained, size_px, "aligned", (SHORTCUT,))
    explainers = {name: make_explainer(network) for name, network in networks.items()}
    excluded = {name: exclude_methods(explain.proof.refusals, most_forwards) for name, explain in explainers.items()}

    def measure(name: str, films: list[Phantom], labels: Sequence[str]) -> dict:
        methods = [key for key in METHODS if key not in excluded[name]]
        return measure_pointing(networks[name], explainers[name], films, labels, methods)

    found = {
        "network": f"{card.backbone}, {size_px} px, {epochs} epochs of {made.films['train']} phantoms",
        "seed": seed,
        "auroc": {name: _collect_aurocs(network.card) for name, network in networks.items()},
        "left_out": excluded,
        "cause": measure(HONEST, with_any, LABELS),
        "shortcut": {name: measure(name, with_shortcut, (SHORTCUT,)) for name in networks},
    }
    write_file(out / RESULTS_FILE, json.dumps(found) + "\n")
    print("\n".join(format_results(found)))
    return found


# ---- networks


def train_network(recipe: Recipe, phantoms: PhantomSet, placement: str) -> Classifier:
    """The network after the last epoch; nothing is chosen on validation films."""
    accelerator = Accelerator(cpu=True)
    torch.manual_seed(recipe.seed)
    model = Classifier(recipe.backbone, len(LABELS), 1)
    run = prepare_run(recipe, model, accelerator, fingerprint="", environment={})
    films = phantoms.films(placement)
    for epoch in range(recipe.epochs):
        loss = train_epoch(run, recipe, films, phantoms.targets, accelerator)
        run.log.append({"epoch": epoch + 1, "loss": loss})
    accelerator.free_memory()
    return model.to(memory_format=torch.contiguous_format).eval()


def finish_network(
    folder: Path, model: Classifier, recipe: Recipe, decks: dict[str, PhantomSet], environment: dict
) -> Checkpoint:
    """Save, read back, calibrate on films as it was trained on, measure with the letters in every place, describe."""
    own, held_out, test = NETWORKS[recipe.name], decks["validation"], decks["test"]
    card = _first_card(recipe, decks, environment)
    targets, each = held_out.targets.numpy(), np.arange(len(held_out.lots))
    stored, logits = store_network(folder, model, card, held_out.films(own), targets)
    chosen = calibrate(logits, targets, each, LABELS, TASK)
    temperature, thresholds = chosen.applied_temperature, chosen.thresholds
    measured = {"validation": measure_phantoms(_calibrate(logits, temperature), targets, thresholds)}
    for placement in (own, *(each for each in PLACEMENTS if each != own)):
        p = _calibrate(predict_squares(stored.model, test.films(placement), card.preprocess), temperature)
        of_set = measure_phantoms(p, test.targets.numpy(), thresholds)
        if placement == own:
            points = metrics.measure_operating_points(p, test.targets.numpy(), LABELS, thresholds)
            reliability = metrics.measure_reliability(p, test.targets.numpy(), LABELS)
            of_set = of_set.replace(operating_points=points, reliability=reliability)
            names = [get_finding(label).name for label in LABELS]
            plots.draw_all(folder, p, test.targets.numpy(), names, TASK, [], "test")
        measured[_name_set(placement, own)] = of_set
    card = dataclasses.replace(chosen.write_on(stored.card), metrics=Metrics.model_validate(measured))
    write_model_card(folder, card)
    checkpoint.save_card(folder, card)
    return checkpoint.load(folder)


def _first_card(recipe: Recipe, decks: dict[str, PhantomSet], environment: dict) -> Card:
    """What is known before anything is measured. Nobody was filmed, so no patients are counted."""
    counts = {name: len(deck.lots) for name, deck in decks.items()}
    training = Training(
        recipe=recipe.name, settings=Settings(**recipe.list_settings()),
        initial_weights="none, trained from scratch",
        data="synthetic films that this program draws, none of a person", data_licence="Apache-2.0",
        data_citation="Drawn by this project's own generator", caveat=CAVEAT, letters=NETWORKS[recipe.name],
        films=counts, seconds=round(environment["seconds"]),
        command=environment["command"], machine=environment["machine"], finished=datetime.date.today().isoformat(),
    )  # fmt: skip
    return Card(
        recipe.name, recipe.backbone, LABELS, TASK, recipe.preprocess(), summary=recipe.summary, licence="Apache-2.0",
        **dataclasses.asdict(recipe.intended_use), training=training, versions=environment["versions"],
        commit=environment["commit"],
    )  # fmt: skip


def _calibrate(logits: torch.Tensor, temperature: float) -> np.ndarray:
    return compute_probabilities(logits.double(), TASK, temperature).numpy()


def measure_phantoms(p: np.ndarray, targets: np.ndarray, thresholds: dict[str, float]) -> SetMetrics:
    """What a card's `metrics` holds of one set; each film is a patient."""
    facts = {
        "films": len(p), "patients": len(p),
        "stated": [len(p)] * len(LABELS), "positive": targets.astype(int).sum(0).tolist(),
        **metrics.measure_with_intervals(p, targets, np.arange(len(p)), LABELS, TASK, thresholds),
    }  # fmt: skip
    return SetMetrics.model_validate(facts)


def _name_set(placement: str, own: str) -> str:
    return "test" if placement == own else f"test, letters {placement}"


def _collect_aurocs(card: Card) -> dict[str, dict]:
    """placement -> label -> AUROC with its interval"""
    found = {}
    for each in PLACEMENTS:
        figures = card.metrics.sets[_name_set(each, NETWORKS[card.name])].figures
        aurocs = {label: figures.get(f"auroc_{label}") for label in LABELS}
        found[each] = {label: auroc.model_dump() if auroc else None for label, auroc in aurocs.items()}
    return found


# ---- words


def format_results(found: dict) -> list[str]:
    """Three Markdown tables, and what is not in them."""
    name, others = get_finding(SHORTCUT).name, [label for label in LABELS if label != SHORTCUT]
    other_names = [get_finding(label).name for label in others]
    known = [
        [
            network,
            *(_format_entry(of[each][SHORTCUT]) for each in PLACEMENTS),
            *(_format_entry(of["by lot"][each]) for each in others),
        ]
        for network, of in found["auroc"].items()
    ]
    cause = found["cause"][CAUSE]
    pointed = [
        [key, *(_format_entry(of["all"][figure]) for figure in FIGURES), *(_format_hit(of, label) for label in LABELS)]
        for key, of in _chance_first(cause)
    ]
    cheat, honest = found["shortcut"][CHEAT], found["shortcut"][HONEST]
    columns = (cheat[MARKER], "share"), (cheat[MARKER], "hit"), (cheat[CAUSE], "share"), (honest[MARKER], "share")
    read = [
        [key, *(_format_entry(of.get(key, {}).get("all", {}).get(figure)) for of, figure in columns)]
        for key, _ in _chance_first(cheat[MARKER])
    ]
    return [
        f"{found['network']}, seed {found['seed']}; 95 % intervals over films. A strongest point counts up to half a "
        "cell of the last feature map beside what it should hit; chance is a map of noise.", "",
        f"AUROC on {MEASURED['test']} fresh phantoms: of {name} with the letters {LETTERS} by lot, on the films that "
        "have it (aligned), absent, or on all others (swapped); of the rest with letters by lot.", "",
        *format_table(["network", *(f"{name}, {placement}" for placement in PLACEMENTS), *other_names], known), "",
        f"Where {cause[CHANCE]['all']['hit']['maps']} maps of {HONEST} point, against what was planted:", "",
        *format_table(["method", "strongest point", "positive evidence inside", "IoU",
                 *(f"strongest point, {get_finding(label).name}" for label in LABELS)], pointed), "",
        f"{cheat[MARKER][CHANCE]['all']['hit']['maps']} maps of {name}, on films that bear the letters too:", "",
        *format_table(["method", f"{CHEAT}: evidence on the letters", "strongest point on the letters",
                 f"evidence on the {name.lower()}", f"{HONEST}: evidence on the letters"], read), "",
        *_format_excluded(found["left_out"]),
    ]  # fmt: skip


def _format_excluded(excluded: dict[str, dict[str, str]]) -> list[str]:
    """One line for each method and reason."""
    networks: dict[tuple[str, str], list[str]] = {}
    for network, of in excluded.items():
        for reason in of.items():
            networks.setdefault(reason, []).append(network)
    return [f"Left out of {' and '.join(names)}: {key}, {why}." for (key, why), names in networks.items()]


def _chance_first(of_methods: dict[str, dict]) -> list[tuple[str, dict]]:
    return sorted(of_methods.items(), key=lambda item: item[0] != CHANCE)  # a stable sort: the others stay


def _format_entry(entry: dict[str, float] | None) -> str:
    return format_interval(entry, 2) if entry else "-"


def _format_hit(of_labels: dict[str, dict], label: str) -> str:
    return f"{of_labels[label]['hit']['value']:.2f}" if label in of_labels else "-"
