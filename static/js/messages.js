// An offer to undo goes away when it is too late for it. Without this file the server says that it is.
(() => {
  const watch = () => {
    for (const form of document.querySelectorAll("[data-undo]:not([data-watched])")) {
      form.dataset.watched = "";
      setTimeout(() => form.remove(), 1000 * Number(form.dataset.undo));
    }
  };
  watch();
  document.addEventListener("shown", watch, true);
})();
