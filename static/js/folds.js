// Sections that fold: open on wide screens, for print, and for a link that leads into them.
// Without this file each one opens by its heading.
(() => {
  const folds = [...document.querySelectorAll("details")];

  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target?.scrollIntoView();
  }

  if (matchMedia("(min-width: 64rem)").matches) {
    for (const fold of folds) fold.open ||= "openWide" in fold.dataset;
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folds.filter((fold) => !fold.open);
    for (const fold of closed) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of closed) fold.open = false;
  });

  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
})();
