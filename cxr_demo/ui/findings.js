// Given by gr.HTML: element, trigger. A finding is a button; the one pressed is shown at once, its maps follow. Its
// threshold can be moved: what each one costs stands in the markup already, so nothing is asked of the server.
element.addEventListener("click", (event) => {
  const reset = event.target.closest("button.reset");
  const slider = reset?.closest("div")?.querySelector("input.threshold");
  if (slider) {
    slider.value = slider.defaultValue;
    showThreshold(slider);
    slider.focus(); // the button that had it is hidden
    return;
  }
  const button = event.target.closest("button.finding");
  if (!button) return;
  for (const other of element.querySelectorAll("button.finding")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  trigger("choose", { label: button.dataset.label });
});

element.addEventListener("input", (event) => {
  if (event.target.matches("input.threshold")) showThreshold(event.target);
});

/**
 * The finding's word, mark and colour, and the cost, at the threshold that the slider stands at.
 * @param {HTMLInputElement} slider
 */
function showThreshold(slider) {
  const moved = slider.value !== slider.defaultValue;
  const { steps, cost, above, below } = /** @type {ThresholdSlider} */ (slider).dataset;
  const all = /** @type {readonly ThresholdStep[]} */ (JSON.parse(steps));
  const [text, left, found, wrong, isAbove] = all[slider.valueAsNumber];
  const sentence = cost.replace("{found}", String(found)).replace("{wrong}", String(wrong));
  const row = /** @type {HTMLLIElement} */ (slider.closest("li"));
  const mark = /** @type {HTMLElement} */ (row.querySelector("i.mark"));
  const word = /** @type {HTMLElement} */ (row.querySelector("span.word"));
  word.dataset.own ??= word.textContent ?? "";
  word.textContent = moved ? (isAbove ? above : below) : word.dataset.own;
  mark.style.left = `${left}%`;
  row.querySelector("button.finding")?.classList.toggle("called", isAbove);
  row.querySelector("output")?.replaceChildren(text);
  row.querySelector("span.cost")?.replaceChildren(sentence);
  slider.setAttribute("aria-valuetext", `${text}: ${sentence}`);
  const reset = row.querySelector("button.reset");
  if (reset) reset.hidden = !moved;
}
