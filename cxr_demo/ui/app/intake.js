// A film is chosen, dropped anywhere or pasted; several go up one after the other. Every one has its number from the
// moment in which it was given, however long it takes.
const FOLDER = "gradio_api/upload";

/**
 * @param {File} file
 * @returns {Promise<{ path: string } | { fault: string }>}
 */
async function upload(file) {
  const limit = document.querySelector("#film [data-max-bytes]")?.getAttribute("data-max-bytes");
  if (file.size > Number(limit)) return { fault: "size" };
  const form = new FormData();
  form.append("files", file, file.name);
  try {
    const answer = await fetch(FOLDER, {
      method: "POST",
      body: form,
      headers: { "Accept-Language": document.documentElement.lang },
    });
    if (!answer.ok) return { fault: answer.headers.get("x-refusal") ?? "" }; // a proxy answers with a page
    const [path] = await answer.json();
    return { path };
  } catch {
    return { fault: "" };
  }
}

let films = 0; // that were given: each is named by its place among them

/** @param {readonly File[]} files */
async function give(files) {
  const given = files.map((file) => ({ file, number: reserve(), film: ++films }));
  const waiting = document.querySelector("#film .waiting");
  for (const { file, number, film } of given) {
    if (waiting) waiting.textContent = file.name;
    const arrived = await upload(file);
    press("take_film", { ...arrived, film, name: file.name, show: number === given[0].number }, number);
  }
  if (waiting) waiting.textContent = "";
}

onFiles(give);
on("click", "#examples button[data-example]", (button) => {
  press("try_example", { film: ++films, index: Number(button.dataset.example) });
});
on("click", "#strip button[data-film]", (button) => press("choose_film", { film: button.dataset.film }));
on("click", "#strip button[data-remove], #findings button[data-remove]", (button) =>
  press("remove_film", { film: button.dataset.remove }),
);
