// Searching the history by a file: choosing or dropping it searches at once.
(() => {
  const box = document.querySelector("[data-own-drop]");
  const input = box?.querySelector("input[type=file]");
  if (!input) return;

  input.addEventListener("change", () => { if (input.files.length) input.form.requestSubmit(); });
  box.addEventListener("dragover", () => box.classList.add("over"));
  box.addEventListener("dragleave", (event) => {
    if (!box.contains(event.relatedTarget)) box.classList.remove("over");
  });
  box.addEventListener("drop", (event) => {
    box.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    input.form.requestSubmit();
  });
  box.querySelector("[data-focus]")?.focus();
})();
