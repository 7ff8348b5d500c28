"""The lines that the commands print: what `explain`, `compare` and `evaluate` found.

What stands alone between two tabs is for programs too, and the same in every language: keys, and plain numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cxr_demo.analysis import Explanation
from cxr_demo.comparison.checkpoint_pair import MapComparison
from cxr_demo.evaluation.agreement import Agreement, RegionShare
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import MapEvaluation
from cxr_demo.evaluation.faithfulness import TOLD_SHARE
from cxr_demo.evaluation.nulls import NULLS, SMALLEST_P
from cxr_demo.evaluation.regions import LUNGS
from cxr_demo.explain.methods import METHODS
from cxr_demo.networks.card import Card
from cxr_demo.text import evaluation_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import format_digits, format_p, format_percent, format_rounded, format_signed
from cxr_demo.text.label_text import describe_shared_maps
from cxr_demo.text.method_text import name_unit
from cxr_demo.text.page_text import describe_doubts, format_rank

CHECKED = ("deletion", "insertion", "randomisation", "noise", "shift")  # the columns of `evaluate`


def describe_sums(explanation: Explanation) -> str:
    """Of one map; of values that add up to nothing the logit alone."""
    told = [explanation.method, explanation.label]
    if explanation.is_contrast:
        told.append(format_text("line-contrast"))
    if explanation.unit.adds_to_logit:
        absolute = format_digits(explanation.absolute_total, 2)
        told.append(format_text("line-sums", total=format_signed(explanation.total), absolute=absolute))
    told.append(format_text("line-logit", logit=format_signed(explanation.logit)))
    if not math.isnan(explanation.share_held):
        told.append(format_text("line-share", share=format_percent(explanation.share_held)))
    return "\t".join((*told, *describe_doubts(explanation)))


def describe_likeness(method: str, card: Card, likeness: np.ndarray) -> list[str]:
    """Which labels share one map, and the table of all, (L, L), with "-" beside a map that is the same everywhere.
    Nothing of a network with one label."""
    if len(card.labels) < 2:
        return []
    names = [card.get_finding(label).name for label in card.labels]
    rows = [
        "\t".join((method, label, *("-" if np.isnan(value) else f"{value:+.2f}" for value in row)))
        for label, row in zip(card.labels, likeness, strict=True)
    ]
    head = "\t".join((method, format_text("line-likeness"), *card.labels))
    return [*describe_shared_maps(METHODS[method].name, names, likeness), head, *rows]


def describe_comparison(method: str, label: str, pair: MapComparison) -> str:
    """Of the maps of two checkpoints."""
    rank = format_text("line-rank", rank=format_rank(pair.agreement.rank))
    if pair.why_not:
        told = format_text("line-no-difference", why=pair.why_not)
    else:
        told = format_text("line-difference", unit=name_unit(pair.first.unit))
    return f"{method}\t{label}\t{rank}\t{told}"


def describe_members(method: str, label: str, names: Sequence[str], ranks: Sequence[float]) -> str:
    """Of an ensemble's map, how much the map of each member is like it."""
    told = ", ".join(f"{name} {format_rank(rank)}" for name, rank in zip(names, ranks, strict=True))
    return f"{method}\t{label}\t{format_text('line-ranks', ranks=told)}"


def describe_evaluation(
    finding: str, evaluations: Mapping[str, MapEvaluation], pairs: Mapping[tuple[str, str], Agreement]
) -> Iterator[str]:
    """Markdown: a line for each map that was evaluated in all parts, a line for each pair of maps, and what each number
    shows and does not show."""
    yield f"| {' | '.join((finding, *(CHECKS[key].name for key in CHECKED)))} |"
    yield "|---" * (1 + len(CHECKED)) + "|"
    for method, evaluation in evaluations.items():
        yield f"| {method} | {' | '.join(_format_evaluation(evaluation))} |"
    yield ""
    for (a, b), agreement in pairs.items():
        overlaps = [
            format_text(
                "line-overlap", common=format_percent(each.common, 0), area=format_percent(each.area),
                chance=format_percent(each.by_chance, 0), p=format_p(each.p),
            )
            for each in agreement.overlaps
            if not math.isnan(each.common)
        ]  # fmt: skip
        rank = format_text("line-rank", rank=format_rank(agreement.rank))
        common = ", ".join(overlaps) or format_text("line-no-evidence")
        yield format_text("line-pair", first=a, second=b, rank=rank, p=_format_p(agreement.p), overlaps=common)
    yield ""
    share, smallest = format_percent(TOLD_SHARE), format_digits(SMALLEST_P, 2)
    yield format_text("line-meaning", share=share, nulls=NULLS, smallest=smallest)
    yield format_text("line-randomisation")
    yield format_text("line-stability")
    for check in CHECKS.values():
        yield format_text(
            "line-check", check=check.name, paper=check.paper, direction=check.better, says=check.says,
            limit=check.says_not,
        )  # fmt: skip


def _format_p(value: float) -> str:
    return format_text("undefined") if math.isnan(value) else format_p(value)


def _format_evaluation(evaluation: MapEvaluation) -> Iterator[str]:
    """A cell for each of CHECKED; "-" for a part that was not evaluated."""
    for curve in (evaluation.deletion, evaluation.insertion):
        yield "-" if curve is None else format_text(
            "line-middle", change=format_signed(curve.change), p=format_p(curve.p),
            middle=format_signed(curve.middle_change),
        )  # fmt: skip
    if randomisation := evaluation.randomisation:
        rank = format_rounded(randomisation.stages[-1].rank)
        is_same = randomisation.unchanged or randomisation.blind
        yield format_text("line-unchanged", rank=rank) if is_same else rank
    else:
        yield "-"
    stability = evaluation.stability
    for change in (stability.noise, stability.shift) if stability else (None, None):
        yield format_rounded(change.change) if change else "-"


def describe_evidence(
    evidence: Mapping[str, Mapping[str, RegionShare]], dice: tuple[float, float, float] | None
) -> Iterator[str]:
    """A line for each map of {method: {region: RegionShare}}, and how accurate the lungs' outline is."""
    for method, shares in evidence.items():
        regions = [
            format_text(
                "line-region", region=evaluation_text.name_region(name), area=format_percent(of.area),
                share=evaluation_text.format_region_share(of)[0],
            )
            for name, of in shares.items()
        ]  # fmt: skip
        yield format_text("line-evidence", method=method, shares=", ".join(regions))
    yield evaluation_text.describe_lungs(dice, any(LUNGS in shares for shares in evidence.values()))
