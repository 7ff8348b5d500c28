"""The table of checks, as the page and the README show it."""

import numpy as np
import pytest

from cxr_demo.evaluation.checks import CHECKS
from cxr_demo.evaluation.faithfulness import Curve


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_check_states_what_a_reader_needs(check):
    assert CHECKS[check.key] is check and check.better in {"higher", "lower", "neither"}
    assert check.name and check.paper and check.says != check.says_not
    for sentence in (check.says, check.says_not):
        assert sentence.endswith(".") and sentence.count(".") == 1 and "\n" not in sentence


def test_curves_take_their_direction_from_the_table():
    none = np.zeros(0)
    better = {key: Curve(key, none, none, 0.0, none, 0.0).better for key in ("deletion", "insertion")}
    assert better == {"deletion": "lower", "insertion": "higher"}
