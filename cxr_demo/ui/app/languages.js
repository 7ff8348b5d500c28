// The switch: everything that stands in a language hears of another one.
const name = () => {
  document.title = element.querySelector("h1")?.textContent ?? document.title;
};
element.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (event.target.closest("[data-language]"));
  if (!button?.dataset.language) return;
  document.documentElement.lang = button.dataset.language;
  localStorage.setItem("language", button.dataset.language);
  document.dispatchEvent(new Event("language"));
  name();
});
name();
