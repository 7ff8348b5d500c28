// The first value is asked for. The keyboard begins at the film, which gradio puts into the document after this script.
let isBegun = false;
onPart("networks", () => {
  const box = /** @type {HTMLElement | null} */ (document.querySelector("#film input"));
  if (!isBegun && document.activeElement === document.body) box?.focus({ preventScroll: true });
  isBegun = true;
});
document.body.dataset.ready = "1";
document.addEventListener("language", () => press("choose_language"));
