// Given by gr.HTML: element, trigger, watch. The guesses are kept here, in the section; the server is told them anew
// each time.
const PATIENCE_MS = 20000;
let shown = /** @type {{ name: "guess" | "go_on", guesses: number[] }} */ ({ name: "guess", guesses: [] });
let moved = false; // by the person: then the keyboard follows to what is new
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.option, button.go");
  if (!button) return;
  const buttons = [...element.querySelectorAll("button")];
  /** @param {boolean} is */
  const able = (is) => {
    for (const other of buttons) other.disabled = !is;
  };
  able(false); // one answer to one question
  setTimeout(able, PATIENCE_MS, true); // none came: the server was busy or is gone
  const section = /** @type {HTMLElement & { dataset: { guesses: string } }} */ (element.querySelector("section"));
  /** @type {number[]} */
  const guesses = JSON.parse(section.dataset.guesses);
  moved = true;
  if (button.dataset.option) show("guess", [...guesses, Number(button.dataset.option)]);
  else show("go_on", button.dataset.go === "again" ? [] : guesses);
});

/**
 * @param {"guess" | "go_on"} name
 * @param {number[]} guesses
 */
function show(name, guesses) {
  shown = { name, guesses };
  trigger(name, { guesses, language: document.documentElement.lang });
}

// What is shown, in another language: without a guess it is the beginning.
function reword() {
  moved = false;
  show(shown.name, shown.guesses);
}
document.addEventListener("language", reword);
if (document.documentElement.lang !== "en") reword();
watch("value", () => {
  const next = () => /** @type {HTMLElement | null} */ (element.querySelector("[tabindex='-1']"));
  if (moved) requestAnimationFrame(() => next()?.focus());
});
