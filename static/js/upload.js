// The drop zone: drag and drop, paste, preview, busy state. Without this file the form still works.
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;

  const zone = form.querySelector("[data-zone]");
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button[type=submit]");
  const preview = form.querySelector("[data-preview]");
  const error = form.querySelector("[data-error]");
  const state = form.querySelector("[data-state]");
  const idleLabel = button.textContent;
  const maxBytes = Number(form.dataset.maxBytes);

  const isBusy = () => form.getAttribute("aria-busy") === "true";

  function setBusy(busy) {
    form.setAttribute("aria-busy", String(busy));
    button.disabled = busy;
    button.textContent = busy ? form.dataset.busyLabel : idleLabel;
    state.textContent = busy ? form.dataset.busyText : "";
  }

  function setError(text) {
    error.textContent = text;
    zone.classList.toggle("invalid", Boolean(text));
  }

  function showPreview(file) {
    URL.revokeObjectURL(preview.src);
    preview.hidden = !file;
    if (file) preview.src = URL.createObjectURL(file);
  }

  // HEIC and TIFF are accepted though most browsers cannot show them.
  preview.addEventListener("error", () => { preview.hidden = true; });

  function checkChosen() {
    const file = input.files[0];
    const tooLarge = Boolean(file) && file.size > maxBytes;
    if (tooLarge) input.value = "";
    setError(tooLarge ? form.dataset.tooLarge : "");
    showPreview(tooLarge ? null : file);
    return Boolean(file) && !tooLarge;
  }

  function take(files) {
    if (isBusy()) return;
    if (files.length !== 1) {
      setError(files.length ? form.dataset.oneOnly : form.dataset.noFile);
      return;
    }
    input.files = files;
    if (checkChosen()) form.requestSubmit();
  }

  input.addEventListener("change", checkChosen);

  form.addEventListener("submit", (event) => {
    if (isBusy()) event.preventDefault();
    else setBusy(true);
  });

  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    take(event.dataTransfer.files);
  });

  // A picture dropped beside the zone must not replace the page.
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => event.preventDefault());
  }

  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) take(event.clipboardData.files);
  });

  // Back button: the page may return as it was left, with a disabled button.
  window.addEventListener("pageshow", () => {
    setBusy(false);
    showPreview(input.files[0]);
  });

  form.querySelector("[data-with-script]").hidden = false;
})();
