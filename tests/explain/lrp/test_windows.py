"""Where the maximum of a window is taken from, when several values are the largest."""

import pytest
import torch
import torch.nn.functional as F

from cxr_demo.explain.lrp.windows import MaxPool


@pytest.mark.parametrize(
    "shape", [(2, 2, 0, 1, False), (3, 2, 1, 1, True), ((3, 2), (2, 1), (1, 0), 2, False), (2, 3, 0, 1, True)]
)
def test_it_is_the_first_of_those_that_are_as_large_but_for_rounding(shape):
    random = torch.Generator().manual_seed(0)
    x = torch.randint(0, 5, (2, 3, 17, 20), generator=random).float()  # most windows have several
    values, places = MaxPool(*shape).pooled(x)
    expected = F.max_pool2d(x, *shape, return_indices=True)
    assert torch.equal(values, expected[0]) and torch.equal(places, expected[1])
    rounded = x * (1 + 1e-7 * torch.randn(x.shape, generator=random))
    assert not torch.equal(F.max_pool2d(rounded, *shape, return_indices=True)[1], places)
    values, again = MaxPool(*shape).pooled(rounded)
    assert torch.equal(again, places) and torch.equal(values, F.max_pool2d(rounded, *shape))


def test_a_clear_maximum_is_torch_s_own():
    x = torch.randn(1, 4, 31, 30, generator=torch.Generator().manual_seed(0)).double()
    shape = (3, 2, 1, 1, False)
    assert torch.equal(MaxPool(*shape).pooled(x)[1], F.max_pool2d(x, *shape, return_indices=True)[1])
