"""Every part of the page, from one wish, whatever becomes of a single one."""

from __future__ import annotations

from cxr_demo.ui.app.films_table import render_compare, render_table
from cxr_demo.ui.app.view import EMPTY, PageView
from cxr_demo.ui.faults import describe_error
from cxr_demo.ui.markup import render_message
from cxr_demo.ui.parts import Part, make_part

PARTS = {
    name: getattr(PageView, name)
    for name in (
        "notice", "strip", "networks", "findings", "methods", "panels", "take_home", "likeness", "regions",
        "evaluation", "checks", "pair", "facts",
    )
} | {"table": render_table, "compare": render_compare}  # fmt: skip


def render_page(view: PageView) -> dict[str, Part]:
    """Every part by its name. One that cannot be made says so in its place."""
    return {name: _render_part(view, name) for name in PARTS}


def _render_part(view: PageView, name: str) -> Part:
    session = view.session
    try:
        return PARTS[name](view)
    except Exception as error:  # whatever it is, the other parts are there
        number, part = session.broken.get(name, (-1, EMPTY))
        if number != session.number:  # logged once for each wish, and not with every value
            part = make_part({"html": render_message(*describe_error(error)), "failed": True})
            session.broken[name] = session.number, part
        return part
