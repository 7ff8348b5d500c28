// What is chosen from a list: the network, the methods, what is compared, the checks.

/** @param {keyof ChoiceValues} name */
const setChoice = (name) => {
  onControl(name, (body) => {
    const select = partOf(name).querySelector("select");
    if (select) select.value = body.value;
  });
};
setChoice("networks");
setChoice("compare");
// On a phone the films stand in one line: the chosen one is pushed into view, with the one before it as far as both fit.
onPart("strip", () => {
  const line = document.querySelector("#films");
  const chosen = partOf("strip").querySelector("button.film[aria-pressed=true]");
  if (!line || !chosen) return;
  const [own, whole] = [chosen, line].map((each) => each.getBoundingClientRect());
  line.scrollLeft += chosen.closest("li")?.previousElementSibling ? own.right - whole.right : own.left - whole.left;
});
onControl("methods", (body) => {
  for (const box of partOf("methods").querySelectorAll("input")) box.checked = body.chosen.includes(box.value);
});

on("change", "#networks select", (select) => press("choose_checkpoint", { checkpoint: select.value }));
on("click", "#findings button.take", (button) => {
  press("choose_checkpoint", { checkpoint: button.dataset.checkpoint ?? "" });
});
on("change", "#compare select", (select) => press("compare_with", { choice: select.value }));
on("click", "#strip button[data-compare]", (button) => press("compare_with", { choice: button.dataset.compare ?? "" }));
on("click", "#findings button.anyway", (button) => press("show_anyway", { film: button.dataset.film }));
on("click", "#findings button.mend", (button) => {
  press("mend_film", { film: button.dataset.film, mend: button.dataset.mend });
});

const ticked = () => [...partOf("methods").querySelectorAll("input:checked")].map((box) => box.value);
on("change", "#methods input", () => press("choose_methods", { methods: ticked() }));
on("click", "#panels button[data-leave]", (button) => {
  for (const box of partOf("methods").querySelectorAll("input")) {
    if (box.value === button.dataset.leave) box.checked = false;
  }
  press("choose_methods", { methods: ticked() });
});

on("click", "#evaluation button.check", (button) => press("run_checks", { slow: Boolean(button.dataset.slow) }));
on("click", "#evaluation button.stop", () => press("stop_checks"));
on("click", "#pair button.slow", (button) => press("compute_slow", { method: button.dataset.method }));
