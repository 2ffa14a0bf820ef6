// Looks every two seconds whether the result is there. Without this file the page reloads itself.
(() => {
  const place = document.querySelector("[data-waiting]");
  if (!place) return;

  async function look() {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-waiting]");
      if (!fresh) return location.reload();
      if (fresh.textContent !== place.textContent) place.replaceChildren(...fresh.childNodes);
    } catch {
      // The server is away: the next look may find it.
    }
    setTimeout(look, 2000);
  }
  setTimeout(look, 2000);
})();
