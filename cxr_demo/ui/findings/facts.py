"""What a checkpoint says of itself: data, measured quality with intervals, licence, what its maps are proved to be."""

from __future__ import annotations

from collections.abc import Mapping

from cxr_demo.analysis import Analyser
from cxr_demo.networks.card import Card
from cxr_demo.networks.card_parts import FLOORS, Imported, SetMetrics
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import Said, format_text
from cxr_demo.text.checkpoint_text import describe_network, name_checkpoint, name_network
from cxr_demo.text.formats import format_digits, format_interval, format_rounded
from cxr_demo.ui.findings import localisation_table
from cxr_demo.ui.markup import Html, join_html, quote_card, render_details, render_scrollable, tag
from cxr_demo.ui.terms import render_term

FLOOR_NAMES = {"majority": "floor-majority", "view": "floor-view", "shuffled": "floor-shuffled"}
TRAINING = {  # by the entry of a card's `training`
    "data": "fact-data",
    "data_licence": "fact-data-licence",
    "data_citation": "fact-data-source",
    "caveat": "fact-limits",
    "recipe": "fact-recipe",
    "initial_weights": "fact-start",
    "finished": "fact-day",
}


def render_analyser(analyser: Analyser) -> Html:
    """The facts of a checkpoint, whose proof may still be under way."""
    line = analyser.proof.line if analyser.is_proved else format_text("proof-pending")
    return render_facts(analyser.card, analyser.sha256, line)


def render_facts(card: Card, sha256: str, proof_line: str) -> Html:
    """One checkpoint's facts; entries that its card does not hold are left out."""
    made = card.ensemble
    none, temperature = format_text("fact-none"), f"{card.temperature:g}"
    rows = [
        (format_text("fact-name"), card.name),
        (format_text("fact-question"), quote_card(card.tell("purpose"))),
        (format_text("fact-people"), quote_card(card.tell("population"))),
        (format_text("fact-summary"), quote_card(card.tell("summary"))),
        (format_text("findings"), ", ".join(card.get_finding(label).name for label in card.labels)),
        *((format_text(TRAINING[key]), quote_card(_find_text(card, key))) for key in TRAINING),
        *_describe_import(card.training.imported),
        (format_text("fact-licence"), card.licence),
        (
            format_text("fact-ensemble"),
            join_html(page_text.describe_ensemble(made), render_term("ensemble")) if made else "",
        ),
        (format_text("network"), describe_network(card)),
        (
            format_text("fact-calibration"),
            format_text("fact-temperature", temperature=temperature) if card.calibrated else none,
        ),
        (format_text("fact-maps"), proof_line),
        (format_text("fact-sha256-ensemble" if made else "fact-sha256"), sha256[:16]),
    ]
    listed = [join_html(tag("dt", name), tag("dd", text)) for name, text in rows if text]
    return join_html(
        tag("h3", name_checkpoint(card)),
        tag("dl", *listed, class_="facts"),
        *_render_members_table(card),
        *_render_measured(card),
    )


def _find_text(card: Card, key: str) -> str:
    """An entry of its training, in the reader's language where the card has it."""
    return card.tell(key) if key in ("data", "caveat") else getattr(card.training, key)


def _describe_import(imported: Imported | None) -> list[tuple[str, str]]:
    """Of a network from elsewhere: whether it answers as its source, and what is not known of it."""
    if imported is None:
        return []
    same = format_text("import-sheet-not-compared")
    if imported.logit_difference is not None:
        difference = f"{imported.logit_difference:.0e}"
        same = format_text("import-sheet-same", network=imported.compared_with, difference=difference)
    return [(format_text("fact-import"), same), (format_text("fact-missing"), quote_card(" ".join(imported.missing)))]


def render_unusable(refused: Mapping[str, Said]) -> Html | None:
    """The checkpoints that could not be opened, each with its reason."""
    if not refused:
        return None
    rows = [tag("li", tag("strong", name), ": ", reason) for name, reason in refused.items()]
    return join_html(tag("h3", format_text("not-usable")), tag("ul", *rows))


def _render_members_table(card: Card) -> list[Html]:
    """The members of an ensemble, a row each."""
    if card.ensemble is None:
        return []
    columns = (
        format_text("member-name"), format_text("member-network"), format_text("member-weight"),
        format_text("member-temperature"), format_text("member-sha256"),
    )  # fmt: skip
    head = tag("tr", *(tag("th", name, scope="col") for name in columns))
    rows = [
        tag(
            "tr", tag("th", member.name, scope="row"), tag("td", name_network(member.backbone, member.head)),
            tag("td", format_digits(weight, 2)),
            tag("td", f"{member.temperature:g}" if member.temperature else format_text("fact-none")),
            tag("td", member.sha256[:16]),
        )
        for member, weight in zip(card.ensemble.members, card.ensemble.weights, strict=True)
    ]  # fmt: skip
    table = tag("table", tag("caption", format_text("members")), tag("thead", head), tag("tbody", *rows))
    return [render_scrollable(format_text("members"), table)]


def _render_measured(card: Card) -> list[Html]:
    tables = [table for name, measured in card.metrics.sets.items() for table in _tables(name, measured, card)]
    if tables:
        tables.append(render_details(format_text("metrics"), tag("p", format_text("metrics.meaning"))))
    return [*tables, *localisation_table.render_localisation(card)]


def _tables(name: str, measured: SetMetrics, card: Card) -> list[Html]:
    """Of one set: the figures of the whole, and those of single labels, a row each."""
    overall = {key: str(count) for key in ("films", "patients") if (count := getattr(measured, key))}
    # The error after the temperature stands among the figures too, with its interval.
    errors = ("ece_before_temperature", *(() if "ece" in measured.figures else ("ece_after_temperature",)))
    numbers = {key: getattr(measured, key) for key in ("majority_accuracy", *errors)}
    overall |= {key: format_rounded(number, 3) for key, number in numbers.items() if number is not None}
    by_label: dict[str, dict[str, str]] = {}
    for key, figure in measured.figures.items():
        metric, _, label = key.partition("_")
        if label in card.labels:
            by_label.setdefault(metric, {})[label] = format_interval(figure.value, figure.low, figure.high, 3)
        else:
            overall[key] = format_interval(figure.value, figure.low, figure.high, 3)
    overall = {page_text.format_metric_name(key): text for key, text in overall.items()} | _describe_floors(measured)
    return [_overall(name, overall)] * bool(overall) + [_by_label(name, by_label, card)] * bool(by_label)


def _describe_floors(measured: SetMetrics) -> dict[str, str]:
    """What answers that look at no lung reach on the same films: its name -> its figure beside the network's."""
    told = {}
    for floor in FLOORS:
        for key, figure in measured.floors.get(floor, {}).items():
            gap = figure.difference
            title = format_text("floor", figure=page_text.format_metric_name(key), name=format_text(FLOOR_NAMES[floor]))
            told[title] = format_text(
                "floor.beaten" if figure.is_beaten else "floor.not-beaten",
                value=format_interval(figure.value, figure.low, figure.high, 3),
                difference=format_interval(gap.value, gap.low, gap.high, 3),
            )
    return told


def _overall(name: str, figures: Mapping[str, str]) -> Html:
    """figures: title -> text."""
    rows = [tag("tr", tag("th", title, scope="row"), tag("td", text)) for title, text in figures.items()]
    return tag(
        "table", tag("caption", format_text("test-set", name=page_text.format_set_name(name))), tag("tbody", *rows)
    )


def _by_label(name: str, figures: Mapping[str, Mapping[str, str]], card: Card) -> Html:
    """figures: metric -> label -> text."""
    head = tag(
        "tr",
        tag("th", format_text("finding"), scope="col"),
        *(
            tag("th", page_text.format_metric_name(key), render_term("auroc") if key == "auroc" else None, scope="col")
            for key in figures
        ),
    )
    rows = [
        tag(
            "tr",
            tag("th", card.get_finding(label).name, scope="row"),
            *(tag("td", of.get(label, "")) for of in figures.values()),
        )
        for label in card.labels
    ]
    caption = format_text("test-set.by-finding", name=page_text.format_set_name(name))
    return render_scrollable(caption, tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *rows)))
