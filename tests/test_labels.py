"""The contract of every finding."""

import re

import pytest

from cxr_demo.labels import FINDINGS, get_finding


@pytest.mark.parametrize("key", FINDINGS)
def test_a_finding_states_what_a_reader_needs(key):
    finding = get_finding(key)
    assert finding.key == key and re.fullmatch(r"[a-z][a-z0-9_]*", key)
    assert finding.name and finding.gloss.endswith(".") and "\n" not in finding.gloss and len(finding.gloss) <= 100


def test_every_name_is_used_once():
    assert len({finding.name for finding in FINDINGS.values()}) == len(FINDINGS)


def test_a_label_of_ones_own_keeps_its_name():
    assert "silicosis" not in FINDINGS and get_finding("silicosis").name == "Silicosis"
