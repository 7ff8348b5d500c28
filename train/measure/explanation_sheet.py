"""The explanation sheet of a checkpoint: the items of CLIX-M, each with what its card has measured, or nothing.

CLIX-M is the clinician-informed checklist of Brankovic et al. 2025, Clinician-informed XAI evaluation checklist with
metrics (CLIX-M) for AI-powered clinical decision support systems, npj Digital Medicine 8:364. Its 14 items are named
here in short; what clinicians would have to rate on a scale nobody was asked for, and it stays empty.
"""

from __future__ import annotations

from collections.abc import Iterable

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import FLOORS, Interval
from cxr_demo.networks.standing import TEST, list_external_sets
from train.markdown import format_table
from train.measure.localisation import ALL, BASELINES, name_method
from train.measure.metrics import FIGURES

NOT_MEASURED = "not measured"
FLOOR_NAMES = {
    "majority": "always the commonest class",
    "view": "the view position alone",
    "shuffled": "the same answers, dealt out by lot",
}
LETTERS, SOURCE = f"{TEST}, letters ", f"{TEST}, source "  # how sets of a card's metrics begin


def format_explanation_sheet(card: Card) -> list[str]:
    """A heading and a Markdown table, a row for each item."""
    items = {
        "Purpose": card.purpose,
        "Domain relevance": "",  # rated by clinicians
        "Coherence": "",  # likewise
        "Actionability": "",  # likewise
        "Correctness": _describe_correctness(card),
        "Confidence": _join_sets(card, (TEST, *list_external_sets(card)), "ece"),
        "Consistency": "",
        "Robustness": "",
        "Causal validity": _join_sets(card, [TEST, *_find_sets(card, LETTERS)], "macro_auroc")
        if _find_sets(card, LETTERS)
        else "",
        "Narrative reasoning": "",
        "Bias and fairness": _join_sets(card, _find_sets(card, SOURCE), "macro_auroc"),
        "Model troubleshooting": _describe_floors(card),
        "Interpretation": "",
        "Limits of the explanations": _describe_empty_maps(card),
    }
    return [
        "## Explanation sheet", "",
        "The items of CLIX-M (Brankovic et al. 2025, npj Digital Medicine 8:364), with what was measured of this "
        "checkpoint; brackets hold 95 % intervals.", "",
        *format_table(("item", "measured"), [(item, text or NOT_MEASURED) for item, text in items.items()]), "",
    ]  # fmt: skip


def _find_sets(card: Card, beginning: str) -> list[str]:
    return [name for name in card.metrics.sets if name.startswith(beginning)]


def _join_sets(card: Card, names: Iterable[str], key: str) -> str:
    """One figure on several sets of films: "Macro AUROC: 0.9 (0.8 to 1.0) on test, ..."."""
    known = {name: card.metrics.sets[name].figures.get(key) for name in names if name in card.metrics.sets}
    said = [f"{figure.format(3)} on {name}" for name, figure in known.items() if figure]
    return f"{FIGURES[key]}: {'; '.join(said)}" if said else ""


def _describe_correctness(card: Card) -> str:
    """How often the strongest point lies where the finding was boxed, on films that the network has not seen."""
    known = card.metrics.localisation
    rows = {row.method: row for row in known.rows if (row.set, row.label) == (TEST, ALL)} if known else {}
    told = [_name_rate(key, rows[key].hit_rate) for key in (*DEFAULT_METHODS, *BASELINES) if key in rows]
    if not told:
        return ""
    maps = max(row.maps for row in rows.values())
    return f"Hit rate in the boxes of the findings, {maps} maps of test films: {'; '.join(told)}"


def _name_rate(method: str, rate: Interval) -> str:
    return f"{name_method(method)} {rate.format(2)}"


def _describe_floors(card: Card) -> str:
    """By how much the network is above what looks at no lung."""
    floors = card.metrics.sets[TEST].floors if TEST in card.metrics.sets else {}
    said = [
        f"{FIGURES[key]} above {FLOOR_NAMES[name]}: {figure.difference.format(3, sign=True)}"
        for name in FLOORS
        for key, figure in floors.get(name, {}).items()
    ]
    return "; ".join(said)


def _describe_empty_maps(card: Card) -> str:
    """Maps that point nowhere, of all that were measured."""
    known = card.metrics.localisation
    rows = [row for row in known.rows if (row.set, row.label) == ("all", ALL)] if known else []
    said = [f"{name_method(row.method)} {row.empty} of {row.maps}" for row in rows if row.method in DEFAULT_METHODS]
    return f"Maps that point nowhere: {'; '.join(said)}" if said else ""
