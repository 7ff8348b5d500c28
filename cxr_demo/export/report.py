"""What a report says, word for word: every number by the function that makes it for the page.

The layout is `report.typ`; here is what it sets, as plain data.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from typing import Any

import numpy as np

from cxr_demo import __version__, render
from cxr_demo.analysis import order_labels
from cxr_demo.comparison.film_pair import VARIED
from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.evaluate import MapEvaluation
from cxr_demo.evaluation.faithfulness import Curve
from cxr_demo.evaluation.randomisation import Randomisation
from cxr_demo.evaluation.regions import LUNGS, DrawnRegion
from cxr_demo.evaluation.stability import Change
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.shown import DrawnMap, ShownStudy
from cxr_demo.film.gate import Verdict
from cxr_demo.film.reading import Radiograph
from cxr_demo.networks.standing import find_standing
from cxr_demo.text import evaluation_text, film_pair_text, findings_text, label_text, page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.checkpoint_text import describe_network, name_checkpoint
from cxr_demo.text.formats import format_list, format_moment, format_percent, format_rounded, name_score
from cxr_demo.text.method_text import describe_caption

PRIOR = "prior"  # the key of the other film's picture
LIBRARIES = ("torch", "timm", "zennit", "grad-cam", "numpy", "opencv-python-headless")  # whose versions may move a map


def describe_report(shown: ShownStudy) -> dict:
    """Everything but the pictures, in the language of the moment: a heading and a part for each of what the page
    shows. Numbers are words by then, but for those that draw the bars of the findings (0..1)."""
    return {
        "title": format_text("report-title"),
        "warning": format_text("not-clinical"),
        "page": format_text("report-page", page="{page}", pages="{pages}"),
        "made": format_text("report-made", moment=format_moment(shown.made), version=__version__),
        "film": _describe_film(shown),
        "findings": _describe_findings(shown),
        "maps": _describe_maps(shown),
        "sections": [
            section
            for section in (
                _describe_quality(shown),
                _describe_regions(shown),
                _describe_cover(shown),
                _describe_prior(shown),
                _describe_checks(shown),
                _describe_gate(shown),
                _describe_network(shown),
            )
            if section
        ],
    }


def describe_panel(shown: ShownStudy, panel: str) -> dict[str, Any]:
    """The words around a picture of one panel, `pictures.FILM` or a method."""
    card = shown.card
    source = format_text("film-source", film=shown.film_name, network=name_checkpoint(card))
    of_greys = [text for text in (describe_greys(shown), format_text("not-clinical")) if text]
    if panel not in METHODS:
        return {"title": format_text("film"), "subtitle": name_film(shown), "lines": [shown.film_name, *of_greys]}
    figure, maps = _describe_map(shown, panel, shown.list_drawn()[panel]), _describe_maps(shown)
    told = [figure["unit"], *figure["doubts"], figure["caption"], maps["warning"], source, *of_greys]
    return {
        "title": figure["title"],
        "subtitle": f"{maps['title']}, {maps['score']}",
        "ticks": figure["ticks"],
        "lines": [text for text in told if text],
    }


def name_film(shown: ShownStudy) -> str:
    """Its kind and size."""
    return name_image(shown.study.image)


def name_image(image: Radiograph) -> str:
    return page_text.describe_film(image.kind, (image.pixels.shape[0], image.pixels.shape[1]))


def describe_greys(shown: ShownStudy) -> str:
    """How a person has set them; "" as they were read."""
    greys, image, told = shown.greys, shown.study.image, []
    if (window := greys.find_window(image)) and image.windows:
        told.append(format_text("report-window", window=image.windows.names[window]))
    if not replace(greys, window=0).is_as_read:
        low, high = format_percent(greys.low, 0), format_percent(greys.high, 0)
        told.append(format_text("report-greys", low=low, high=high, inverted="yes" if greys.inverted else "no"))
    return " ".join(told)


def describe_versions() -> str:
    """Of what computes and draws a map."""
    python = format_text("report-version", name="Python", version=platform.python_version())
    return format_list([python, *(format_text("report-version", name=name, version=metadata.version(name))
                                  for name in LIBRARIES)])  # fmt: skip


def _describe_film(shown: ShownStudy) -> dict:
    image = shown.study.image
    sides = format_text("sides-known" if image.sides else "sides-unknown")
    return {
        "text": f"{format_text('film')}, {name_film(shown)}",
        "name": shown.film_name,
        "size": name_film(shown),
        "aspect": image.pixels.shape[0] / image.pixels.shape[1],
        "sides": list(image.sides or ()),
        "outlines": [_describe_outline(at, region) for at, region in enumerate(shown.drawn, 1)],
        "told": [str(text) for text in (*image.notes, sides, describe_greys(shown)) if text],
    }


def _describe_outline(at: int, region: DrawnRegion) -> dict:
    """Its number, and its corners in shares of the film."""
    numbers = np.array(region.shape, np.float64)
    if numbers.ndim == 1:
        x, y, width, height = numbers
        numbers = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    return {"number": str(at), "points": numbers.tolist()}


def _describe_findings(shown: ShownStudy) -> dict:
    card, study = shown.card, shown.study
    labels = order_labels(card, study.probabilities)
    rows = []
    for label in labels:
        how = find_standing(card, study.probabilities, label)
        rows.append(
            {
                "name": card.get_finding(label).name,
                "score": page_text.format_score(how.probability, card.calibrated, card.task),
                "verdict": findings_text.describe_verdict(how),
                "share": how.probability,
                "threshold": how.threshold if how.quality.can_tell else None,
                "called": how.is_called,
                "chosen": label == shown.label,
            }
        )
    return {
        "title": format_text("findings"),
        "head": [format_text("finding"), name_score(card.calibrated), format_text("report-verdict")],
        "order": findings_text.describe_sorting(card),
        "rows": rows,
        "scores": page_text.describe_scores(card),
    }


def _describe_maps(shown: ShownStudy) -> dict:
    card, study = shown.card, shown.study
    how = find_standing(card, study.probabilities, shown.label)
    name = label_text.name_finding(card, shown.label, shown.contrast)
    score = page_text.format_score(how.probability, card.calibrated, card.task)
    told = label_text.describe_contrast(card, shown.label)[:1] if shown.contrast else ()
    verdict = findings_text.describe_verdict(how)
    low = "" if how.maps_shown else format_text("report-low", finding=card.get_finding(shown.label).name,
                                                verdict=verdict)  # fmt: skip
    if shown.held:
        low = format_text("report-held", why=low)
    choices = dict.fromkeys(
        sentence for each in shown.list_drawn().values() for sentence in page_text.describe_choices(each.explanation)
    )
    opacity = format_text("report-opacity", opacity=format_percent(shown.opacity, 0))
    figures = [] if shown.held else [_describe_map(shown, key, each) for key, each in shown.maps.items()]
    return {
        "title": name,
        "score": f"{score} · {verdict}",
        "warning": low,
        "told": [text for text in (*told, page_text.describe_maps(card), opacity, " ".join(choices)) if text],
        "figures": figures,
        "none": "" if figures or shown.held else format_text("report-no-maps"),
    }


def _describe_map(shown: ShownStudy, key: str, drawn: DrawnMap | str) -> dict:
    """One method: the words around its picture, or instead of it."""
    method, name = METHODS[key], label_text.name_finding(shown.card, shown.label, shown.contrast)
    figure = {"key": key, "title": method.name, "paper": method.paper.partition(",")[0]}
    if isinstance(drawn, str):
        return figure | {"instead": drawn}
    made = drawn.explanation
    words = {
        "doubts": page_text.describe_doubts(made),
        "sums": page_text.describe_sums(made, shown.card),
        "caption": describe_caption(method, made.is_contrast),
    }
    if drawn.scale.nothing:
        is_called = find_standing(shown.card, shown.study.probabilities, shown.label).is_called
        empty = page_text.describe_empty_map(drawn.scale, name, is_called)
        return figure | words | {"instead": f"{empty} {page_text.describe_emptiness(drawn.scale)}"}
    map_image = shown.card.preprocess.map_to_image(
        made.map_square, render.fit_shape(shown.study.image.pixels.shape, 256), made.placement
    )
    where = page_text.describe_place(render.find_strongest_place(map_image))
    return figure | words | {
        "text": format_text("map-of", method=method.name, finding=name, where=where),
        "ticks": list(render.choose_ticks(drawn.scale)),
        "unit": drawn.scale_words,
    }  # fmt: skip


def _describe_quality(shown: ShownStudy) -> dict | None:
    """What was measured of the network, finding by finding, as it stands under each on the page."""
    card, rows = shown.card, []
    for label in order_labels(card, shown.study.probabilities):
        how = find_standing(card, shown.study.probabilities, label)
        told = (
            findings_text.describe_auroc(how.quality),
            findings_text.describe_rates(how, card, label),
            findings_text.describe_reliability(how, card),
        )
        rows.append([card.get_finding(label).name, " · ".join(text for text in told if text)])
    data = card.tell("data")
    learned = format_text("scores-trained-on", data=data) if data else _quote(card.tell("summary"))
    caveat = _quote(card.tell("caveat"))
    told = [text for text in (findings_text.describe_test_films(card), learned, caveat) if text]
    head = [format_text("finding"), format_text("report-measured")]
    return {"title": format_text("report-quality"), "head": head, "rows": rows, "told": told}


def _describe_regions(shown: ShownStudy) -> dict | None:
    if not shown.regions or shown.held:
        return None
    regions = list(next(iter(shown.regions.values())))
    rows = [
        [METHODS[key].name, *(" ".join(evaluation_text.format_region_share(share)).rstrip() for share in of.values())]
        for key, of in shown.regions.items()
    ]
    lungs = evaluation_text.describe_lungs(shown.dice, LUNGS in regions)
    told = [format_text("regions.warning"), evaluation_text.describe_regions(), lungs]
    head = [format_text("evaluation.map"), *map(evaluation_text.name_region, regions)]
    return {"title": format_text("regions"), "head": head, "rows": rows, "told": told}


def _describe_cover(shown: ShownStudy) -> dict | None:
    """What the network answers with the regions covered, the most changed finding first."""
    if shown.covered is None:
        return None
    card, before = shown.card, shown.study.probabilities
    rows = [
        [card.get_finding(card.labels[at]).name,
         *page_text.format_scores(float(before[at]), float(shown.covered[at]), card)]
        for at in np.argsort(-np.abs(shown.covered - before), kind="stable")
    ]  # fmt: skip
    covered = [str(at) for at, region in enumerate(shown.drawn, 1) if region.is_covered]
    how = format_text(f"cover-{shown.cover}")
    told = format_text("report-covered", regions=", ".join(covered), how=how)
    head = [format_text("finding"), *(format_text(f"cover.{column}") for column in ("before", "after", "change"))]
    return {"title": format_text("cover"), "head": head, "rows": rows, "told": [told, format_text("cover.says-not")]}


def _describe_prior(shown: ShownStudy) -> dict | None:
    """The other film, and what changed of each finding."""
    if shown.prior is None:
        return None
    card, prior = shown.card, shown.prior
    rows = [
        [card.get_finding(change.label).name,
         *film_pair_text.format_change(change, card), film_pair_text.describe_change(change, shown.film_name)]
        for change in prior.changes
    ]  # fmt: skip
    finding, *told = (format_text(f"film-pair-changes.{name}") for name in ("finding", "difference", "told"))
    head = [finding, prior.name, shown.film_name, *told]
    image = prior.study.image
    sides = format_text("sides-known" if image.sides else "sides-unknown")
    film = {
        "key": PRIOR, "text": f"{format_text('report-prior-film')}, {name_image(image)}", "name": prior.name,
        "size": name_image(image), "aspect": image.pixels.shape[0] / image.pixels.shape[1],
        "sides": list(image.sides or ()), "outlines": [],
        "told": [str(text) for text in (*image.notes, sides) if text],
    }  # fmt: skip
    told = [*film_pair_text.list_alignment_notes(prior.alignment), format_text("film-pair.says-not"),
            format_text("report-prior-how", squares=VARIED),
            f"{format_text('report-film-sha256')}: {image.file_sha256}"]  # fmt: skip
    title = format_text("report-prior", film=prior.name)
    return {"title": title, "head": head, "rows": rows, "told": told, "film": film}


def _describe_checks(shown: ShownStudy) -> dict | None:
    """The trust numbers, as far as they were made."""
    if not shown.list_drawn():
        return None
    title = format_text("checks")
    if not shown.evaluations:
        return {"title": title, "head": [], "rows": [], "told": [format_text("report-unchecked")]}
    keys = ("deletion", "insertion", "randomisation", "noise", "shift")
    head = [format_text("evaluation.map"), *(CHECKS[key].name for key in keys)]
    rows = [
        [METHODS[method].name, *(_describe_check(_find_check(made, key)) for key in keys)]
        for method, made in shown.evaluations.items()
    ]
    told = [
        f"{CHECKS[key].name}: {evaluation_text.describe_column(key, CHECKS[key].better)}. {CHECKS[key].says_not}"
        for key in keys
    ]
    widths = (4, 6, 6, 3, 4, 4)  # of the columns
    return {"title": title, "head": head, "widths": widths, "rows": rows, "told": [" ".join(told)]}


def _find_check(made: MapEvaluation, key: str) -> Curve | Randomisation | Change | None:
    if key in ("noise", "shift"):
        return getattr(made.stability, key) if made.stability else None
    return getattr(made, key)


def _describe_check(found: Curve | Randomisation | Change | None) -> str:
    if found is None:
        return format_text("check-not-yet")
    if isinstance(found, Curve):
        told = (evaluation_text.describe_change(found), evaluation_text.describe_p(found),
                evaluation_text.describe_middle(found))  # fmt: skip
        return "; ".join(told)
    if isinstance(found, Randomisation):
        rank = format_rounded(found.stages[-1].rank)
        is_same = found.unchanged or found.blind
        return f"{rank}; {format_text('randomisation.unchanged')}" if is_same else rank
    return f"{format_rounded(found.change)}; {format_text('randomisation.rank', rank=format_rounded(found.rank))}"


def _describe_gate(shown: ShownStudy) -> dict:
    if shown.gate is None:
        told = [format_text("report-gate-synthetic")]
    elif shown.gate.verdict is Verdict.USUAL:
        told = [format_text("report-gate-usual")]
    else:
        told = [format_text("shown-anyway"), *(f"{doubt.sentence} {doubt.measure}" for doubt in shown.gate.doubts)]
    return {"title": format_text("question"), "head": [], "rows": [], "told": told}


def _describe_network(shown: ShownStudy) -> dict:
    """And all that is needed to make the same again."""
    card, study = shown.card, shown.study
    made = card.ensemble
    temperature = format_text("fact-temperature", temperature=f"{card.temperature:g}")
    facts: Sequence[tuple[str, str | dict]] = (
        (format_text("fact-name"), card.name),
        (format_text("fact-question"), _quote(card.tell("purpose"))),
        (format_text("fact-people"), _quote(card.tell("population"))),
        (format_text("fact-data"), _quote(card.tell("data"))),
        (format_text("fact-limits"), _quote(card.tell("caveat"))),
        (format_text("fact-ensemble"), page_text.describe_ensemble(made) if made else ""),
        (format_text("network"), describe_network(card)),
        (format_text("fact-calibration"), temperature if card.calibrated else format_text("fact-none")),
        (format_text("fact-maps"), shown.proof),
        (format_text("fact-sha256-ensemble" if made else "fact-sha256"), study.checkpoint_sha256),
        (format_text("report-film-sha256"), study.image.file_sha256),
        (format_text("report-versions"), describe_versions()),
        (format_text("fact-licence"), card.licence),
    )
    title = f"{format_text('network')}: {name_checkpoint(card)}"
    return {"title": title, "head": [], "rows": [], "facts": [[name, text] for name, text in facts if text], "told": []}


def _quote(text: str) -> dict[str, str] | str:
    """What a card says in words of its own, with their language where it is not that of the moment."""
    language = getattr(text, "language", "")
    return {"quote": text, "lang": language} if text and language else text
