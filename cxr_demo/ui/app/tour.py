"""Five steps through the page, for who is here for the first time."""

from __future__ import annotations

from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.markup import Html, tag

STEPS = ("film", "findings", "maps", "look", "home")  # of each, `tour.css` knows what it shows


def render_tour() -> Html:
    """A card beside the page, of which `tour.js` shows one step. It blocks nothing."""
    steps = [
        tag(
            "div",
            tag("h2", format_text(f"tour-{key}")),
            tag("p", format_text(f"tour-{key}.text")),
            tag("small", format_text("tour.count", step=number, steps=len(STEPS))),
            class_="step",
            data_step=key,
        )
        for number, key in enumerate(STEPS, 1)
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
