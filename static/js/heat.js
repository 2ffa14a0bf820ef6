// How strongly a heat map lies over its picture. Without this file it lies there as strongly as it can.
(() => {
  for (const slider of document.querySelectorAll("[data-strength]")) {
    const heat = slider.closest(".heat-map").querySelector(".heat");
    slider.addEventListener("input", () => { heat.style.opacity = slider.value / 100; });
  }
})();
