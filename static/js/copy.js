// Copies a list of names and values as lines of text. Without this file the list still stands there.
(() => {
  const button = document.querySelector("[data-copy]");
  if (!button) return;

  const list = document.getElementById(button.dataset.copy);
  const said = document.querySelector("[data-copied]");

  function asText() {
    const pairs = [...list.querySelectorAll("div")];
    return pairs.map((pair) => `${pair.children[0].textContent}: ${pair.children[1].textContent}`).join("\n");
  }

  // The clipboard is closed to pages without HTTPS: there the text is selected, ready for Ctrl+C.
  function select() {
    getSelection().selectAllChildren(list);
    return said.dataset.selected;
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(asText());
      return said.dataset.copied;
    } catch {
      return select();
    }
  }

  button.addEventListener("click", async () => { said.textContent = await copy(); });
  button.hidden = false;
})();
