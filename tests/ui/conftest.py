"""One open page of a desk with one network, which is arithmetic; and such a page as it is served."""

import asyncio
import gc
import tempfile

import httpx
import pytest
from anyio import open_file  # noqa: F401  here, because pytest rewrites it, and the server's thread would do that late

from cxr_demo.ui.app import page as app_page
from cxr_demo.ui.app.host_settings import HostSettings
from tests.serving import find_port
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


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(client, page, upload folder) of the page as it is served, on a free port of this machine."""
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        demo = app_page.build_page({"a": StandIn()}, {"broken": "<b>It is cut short.</b>"}, folder)
        port = find_port()
        app_page.serve_page(demo, HostSettings(port=port), ["a"], ["broken"])
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client, demo, folder
        demo.close(verbose=False)
    # gradio opens event loops where a page is built and keeps the last one as this thread's. Their warnings belong to
    # the file that has built it and not to whichever test collects them.
    asyncio.set_event_loop(None)
    gc.collect()
