// A finding is a button; the one pressed is shown at once, its maps follow. Its threshold can be moved: what each one
// costs stands in the markup already, so nothing is asked of the server.
on("click", "#findings button.finding", (button) => {
  for (const other of partOf("findings").querySelectorAll("button.finding")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  press("choose_label", { label: button.dataset.label });
});
onControl("findings", (_, at) => {
  for (const button of partOf("findings").querySelectorAll("button.finding")) {
    button.setAttribute("aria-pressed", String(button.dataset.label === at.label));
  }
});
// Other numbers, another network or finding: its threshold is the card's.
onPart("findings", () => {
  for (const slider of partOf("findings").querySelectorAll("input.threshold")) slider.value = slider.defaultValue;
});
on("click", "#findings button.reset", (reset) => {
  const slider = reset.closest("div")?.querySelector("input.threshold");
  if (!slider) return;
  slider.value = slider.defaultValue;
  showThreshold(slider);
  slider.focus(); // the button that had it is hidden
});
on("input", "#findings input.threshold", showThreshold);

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
