// Given by gr.HTML: element, trigger. A finding is a button; the one pressed is shown at once, its maps follow.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.finding");
  if (!button) return;
  for (const other of element.querySelectorAll("button.finding")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  trigger("choose", { label: button.dataset.label });
});
