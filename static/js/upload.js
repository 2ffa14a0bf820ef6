// Sends the pictures that gather.js announces: one to its result, several to a batch of their own.
// What cannot be sent stays here until the server is back.
(() => {
  const panel = document.querySelector("[data-uploader]");
  if (!panel) return;

  const texts = panel.dataset;
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const [error, progress, state, preview, leftOut] = ["error", "progress", "state", "preview", "left-out"].map(part);
  const [retry, dismiss] = ["retry", "dismiss"].map(part);
  const address = () => location.pathname + location.search;
  let job = null;
  let shown = address();

  // What the panel shows

  function say(element, text) {
    element.textContent = text;
    element.hidden = !text;
  }

  function complain(text) {
    panel.hidden = false;
    say(error, text);
  }

  function showPreview(file) {
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.removeAttribute("src");
    preview.hidden = !file;
    if (file) preview.src = URL.createObjectURL(file);
  }
  // HEIC and TIFF are accepted though most browsers cannot show them.
  preview.addEventListener("error", () => { preview.hidden = true; });

  function showLeftOut(lines) {
    leftOut.replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
    leftOut.hidden = !lines.length;
  }

  function showProgress() {
    const sent = job.done + [...job.sending.values()].reduce((sum, bytes) => sum + bytes, 0);
    const percent = Math.min(Math.floor((100 * sent) / Math.max(job.bytes, 1)), 100);
    progress.hidden = false;
    progress.value = percent;
    const count = job.total > 1 ? ` (${job.finished} of ${job.total} pictures)` : "";
    say(state, percent === 100 && job.total === 1 ? texts.analysing : `${texts.sending} ${percent} %${count}`);
  }

  // What is sent at all

  const suffixOf = (name) => (/\.[a-z0-9]+$/i.exec(name)?.[0] ?? "").toLowerCase();

  async function whyNot(file) {
    if (!file.size) return texts.empty;
    if (file.size > Number(texts.maxBytes)) return texts.tooLarge;
    const suffix = suffixOf(file.name);
    const known = file.type.startsWith("image/") || !suffix || texts.suffixes.split(" ").includes(suffix);
    if (!known) return texts.noPicture;
    return (await countPixels(file)) > Number(texts.maxPixels) ? texts.tooManyPixels : "";
  }

  // The files that can be sent, and of each other one why it cannot.
  async function sort(files) {
    const most = Number(texts.maxBatch);
    const [good, bad] = [[], []];
    for (const file of files) {
      const why = await whyNot(file);
      if (why) bad.push({ name: file.name, why });
      else good.push(file);
    }
    const lines = bad.map(({ name, why }) => `${name}: ${why}`);
    if (good.length > most) lines.push(texts.tooMany.replace("{n}", good.length));
    return { good: good.slice(0, most), lines, why: bad.length === 1 ? bad[0].why : texts.nothing };
  }

  // Requests

  const token = () => panel.querySelector("[name=csrfmiddlewaretoken]");

  async function renewToken() {
    const page = await fetch(texts.home, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    token().value = fresh.querySelector("[name=csrfmiddlewaretoken]").value;
  }

  function post(url, fields, onProgress = () => {}) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("csrfmiddlewaretoken", token().value);
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
      const answer = () => resolve({ status: request.status, data: request.response ?? {} });
      for (const kind of ["load", "error", "abort", "timeout"]) request.addEventListener(kind, answer);
      request.send(body);
    });
  }

  const options = () => {
    const box = document.querySelector("input[name=stability]");
    return box?.checked ? { stability: "on" } : {};
  };
  const mayComeBack = (status) => status === 0 || status === 403 || status === 429 || status >= 500;

  // One picture

  async function sendOne(file) {
    const answer = await post(texts.home, { image: file, ...job.options }, (bytes) => {
      job.sending.set(file, Math.min(bytes, file.size));
      showProgress();
    });
    if (answer.status >= 200 && answer.status < 300 && answer.data.url) return open(answer.data.url);
    job.sending.clear();
    fail(answer, [file]);
  }

  function open(url) {
    job = null;
    location.assign(url);
  }

  // A batch

  async function sendBatch() {
    if (!job.batch && !(await makeBatch())) return;
    await Promise.all(Array.from({ length: Number(texts.atOnce) }, sendNext));
    if (job.kept.length) return fail(job.failure, job.kept);
    job = null;
    progress.hidden = true;
    say(state, texts.allSent);
    document.body.dispatchEvent(new CustomEvent("sent"));
  }

  async function makeBatch() {
    const answer = await post(texts.batches, { name: job.name, size: job.total });
    if (answer.status !== 201) {
      fail(answer, job.queue);
      return false;
    }
    job.batch = answer.data;
    await show(job.batch.url);
    return true;
  }

  async function sendNext() {
    while (job.queue.length && !job.failure) {
      const file = job.queue.shift();
      const answer = await post(job.batch.pictures, { image: file, ...job.options }, (bytes) => {
        job.sending.set(file, Math.min(bytes, file.size));
        showProgress();
      });
      job.sending.delete(file);
      if (mayComeBack(answer.status)) {
        job.failure = answer;
        job.kept.push(file);
      } else {
        job.done += file.size;
        job.finished += 1;
        if (answer.status !== 201) showLeftOut([...job.lines, `${file.name}: ${answer.data.error ?? texts.refused}`]);
      }
      showProgress();
    }
    if (job.failure) job.kept.push(...job.queue.splice(0));
  }

  // The page of the batch takes the place of this one while the files, which only this one has, are sent.
  async function show(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    history.pushState({}, "", url);
    shown = address();
    document.title = page.title;
    await Promise.all([...page.head.querySelectorAll("link[rel=stylesheet], script[src]")].map(adopt));
    document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
    window.htmx?.process(document.querySelector("main"));
    document.body.dispatchEvent(new CustomEvent("shown"));
    document.querySelector("main").focus();
  }

  function adopt(element) {
    const name = element.src ? "src" : "href";
    const value = element.getAttribute(name);
    if (document.head.querySelector(`[${name}="${value}"]`)) return null;
    const copy = document.createElement(element.tagName);
    for (const { name: key, value: text } of element.attributes) copy.setAttribute(key, text);
    copy.async = false; // scripts in their order
    return new Promise((resolve) => {
      copy.addEventListener("load", resolve);
      copy.addEventListener("error", resolve);
      document.head.append(copy);
    });
  }
  // A link to a part of the page is a step of the history, too, but must not start the page anew.
  addEventListener("popstate", () => {
    if (address() !== shown) location.reload();
  });
  document.body.addEventListener("htmx:pushedIntoHistory", () => { shown = address(); });

  // Failures

  function fail(answer, files) {
    progress.hidden = true;
    say(state, "");
    if (!mayComeBack(answer.status)) {
      job = null;
      complain(answer.data.error ?? texts.refused);
      return;
    }
    job.kept = [...files];
    const why = answer.status === 403 ? texts.expired : answer.data.error ?? (answer.status ? texts.failing : texts.away);
    complain(`${why} ${files.length > 1 ? texts.keptMany.replace("{n}", files.length) : texts.keptOne}`);
    retry.hidden = false;
    retry.focus();
  }

  async function tryAgain() {
    if (!job?.kept.length) return;
    retry.hidden = true;
    say(error, "");
    say(state, texts.connecting);
    try {
      await renewToken();
    } catch {
      fail({ status: 0, data: {} }, job.kept);
      return;
    }
    job.queue = job.kept.splice(0);
    job.failure = null;
    start();
  }

  retry.addEventListener("click", tryAgain);
  addEventListener("online", tryAgain);

  // Taking pictures in

  function start() {
    showProgress();
    if (job.batch || job.total > 1) sendBatch();
    else sendOne(job.queue.shift());
  }

  async function takeAddress(address) {
    if (job) return complain(texts.busy);
    panel.hidden = false;
    say(error, "");
    say(state, texts.fetching);
    const answer = await post(texts.home, { address, ...options() });
    if (answer.data.url) return open(answer.data.url);
    say(state, "");
    complain(answer.data.error ?? (answer.status ? texts.failing : texts.away));
  }

  async function take({ files, name = "", complaint = "", address = "" }) {
    if (complaint) return complain(complaint);
    if (address) return takeAddress(address);
    const { good, lines, why } = await sort(files);
    if (job) return complain(texts.busy);
    panel.hidden = false;
    retry.hidden = true;
    say(error, good.length ? "" : why);
    showLeftOut(files.length > 1 ? lines : []);
    showPreview(good.length === 1 ? good[0] : null);
    if (!good.length) return;
    job = {
      queue: good, kept: [], sending: new Map(), lines, failure: null, batch: null, options: options(),
      name: name || `${good[0].name}${good.length > 1 ? ` and ${good.length - 1} more` : ""}`,
      total: good.length, finished: 0, done: 0, bytes: good.reduce((sum, file) => sum + file.size, 0),
    };
    // A batch that is on the screen and has places takes them in.
    const room = document.querySelector("[data-add-pictures]");
    if (room) job.batch = { url: location.href, pictures: room.dataset.addPictures };
    start();
  }

  document.addEventListener("pictures", (event) => take(event.detail));
  dismiss.addEventListener("click", () => {
    if (job && !job.kept.length) return;
    job = null;
    panel.hidden = true;
  });
  addEventListener("beforeunload", (event) => {
    if (job && (job.batch || job.kept.length)) event.preventDefault();
  });
  // The back button may bring this page back as it was left.
  addEventListener("pageshow", (event) => {
    if (event.persisted) { job = null; panel.hidden = true; }
  });
})();
