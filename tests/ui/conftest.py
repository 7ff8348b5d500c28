"""One open page of a desk with one network, which is arithmetic."""

import pytest

from tests.ui.stand_ins import Page, StandIn, make_desk


@pytest.fixture
def folder(tmp_path):
    """Where uploads arrive."""
    return tmp_path


@pytest.fixture
def analyser():
    return StandIn()


@pytest.fixture
def desk(analyser, folder):
    return make_desk({"a": analyser}, folder)


@pytest.fixture
def page(desk):
    return Page(desk)
