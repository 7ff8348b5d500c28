"""The gate's table on the page is that of its card."""

from __future__ import annotations

import html
import re
from pathlib import Path

from cxr_demo.networks.gate_net import load_gate
from cxr_demo.text import gate_text
from cxr_demo.ui.findings.gate_table import render_gate, render_gate_table

GATE = load_gate(Path(__file__).parents[3] / "weights" / "gate")


def test_each_row_holds_the_figures_of_the_card():
    assert GATE is not None
    measured = GATE.card["measured"]
    rows = re.findall("<tr><th scope=.row.>(.*?)</th>(.*?)</tr>", render_gate(GATE) or "")
    assert [html.unescape(name) for name, _ in rows] == [
        gate_text.describe_measured(kind) for kind in gate_text.MEASURED
    ]
    for kind, (_, cells) in zip(gate_text.MEASURED, rows, strict=True):
        counted, questioned, right, _ = re.findall("<td>(.*?)</td>", cells)
        of = measured[kind]["all"]
        assert counted == str(of["n"]) and re.findall(r"[\d.]+", questioned) == [
            f"{of['questioned'][end] * 100:.1f}" for end in ("value", "low", "high")
        ]
        assert right.startswith(f"{of['right_reason']['value'] * 100:.1f}") if "right_reason" in of else right == ""


def test_without_a_gate_there_is_no_table():
    assert render_gate(None) is None
    assert "<tbody></tbody>" in render_gate_table({})
