// The switch: everything that stands in a language hears of another one.
const name = () => {
  document.title = element.querySelector("h1")?.textContent ?? document.title;
};
element.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (event.target.closest("[data-language]"));
  if (!button?.dataset.language) return;
  document.documentElement.lang = button.dataset.language;
  document.dispatchEvent(new Event("language"));
  try {
    localStorage.setItem("language", button.dataset.language);
  } catch {} // where nothing may be kept, the next visit begins anew
});
document.addEventListener("language", name);
name();
