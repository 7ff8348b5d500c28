"""The README.md of a checkpoint, written from its card alone, and the pictures that lie beside it."""

from __future__ import annotations

from pathlib import Path

from cxr_demo.importing.verdict import describe_sheet
from cxr_demo.networks.card import SYNTHETIC, Card
from cxr_demo.networks.card_parts import FLOORS, Interval, SetMetrics, Training
from cxr_demo.networks.whole_file import write_file
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.checkpoint_text import name_network, name_networks, name_rule
from train.markdown import format_table
from train.measure.calibration import UNCALIBRATED
from train.measure.explanation_sheet import FLOOR_NAMES, format_explanation_sheet
from train.measure.hub_metadata import make_front_matter
from train.measure.localisation import format_localisation
from train.measure.metrics import FIGURES, RESAMPLINGS
from train.measure.plots import PICTURES

MODEL_CARD_FILE = "README.md"
LABEL_FIGURES = {  # of one label against the rest; but for the first two, at its threshold
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "f1": "F1",
    "mcc": "MCC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}


def write_model_card(folder: Path, card: Card) -> None:
    """The README.md of a checkpoint's folder, with those of PICTURES that are there."""
    write_file(folder / MODEL_CARD_FILE, format_model_card(card, list_pictures(folder)))


def list_pictures(folder: Path) -> tuple[str, ...]:
    return tuple(name for name in PICTURES if (folder / name).is_file())


def format_model_card(card: Card, pictures: tuple[str, ...]) -> str:
    """`pictures` are the names of those that lie beside it."""
    sources = dict.fromkeys((card.training.data_citation, card.training.data_licence))  # both may be "not stated"
    shown = "test" if "test" in card.metrics.sets else "validation"
    return "\n".join(
        [
            make_front_matter(card), "",
            f"# {card.name}", "",
            f"{card.summary} For research and teaching; not a medical device.", "",
            *_facts(card), "",
            *_verdict(card),
            *_members(card),
            *[line for name, measured in card.metrics.sets.items() for line in _metrics(name, measured, card)],
            *_localisation(card),
            *format_explanation_sheet(card),
            *_pictures(pictures, shown),
            "## Limits", "",
            card.training.caveat, "",
            f"Data: {' '.join(f'{text}.' for text in sources if text)}", "",
        ]
    )  # fmt: skip


def _facts(card: Card) -> list[str]:
    training, square = card.training, card.preprocess
    patients = training.patients  # sampled films have none
    counts = ", ".join(
        f"{split} {films} films" + (f" of {patients[split]} patients" if patients else "")
        for split, films in training.films.items()
    )
    thresholds = ", ".join(_format_threshold(card, label) for label in card.thresholds)
    facts = {
        "Question": card.purpose,
        "People": card.population,
        "Network": f"{name_networks(card)}, {len(square.mean)} channel{'s' if len(square.mean) > 1 else ''}, "
        f"{square.size_px} px, {square.geometry}",
        "Initial weights": training.initial_weights,
        f"Labels ({card.task})": ", ".join(card.get_finding(label).name for label in card.labels),
        "Data": "; ".join(filter(None, [training.data, counts])),
        "Films with each label": "; ".join(
            f"{card.get_finding(label).name} {', '.join(f'{split} {count}' for split, count in of_split.items())}"
            for label, of_split in training.label_films.items()
        ),
        "Training": _course(training),
        "Changed from the recipe": "; ".join(training.changed),
        "Command": f"`{training.command}`" if training.command else "",
        "Temperature": _describe_temperature(card.temperature, training.calibrated_on),
        "Thresholds": f"{thresholds} ({_describe_choice(card)})" if thresholds else "",
        "Commit": "; ".join(
            filter(None, [card.commit[:12], ", ".join(f"{name} {number}" for name, number in card.versions.items())])
        ),
    }
    return [f"- {name}: {text}" for name, text in facts.items() if text]


def _describe_choice(card: Card) -> str:
    """How thresholds were chosen; those of older cards have no interval."""
    if card.threshold_intervals:
        return "median of the best cuts of drawn validation patients, with its 95 % interval"
    return "largest sensitivity + specificity on validation"


def _describe_temperature(temperature: float, films: str) -> str:
    if films and temperature != UNCALIBRATED:
        return f"{temperature:g}, from {films.rstrip('.')}"
    if temperature == UNCALIBRATED:
        return "none: the validation films say too little, so scores are not calibrated"
    if temperature == 1:
        return "1: on validation no other helps for certain"
    return f"{temperature}, fitted on validation"


def _format_threshold(card: Card, label: str) -> str:
    known = card.threshold_intervals.get(label)
    interval = f" ({known[0]:.2g} to {known[1]:.2g})" if known else ""
    return f"{card.get_finding(label).name} {card.thresholds[label]:.3g}{interval}"


def _course(training: Training) -> str:
    """How the weights were found; what a card does not say is left out."""
    settings = training.settings
    parts = [
        ", ".join(f"{epochs} epochs at {size} px" for size, epochs in settings.stages),
        f"loss {settings.loss}" if settings.loss else "",
        f"optimiser {settings.optimiser}" if settings.optimiser else "",
        f"split by {training.split_by}" if training.split_by else f"{settings.split} split" if settings.split else "",
        f"seed {settings.seed}" if settings.seed is not None else "",
        training.machine,
        f"{training.seconds / 60:.0f} minutes" if training.seconds is not None else "",
    ]
    return "; ".join(filter(None, parts))


def _verdict(card: Card) -> list[str]:
    """Of a network from elsewhere."""
    lines = [f"- {line}" for line in describe_sheet(card)]
    return [f"## {format_text('import-sheet')}", "", *lines, ""] if lines else []


def _members(card: Card) -> list[str]:
    if card.ensemble is None:
        return []
    rows = [
        (member.name, name_network(member.backbone, member.head), f"{weight:.3f}", member.sha256[:12])
        for member, weight in zip(card.ensemble.members, card.ensemble.weights, strict=True)
    ]
    return [
        "## Members", "",
        f"Their answers are joined by: {name_rule(card.ensemble)}.", "",
        *format_table(("member", "network", "weight", "its weights, SHA-256"), rows), "",
    ]  # fmt: skip


def _localisation(card: Card) -> list[str]:
    if card.metrics.localisation is None:
        return []
    return ["## Where its maps point", "", *format_localisation(card.metrics.localisation, card)]


def _pictures(pictures: tuple[str, ...], shown: str) -> list[str]:
    if not pictures:
        return []
    return [
        "## Pictures", "",
        f"All are of the {shown} films" + (" but the last." if "training.png" in pictures else "."), "",
        *[f"![{picture.removesuffix('.png')}]({picture})" for picture in pictures], "",
    ]  # fmt: skip


def _metrics(name: str, measured: SetMetrics, card: Card) -> list[str]:
    figures, before = measured.figures, measured.ece_before_temperature
    rows = [(title, *_two_cells(figures[key])) for key, title in FIGURES.items() if key in figures]
    drawn = card.made_for == SYNTHETIC
    films = f"{measured.films} films" + ("" if drawn else f" of {measured.patients} patients")
    said = [
        f"{films}; 95 % intervals from {RESAMPLINGS:,} draws of {'films' if drawn else 'patients'}. "
        f"{describe_baseline(measured, card.task)}",
        f"Before the temperature the calibration error was {before:.4f}." if before is not None else "",
    ]
    return [
        f"## Results: {name}", "", " ".join(filter(None, said)), "",
        *format_table(("", "value", "95 % interval"), rows), "",
        *_floors(measured),
        *_labels(measured, card),
        *_reliability(measured, card),
        *_confusion(measured, card),
    ]  # fmt: skip


def describe_baseline(measured: SetMetrics, task: str) -> str:
    """One sentence on what the figures are to be compared with."""
    if measured.majority_accuracy is None:
        return ""
    what = "the commonest class" if task == "single-label" else "each label's commoner answer"
    return f"Always saying {what} gives accuracy {measured.majority_accuracy:.4f}."


def _floors(measured: SetMetrics) -> list[str]:
    """One row per answer that looks at no lung and per figure."""
    rows = [
        (
            FLOOR_NAMES[name],
            FIGURES[key],
            figure.format(3),
            figure.difference.format(3, sign=True) + ("" if figure.is_beaten else ", not above it for certain"),
        )
        for name in FLOORS
        for key, figure in measured.floors.get(name, {}).items()
    ]
    return [*format_table(("floor", "figure", "its value", "the network above it"), rows), ""] if rows else []


def _labels(measured: SetMetrics, card: Card) -> list[str]:
    """One row per label; a coin has AUROC 0.5 and as AUPRC the label's share."""
    if not measured.stated:  # an older card, or one from elsewhere
        return []
    counts = zip(measured.positive, measured.stated, strict=True)
    rows = [
        (
            card.get_finding(label).name,
            f"{positive} of {stated}",
            *(format_figure(measured.figures.get(f"{figure}_{label}"), 3) for figure in LABEL_FIGURES),
        )
        for label, (positive, stated) in zip(card.labels, counts, strict=True)
    ]
    return [*format_table(("label", "films", *LABEL_FIGURES.values()), rows), ""]


def _reliability(measured: SetMetrics, card: Card) -> list[str]:
    """A row per label, a column per step of the probability, the same for all; empty where no film was given it."""
    if not measured.reliability:
        return []
    steps = next(iter(measured.reliability.values())).bins
    rows = [
        (
            card.get_finding(label).name,
            *(f"{each.positive} of {each.films}" if each.films else "" for each in counted.bins),
        )
        for label, counted in measured.reliability.items()
    ]
    given = "probability" if card.calibrated else "uncalibrated score"
    head = (f"given this {given}, had it", *(f"{100 * each.low:g} to {100 * each.high:g} %" for each in steps))
    return [*format_table(head, rows), ""]


def format_figure(figure: Interval | None, digits: int, missing: str = "") -> str:
    return figure.format(digits) if figure else missing


def _two_cells(figure: Interval) -> tuple[str, str]:
    """The value in one column, the ends of its interval in the next."""
    value, _, ends = figure.format(4).partition(" (")
    return value, ends.removesuffix(")")


def _confusion(measured: SetMetrics, card: Card) -> list[str]:
    if not measured.confusion:
        return []
    rows = (
        f"{card.get_finding(label).name} {list(row)}"
        for label, row in zip(card.labels, measured.confusion, strict=True)
    )
    return [f"Rows are the truth, columns the prediction: {'; '.join(rows)}.", ""]
