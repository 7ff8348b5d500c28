"""The checks that ask the network again: their table, their progress, and what each number means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import MapEvaluation
from cxr_demo.evaluation.faithfulness import Curve
from cxr_demo.evaluation.randomisation import Randomisation
from cxr_demo.evaluation.stability import Change
from cxr_demo.explain.methods import METHODS
from cxr_demo.labels import get_finding
from cxr_demo.text import evaluation_text as words
from cxr_demo.ui import evaluation_curves
from cxr_demo.ui.markup import Html, joined, scrolled, tag

EMPTY = {"html": ""}
PART_OF = {  # a column's check -> the part of `belief.PARTS` that fills it
    "deletion": "faithfulness", "insertion": "faithfulness", "randomisation": "randomisation", "noise": "stability",
    "shift": "stability",
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """Work that a press starts: `seconds` as estimated beforehand, `again` when something was found before."""

    methods: tuple[str, ...]
    seconds: float
    slow: bool
    again: bool = False


@dataclass(frozen=True)
class Running:
    """Work that goes on: `share` of it done (0..1), in words what, and how long still (0: not known)."""

    share: float
    doing: str
    left_s: float = 0.0


def value(
    label: str, methods: Iterable[str], evaluations: Mapping[str, MapEvaluation], failed: Mapping[tuple[str, str], str]
) -> dict:
    """A row for each of the methods; `evaluations` by method, of which parts may be missing, and `failed`: (method,
    part) -> why. Empty where nothing was asked for yet."""
    if not evaluations and not failed:
        return EMPTY
    head = tag("tr", tag("th", words.MAP, scope="col", role="columnheader"), *map(_head, PART_OF), role="row")
    rows = [
        tag(
            "tr",
            tag("th", METHODS[key].name, scope="row", role="rowheader"),
            *(_cell(check, key, evaluations.get(key, MapEvaluation()), failed) for check in PART_OF),
            role="row",
        )
        for key in methods
    ]
    table = tag("table", tag("thead", head, role="rowgroup"), tag("tbody", *rows, role="rowgroup"), role="table",
                class_="cards checks")  # fmt: skip
    heading = tag("h3", words.CHECKS_TABLE, tag("small", get_finding(label).name))
    return {"html": tag("section", heading, scrolled(words.CHECKS_TABLE, table), tag("p", words.LEGEND, class_="how"))}


def bar(state: Offer | Running | None, note: str = "") -> dict:
    """What stands between both tables: a button, or how far the work is, or nothing but `note`."""
    spoken = tag("p", note or None, role="status", class_="note")
    if state is None:
        return {"html": tag("div", spoken, class_="ask") if note else ""}
    return {"html": _running(state) if isinstance(state, Running) else tag("div", *_offer(state), spoken, class_="ask")}


def _offer(offer: Offer) -> tuple[Html, Html | None]:
    text = words.also_slow(offer.methods) if offer.slow else words.CHECK_REST if offer.again else words.CHECK
    button = tag("button", text, tag("small", words.takes(offer.seconds)), type="button", class_="check",
                 data_slow="1" if offer.slow else "")  # fmt: skip
    return button, None if offer.slow or offer.again else tag("span", words.CHECK_HINT, class_="hint")


def _running(running: Running) -> Html:
    percent = f"{running.share * 100:.0f}"
    fill = tag("i", class_="fill", style=f"width:{percent}%")
    meter = tag("div", fill, role="progressbar", aria_label=words.CHECKING, aria_valuemin="0", aria_valuemax="100",
                aria_valuenow=percent, class_="meter")  # fmt: skip
    left = f"{percent} %" + (f"{words.SEPARATE}{words.left(running.left_s)}" if running.left_s else "")
    return tag(
        "div",
        tag("button", words.STOP, type="button", class_="stop"),
        meter,
        tag("span", left, class_="left"),
        tag("p", running.doing, role="status", class_="note"),
        class_="ask running",
    )


def meanings() -> Html:
    """Every check's sentence, paper and limit, to open."""
    listed = [
        joined(
            tag("dt", check.name, tag("small", words.DIRECTION.get(check.better, ""))),
            tag("dd", check.says, " ", tag("strong", check.says_not), tag("small", check.paper)),
        )
        for check in CHECKS.values()
    ]
    return tag("details", tag("summary", words.MEANINGS), tag("dl", *listed), class_="meanings")


def _head(key: str) -> Html:
    check = CHECKS[key]
    return tag(
        "th",
        tag("b", check.name),
        tag("small", f"{words.MEASURES[key]}: {words.DIRECTION[check.better]}", class_="better"),
        tag("small", words.short_paper(check.paper), class_="paper", title=check.paper),
        scope="col",
        role="columnheader",
    )


def _cell(check: str, method: str, belief: MapEvaluation, failed: Mapping[tuple[str, str], str]) -> Html:
    found = {
        "deletion": belief.deletion, "insertion": belief.insertion, "randomisation": belief.randomisation,
        "noise": belief.stability and belief.stability.noise, "shift": belief.stability and belief.stability.shift,
    }[check]  # fmt: skip
    if found is None:
        reason = failed.get((method, PART_OF[check]))
        inner: Sequence[Html] = [tag("small", words.FAILED.format(reason=reason) if reason else words.NOT_YET)]
    elif isinstance(found, Curve):
        inner = _curve(found)
    elif isinstance(found, Randomisation):
        inner = _randomisation(found)
    else:
        inner = _change(found)
    head = f"{CHECKS[check].name}{words.SEPARATE}{words.DIRECTION[CHECKS[check].better]}"
    return tag("td", *inner, role="cell", data_head=head)


def _curve(found: Curve) -> list[Html]:
    if math.isnan(found.area):
        area = [tag("small", words.NO_AREA, class_="wraps")]
    else:
        area = [tag("b", words.number(found.area)), tag("small", words.by_chance(found), class_="beside")]
    beaten = tag("small", words.beats(found)), tag("small", words.gain(found))
    told = tag("div", *area, *beaten, class_="told-number")
    return [tag("div", evaluation_curves.curve(found), told, class_="found")]


def _randomisation(found: Randomisation) -> list[Html]:
    why = words.BLIND_WHY if found.blind else words.UNCHANGED_WHY
    flag = None
    if found.unchanged or found.blind:
        sign = tag("span", "⚠", aria_hidden="true")
        flag = tag("span", sign, f" {words.UNCHANGED_FLAG}. ", tag("small", why), class_="flag")
    number, without = tag("b", words.number(found.stages[-1].rank)), tag("small", words.without_signs(found))
    told = tag("div", number, without, flag, class_="told-number")
    return [tag("div", evaluation_curves.steps(found), told, class_="found")]


def _change(found: Change) -> list[Html]:
    return [
        tag("div", tag("b", words.number(found.change)), tag("small", words.ranked(found.rank)), class_="told-number")
    ]
