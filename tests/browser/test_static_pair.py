"""Two films beside each other on the static edition's page, in Chromium."""

from __future__ import annotations

from tests.browser.static_visit import Visit, complain, list_drawn

PAIR_CANVASES = """() => [...document.querySelectorAll("#pair canvas")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Uint32Array(data.buffer).reduce((sum, each) => (sum * 31 + each) % 4294967291, 7);
})"""


def test_two_films_stand_beside_each_other_and_are_swapped(visit: Visit):
    page = visit.page
    page.select_option("#compare select", "effusion")
    visit.rest()
    assert "Consolidation: two films" in page.inner_text("#pair h2")
    assert page.locator("#pair .couple").count() == 2 and len(set(page.evaluate(PAIR_CANVASES))) == 4
    assert list_drawn(page) == [True] * 3  # the panels are as they were
    scores = page.locator("#pair .changes tr:has(th:text-is('Effusion')) td").all_inner_texts()
    above = page.inner_text("button.finding[data-label=effusion] .score")
    assert scores[1] == above and scores[0] != above and scores[2].endswith("points")
    assert complain(page) == []

    visit.press("button.finding[data-label=effusion]")
    assert "Effusion: two films" in page.inner_text("#pair h2")
    visit.press("#pair button.swap")
    assert page.inner_text("button.finding[data-label=effusion] .score") == scores[0]
    assert "ffusion" in page.inner_text("#panels p.of")
    swapped = page.locator("#pair .changes tr:has(th:text-is('Effusion')) td").all_inner_texts()
    assert swapped[:2] == [scores[1], scores[0]]
    page.set_viewport_size({"width": 390, "height": 844})
    assert complain(page) == []
    visit.press("#pair button.end")
    assert page.inner_text("#pair") == "" and page.input_value("#compare select") == ""


def test_of_two_films_given_at_once_the_second_is_beside(visit: Visit, films):
    page = visit.page
    page.set_input_files("#film input", [films["film.png"], films["film16.png"]])
    visit.rest()
    while page.locator("#findings button.anyway").count():
        visit.press("#findings button.anyway")
    assert "film.png" in page.inner_text("#panels p.of")
    assert "film16.png is questioned" in page.inner_text("#pair")
    visit.press("#pair button.swap")
    while page.locator("#findings button.anyway").count():
        visit.press("#findings button.anyway")
    assert "film16.png" in page.inner_text("#panels p.of") and page.locator("#pair canvas").count() == 4
    visit.press("#examples button[data-example=effusion]")
    page.select_option("#compare select", "")
    visit.rest()
    page.select_option("#compare select", label="Film: film.png")  # its pixels were let go meanwhile
    visit.rest()
    assert page.locator("#pair canvas").count() == 4 and len(set(page.evaluate(PAIR_CANVASES))) >= 2
    assert "film.png" in page.inner_text("#pair .changes thead")


def test_a_film_that_cannot_be_read_again_never_has_the_other_one_s_maps(visit: Visit, films):
    page = visit.page
    page.set_input_files("#film input", films["film.png"])
    visit.rest()
    while page.locator("#findings button.anyway").count():
        visit.press("#findings button.anyway")
    page.select_option("#compare select", "effusion")
    visit.rest()
    assert page.locator("#panels .bar").count() == 2
    page.evaluate(
        """async () => {
          const { desk } = await import("./desk.js");
          desk.film.open = () => Promise.reject({ name: "static-file-missing", values: { file: "film.png" } });
        }"""
    )
    visit.press("button.finding[aria-pressed=false]")
    assert "film.png" in page.inner_text("#notice") and "film.png" in page.inner_text("#panels p.of")
    assert page.locator("#panels .bar, #desk .busy").count() == 0
    assert page.locator("#findings .score").count() > 0  # what is known of it stays
    assert page.locator("#pair .bar").count() == 0 and "film.png" in page.inner_text("#pair .changes thead")
