// Given by gr.HTML: element, trigger.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-example]");
  if (button) trigger("example", { index: Number(button.dataset.example) });
});
