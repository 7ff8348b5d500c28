"""Five steps through the page, for who is here for the first time."""

from __future__ import annotations

from cxr_demo.limits import KEPT_MINUTES
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.markup import Html, tag

STEPS = {  # what each outlines, as a selector of the page
    "film": "#film, #examples",
    "findings": "#findings",
    "maps": "#panels .row",
    "look": "#panels .view",
    "home": "#take_home",
}


def render_tour() -> Html:
    """A card beside the page, of which `tour.js` shows one step. It blocks nothing."""
    steps = [
        tag(
            "div",
            tag("h2", format_text(f"tour-{key}")),
            tag("p", format_text(f"tour-{key}.text", minutes=KEPT_MINUTES)),
            tag("small", format_text("tour.count", step=number, steps=len(STEPS))),
            class_="step",
            data_place=place,
        )
        for number, (key, place) in enumerate(STEPS.items(), 1)
    ]
    buttons = tag(
        "div",
        tag("button", format_text("tour.skip"), type="button", class_="skip"),
        tag("button", format_text("tour.back"), type="button", class_="back"),
        tag("button", format_text("tour.next"), type="button", class_="next"),
        tag("button", format_text("tour.end"), type="button", class_="end"),
        class_="ways",
    )
    told = tag("div", *steps, class_="steps", aria_live="polite")
    return tag("section", told, buttons, class_="tour", aria_label=format_text("tour"))
