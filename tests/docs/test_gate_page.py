"""Law 8: the table of docs/gate.md is that of weights/gate/gate.json."""

import json
from pathlib import Path

from cxr_demo.film.gate import Mend
from cxr_demo.networks.card_parts import compute_wilson
from cxr_demo.networks.gate_net import KINDS
from cxr_demo.text import gate_text
from train.gate.report import format_measured, format_report

ROOT = Path(__file__).parents[2]
CARD = json.loads((ROOT / "weights" / "gate" / "gate.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


def test_the_table_is_what_was_measured():
    assert "\n".join(format_measured(CARD["measured"])) in PAGE
    assert (ROOT / "weights" / "gate" / "README.md").read_text(encoding="utf-8") == "\n".join(format_report(CARD))


def test_the_page_names_every_reason():
    for kind in gate_text.DOUBTS:
        assert f"| `{kind}` | {gate_text.describe_doubt(kind)} |" in PAGE
    assert set(KINDS) <= set(gate_text.LOOKS) and all(gate_text.describe_mended(mend) for mend in Mend)


def test_the_interval_is_wilsons():
    """Of 8 in 10, by the formula as it stands in textbooks: 0.490 to 0.943."""
    found = compute_wilson(8, 10)
    assert found.value == 0.8 and (round(found.low, 3), round(found.high, 3)) == (0.49, 0.943)
    assert compute_wilson(0, 20).low == 0 and compute_wilson(20, 20).high == 1
