// Lists of pictures: keys, "select all", and rows that arrive while somebody works in the list.
// Without this file everything can be done with the form; the page then reloads by itself.
(() => {
  const items = () => [...document.querySelectorAll("#pictures > .item")];
  const itemOf = (element) => element?.closest?.("#pictures > .item");
  const opener = (item) => item.querySelector("[data-open]");

  // Keys: letters alone are shortcuts, so a checkbox switches them off (WCAG 2.1.4), and remembers it.

  const switches = () => document.querySelector("[data-keys]");
  const isOn = () => localStorage.getItem("keys") !== "off";

  function prepare() {
    if (switches()) switches().checked = isOn();
  }

  function move(step) {
    const all = items();
    const here = all.indexOf(itemOf(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    if (all[next]) opener(all[next]).focus();
  }

  function pick() {
    const box = itemOf(document.activeElement)?.querySelector(".pick");
    if (box) box.click();
  }

  const ACTIONS = { j: () => move(1), k: () => move(-1), x: pick };
  const writes = (element) => element.matches("input:not([type=checkbox]), select, textarea");

  document.addEventListener("keydown", (event) => {
    const act = ACTIONS[event.key];
    if (!act || !switches() || !isOn() || event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-keys]")) localStorage.setItem("keys", event.target.checked ? "on" : "off");
    if (event.target.matches("[data-all]")) {
      for (const box of document.querySelectorAll("#pictures .pick")) box.checked = event.target.checked;
    }
  });

  // Rows: one that is in the same state stays as it is, for somebody may be writing in it.

  let focused = "";

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (!target.matches(".item")) return;
    const fresh = fragment.querySelector(".item");
    if (fresh && fresh.dataset.state === target.dataset.state) event.detail.shouldSwap = false;
    focused = target.contains(document.activeElement) ? target.id : "";
    if (fresh) fresh.querySelector(".pick").checked = Boolean(target.querySelector(".pick")?.checked);
  });

  document.addEventListener("htmx:oobAfterSwap", () => {
    const item = focused && document.getElementById(focused);
    if (item && !item.contains(document.activeElement)) opener(item).focus();
    focused = "";
  });

  // A row that the page does not have yet gets a place at the end.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const list = document.getElementById("pictures");
    if (!list || event.detail.target.id !== "poll") return;
    const page = new DOMParser().parseFromString(event.detail.serverResponse, "text/html");
    for (const item of page.querySelectorAll(".item")) {
      if (document.getElementById(item.id)) continue;
      list.append(Object.assign(document.createElement("li"), { id: item.id, className: "item" }));
      list.parentElement.querySelector(".empty")?.remove();
    }
  });

  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("shown", prepare, true);
  prepare();
})();
