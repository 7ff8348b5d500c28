// The films or the lesson: one of the two is in view, and the address says which.
const FILMS = "#bench";
const LESSON = "#lesson-section";
/** @type {HTMLAnchorElement[]} */
const links = [...document.querySelectorAll("#doors a[href^='#']")];

function enter() {
  const isLesson = location.hash === LESSON;
  document.body.dataset.room = isLesson ? "lesson" : "films";
  for (const link of links) {
    if ((link.hash === LESSON) === isLesson) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// The keyboard goes along: to the lesson's title, and from there back to its door.
function move() {
  const left = document.activeElement;
  const isFromLesson = !left || left === document.body || Boolean(left.closest(LESSON));
  enter();
  const title = /** @type {HTMLElement | null} */ (document.querySelector(`${LESSON} h2`));
  const door = links.find((link) => link.hash === LESSON);
  const next = location.hash === LESSON ? title : isFromLesson ? door : null;
  scrollTo(0, 0);
  next?.focus({ preventScroll: true });
}

// gradio's page has a base, from which a link to a place would begin anew.
document.addEventListener("click", (event) => {
  const target = /** @type {Partial<Element>} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null | undefined} */ (
    target.closest?.(`a:is([href="${FILMS}"], [href="${LESSON}"])`)
  );
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.hash = link.hash;
});
addEventListener("hashchange", move);
enter();
if (location.hash === LESSON) requestAnimationFrame(move);
