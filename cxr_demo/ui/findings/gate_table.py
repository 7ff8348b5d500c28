"""How often the gate asks, and whether its reason is right, as its card says: measured when it was trained."""

from __future__ import annotations

from collections.abc import Mapping

from cxr_demo.film.gate import GateModel
from cxr_demo.networks.gate_net import Gate
from cxr_demo.text import gate_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.markup import Html, join_html, render_scrollable, tag

COLUMNS = ("pictures", "questioned", "right-reason", "wrong-reason")


def render_gate(gate: GateModel | None) -> Html | None:
    """Nothing without a gate, or where it was not measured."""
    measured = gate.card.get("measured", {}) if isinstance(gate, Gate) else {}
    return render_gate_table(measured) if measured else None


def render_gate_table(measured: Mapping[str, Mapping[str, Mapping]]) -> Html:
    """measured: kind -> source, or "all" -> `n` and shares with the ends of their intervals; a row for each kind."""
    title = format_text("gate-table")
    head = tag("tr", *(tag("th", format_text(f"gate-table-{name}"), scope="col") for name in ("kind", *COLUMNS)))
    rows = []
    for kind in gate_text.MEASURED:
        if kind in measured:
            of = measured[kind]["all"]
            shares = (of.get(key) for key in ("questioned", "right_reason", "wrong_reason"))
            cells = (str(of["n"]), *(gate_text.describe_share(share) if share else "" for share in shares))
            rows.append(
                tag(
                    "tr",
                    tag("th", gate_text.describe_measured(kind), scope="row"),
                    *(tag("td", text) for text in cells),
                )
            )
    table = tag("table", tag("caption", title), tag("thead", head), tag("tbody", *rows))
    note = tag("p", format_text("gate-table-note"))
    return join_html(tag("h3", title), note, render_scrollable(title, table))
