// Gathers the pictures that somebody chooses, drops anywhere on the page or pastes, and announces
// them with the event "pictures". Without this file the form of the home page still works.
(() => {
  const panel = document.querySelector("[data-uploader]");
  if (!panel) return;

  const announce = (detail) => document.dispatchEvent(new CustomEvent("pictures", { detail }));
  const complain = (text) => announce({ files: [], complaint: text });

  // Choosing

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[type=file][data-pictures]") || !input.files.length) return;
    const folder = input.files[0].webkitRelativePath?.split("/")[0];
    announce({ files: [...input.files], name: folder || "" });
    input.value = ""; // so that the same file can be chosen again
  });

  // Dropping

  function readEntries(reader) {
    return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
  }

  function readFile(entry) {
    return new Promise((resolve) => entry.file((file) => resolve([file]), () => resolve([])));
  }

  async function filesOf(entry) {
    if (entry.isFile) return readFile(entry);
    const files = [];
    const reader = entry.createReader();
    for (let some = await readEntries(reader); some.length; some = await readEntries(reader)) {
      for (const child of some) files.push(...(await filesOf(child)));
    }
    return files;
  }

  async function takeDrop(transfer) {
    // Both lists are gone after the first pause.
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...transfer.files];
    const folder = entries.find((entry) => entry.isDirectory);
    if (!folder && files.length) return announce({ files, name: "" });
    if (!entries.length) return complain(panel.dataset.noFile);
    const lists = await Promise.all(entries.map(filesOf));
    announce({ files: lists.flat(), name: folder ? folder.name : "" });
  }

  const isForPage = (event) => !event.target.closest?.("[data-own-drop]");
  const hasFiles = (event) => event.dataTransfer?.types?.includes("Files");

  document.addEventListener("dragover", (event) => {
    event.preventDefault(); // else the picture would replace the page
    document.body.classList.toggle("dragging", hasFiles(event) && isForPage(event));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    if (isForPage(event)) takeDrop(event.dataTransfer);
  });

  // Pasting

  // Only where the operator allows it there is a text about it.
  function takeAddress(address) {
    if (panel.dataset.fetching) announce({ files: [], address });
    else complain(panel.dataset.isAddress);
  }

  const writes = (element) => element?.matches?.("input:not([type=file]), textarea, [contenteditable]");

  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) return announce({ files, name: "" });
    const text = event.clipboardData.getData("text").trim();
    if (!writes(event.target) && /^(https?:\/\/|www\.)\S+$/i.test(text)) takeAddress(text);
  });
})();
