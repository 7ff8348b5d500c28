// Given by gr.HTML: element, trigger. A press starts the checks or stops them.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".check")) trigger("check", { slow: button.dataset.slow === "1" });
  if (button.matches(".stop")) trigger("stop");
});
