() => {
  const input = () => document.querySelector("#film input[type=file]");
  window.cxr = {
    // After the gate: the keyboard goes on at the film.
    begin: () => requestAnimationFrame(() => document.querySelector("#film button, #film input")?.focus()),
  };
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])].slice(0, 1);
    const target = input();
    if (!pasted.length || !target) return;
    const transfer = new DataTransfer();
    transfer.items.add(pasted[0]);
    target.files = transfer.files;
    target.dispatchEvent(new Event("change", { bubbles: true }));
    event.preventDefault();
  });
  document.body.dataset.ready = "1";
};
