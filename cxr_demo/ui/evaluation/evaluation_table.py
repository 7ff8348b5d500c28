"""The checks that ask the network again: their table, their progress, and what each number means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import MapEvaluation
from cxr_demo.evaluation.faithfulness import Curve
from cxr_demo.evaluation.randomisation import Randomisation
from cxr_demo.evaluation.stability import Change
from cxr_demo.explain.methods import METHODS
from cxr_demo.text import evaluation_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.text.formats import format_duration, format_rounded
from cxr_demo.ui.evaluation import evaluation_curves
from cxr_demo.ui.markup import Html, join_html, render_details, render_scrollable, tag
from cxr_demo.ui.terms import render_term

EMPTY = {"html": ""}
PART_OF = {  # a column's check -> the part of `evaluate.PARTS` that fills it
    "deletion": "faithfulness", "insertion": "faithfulness", "randomisation": "randomisation", "noise": "stability",
    "shift": "stability",
}  # fmt: skip


@dataclass(frozen=True)
class EvaluationOffer:
    """Work that a press starts: `seconds` as estimated beforehand, `again` when something was found before."""

    methods: tuple[str, ...]
    seconds: float
    slow: bool
    again: bool = False


@dataclass(frozen=True)
class EvaluationProgress:
    """Work that goes on: `share` of it done (0..1), in words what, and how long still (0: not known)."""

    share: float
    doing: str
    left_s: float = 0.0


def render_evaluations(
    finding: str,
    methods: Iterable[str],
    evaluations: Mapping[str, MapEvaluation],
    failed: Mapping[tuple[str, str], Said],
) -> dict:
    """A row for each of the methods, of the `finding` of this name; `evaluations` by method, of which parts may be
    missing, and `failed`: (method, part) -> why. Empty where nothing was asked for yet."""
    if not evaluations and not failed:
        return EMPTY
    head = tag(
        "tr",
        tag("th", format_text("evaluation.map"), scope="col", role="columnheader"),
        *map(_render_check_head, PART_OF),
        role="row",
    )
    rows = [
        tag(
            "tr",
            tag("th", METHODS[key].name, scope="row", role="rowheader"),
            *(_render_check_cell(check, key, evaluations.get(key, MapEvaluation()), failed) for check in PART_OF),
            role="row",
        )
        for key in methods
    ]
    table = tag("table", tag("thead", head, role="rowgroup"), tag("tbody", *rows, role="rowgroup"), role="table",
                class_="cards checks")  # fmt: skip
    legend = f"{evaluation_text.describe_drawings()} {format_text('logit-gloss')}"
    heading = tag("h3", format_text("checks"), tag("small", finding))
    return {
        "html": tag(
            "section",
            heading,
            render_scrollable(format_text("checks"), table),
            render_details(format_text("checks.drawings"), tag("p", legend)),
        )
    }


def render_evaluation_bar(state: EvaluationOffer | EvaluationProgress | None, note: str = "") -> dict:
    """What stands between both tables: a button, or how far the work is, or nothing but `note`."""
    spoken = tag("p", note or None, role="status", class_="note")
    if state is None:
        return {"html": tag("div", spoken, class_="ask") if note else ""}
    return {
        "html": _render_running(state)
        if isinstance(state, EvaluationProgress)
        else tag("div", *_render_offer(state), spoken, class_="ask")
    }


def _render_offer(offer: EvaluationOffer) -> tuple[Html, Html | None]:
    text = (
        format_text("check.slow", methods=evaluation_text.join_method_names(offer.methods))
        if offer.slow
        else format_text("check.rest")
        if offer.again
        else format_text("check")
    )
    button = tag(
        "button",
        text,
        tag("small", format_duration(offer.seconds)),
        type="button",
        class_="check",
        data_slow="1" if offer.slow else "",
    )
    return button, None if offer.slow or offer.again else tag("span", format_text("check.hint"), class_="hint")


def _render_running(running: EvaluationProgress) -> Html:
    percent = f"{running.share * 100:.0f}"
    fill = tag("i", class_="fill", style=f"width:{percent}%")
    meter = tag(
        "div",
        fill,
        role="progressbar",
        aria_label=format_text("check.running"),
        aria_valuemin="0",
        aria_valuemax="100",
        aria_valuenow=percent,
        class_="meter",
    )
    left = f"{percent} %" + (
        f"{evaluation_text.SEPARATE}{format_text('check.left', duration=format_duration(running.left_s))}"
        if running.left_s
        else ""
    )
    return tag(
        "div",
        tag("button", format_text("check.stop"), type="button", class_="stop"),
        meter,
        tag("span", left, class_="left"),
        tag("p", running.doing, role="status", class_="note"),
        class_="ask running",
    )


def render_meanings() -> Html:
    """Every check's sentence, paper and limit, to open."""
    listed = [
        join_html(
            tag("dt", check.name, tag("small", evaluation_text.describe_direction(check.better))),
            tag("dd", check.says, " ", tag("strong", check.says_not), tag("small", check.paper)),
        )
        for check in CHECKS.values()
    ]
    return tag("details", tag("summary", format_text("checks.meanings")), tag("dl", *listed), class_="meanings")


def _render_check_head(key: str) -> Html:
    check = CHECKS[key]
    return tag(
        "th",
        tag("b", check.name, render_term(key)),
        tag("small", evaluation_text.describe_column(key, check.better), class_="better"),
        tag("small", evaluation_text.shorten_paper(check.paper), class_="paper", title=check.paper),
        scope="col",
        role="columnheader",
    )


def _render_check_cell(
    check: str, method: str, evaluation: MapEvaluation, failed: Mapping[tuple[str, str], Said]
) -> Html:
    stability = evaluation.stability
    found = {
        "deletion": evaluation.deletion,
        "insertion": evaluation.insertion,
        "randomisation": evaluation.randomisation,
        "noise": stability and stability.noise,
        "shift": stability and stability.shift,
    }[check]
    if found is None:
        reason = failed.get((method, PART_OF[check]))
        inner: Sequence[Html] = [
            tag("small", format_text("check-failed", reason=reason) if reason else format_text("check-not-yet"))
        ]
    elif isinstance(found, Curve):
        inner = _render_curve(found)
    elif isinstance(found, Randomisation):
        inner = _render_randomisation(found)
    else:
        inner = _render_change(found)
    head = f"{CHECKS[check].name}{evaluation_text.SEPARATE}{evaluation_text.describe_direction(CHECKS[check].better)}"
    return tag("td", *inner, role="cell", data_head=head)


def _render_curve(found: Curve) -> list[Html]:
    told = tag(
        "div",
        tag("b", evaluation_text.describe_change(found)),
        *(
            tag("small", describe(found), class_="wraps")
            for describe in (
                evaluation_text.describe_p,
                evaluation_text.describe_lead,
                evaluation_text.describe_middle,
            )
        ),
        class_="told-number",
    )
    return [tag("div", evaluation_curves.draw_curve(found), told, class_="found")]


def _render_randomisation(found: Randomisation) -> list[Html]:
    flag = None
    if found.unchanged or found.blind:
        sign, why = tag("span", "⚠", aria_hidden="true"), evaluation_text.describe_unchanged(found)
        flag = tag("span", sign, f" {format_text('randomisation.unchanged')}. ", tag("small", why), class_="flag")
    number, without = (
        tag("b", format_rounded(found.stages[-1].rank)),
        tag("small", format_text("randomisation.absolute", rank=format_rounded(found.stages[-1].rank_absolute))),
    )
    told = tag("div", number, without, flag, class_="told-number")
    return [tag("div", evaluation_curves.draw_randomisation(found), told, class_="found")]


def _render_change(found: Change) -> list[Html]:
    return [
        tag(
            "div",
            tag("b", format_rounded(found.change)),
            tag("small", format_text("randomisation.rank", rank=format_rounded(found.rank))),
            class_="told-number",
        )
    ]
