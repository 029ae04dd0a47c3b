// Keeps the jobs on this page as they are. Progress is patched in place; when a state changes, htmx fetches the part of
// the page anew, so permissions, language and markup stay in the templates. Without this file every page still works.
"use strict";

(() => {
  const RECONCILE_MS = 15000, POLL_MS = 3000, POLL_HIDDEN_MS = 10000, RETRY_STREAM_MS = 60000, GATHER_MS = 120;
  const CLOSED = 2, FAILURES_BEFORE_POLLING = 2;
  const body = document.body, user = body.dataset.user;
  const known = new Map();        // job -> newest version and state seen
  const topics = new Set();       // what this tab and the tabs it leads want to hear of
  let cursor = body.dataset.cursor, source = null, leading = false, failures = 0, pollTimer = 0, queued = null;

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const onPage = () => all("[data-topic]").map((part) => part.dataset.topic)
    .concat(all("[data-job]").filter((chip) => !chip.closest("[data-topic]")).map((chip) => "job:" + chip.dataset.job));

  // --- the page

  const timers = new WeakMap();
  function refresh(part) {        // several changes at once cost one request
    if (part.matches("details:not([open]) > [data-panel]")) return;      // fetched when it is opened
    clearTimeout(timers.get(part));
    timers.set(part, setTimeout(() => "reload" in part.dataset ? location.reload() : htmx.trigger(part, "nightdesk:changed"), GATHER_MS));
  }

  function concerned(event) {
    const type = event.subject.split(":")[0];
    return all("[data-topic]").filter((part) => [event.subject, type].includes(part.dataset.topic));
  }

  const mine = (event) => (String(event.owner) === user ? all('[data-topic="me"]') : []);
  const isFinal = (state) => !["waiting", "running", "waiting_children"].includes(state);

  function apply(event) {
    const chips = all(`[data-job="${event.job}"]`), before = known.get(event.job);
    const shown = Math.min(...chips.map((chip) => Number(chip.dataset.version)));   // one of them may lag behind
    if (before && event.version <= before.version) return;
    known.set(event.job, event);
    if (chips.length && event.version <= shown) return;
    const parts = before || chips.length ? [] : concerned(event);
    if (!before || before.state !== event.state) parts.push(...mine(event));
    if (isFinal(event.state) && (!before || !isFinal(before.state)) && !chips.length && !document.hidden && mine(event).length) {
      document.dispatchEvent(new CustomEvent("nightdesk:ended", { detail: event }));
    }
    for (const chip of chips) {
      if (event.version <= Number(chip.dataset.version)) continue;
      const part = chip.closest("[data-topic]") || chip;
      const moved = chip.dataset.state !== event.state || ("stopping" in chip.dataset) !== event.stopping;
      const spoke = chip.querySelector("[data-message]").textContent !== event.message;
      announce(chip, event, moved);
      if (!moved) patch(chip, event);
      if (moved || (spoke && part !== chip && !("onlyStates" in part.dataset))) parts.push(part);
    }
    new Set(parts).forEach(refresh);
  }

  function patch(chip, event) {
    chip.dataset.version = event.version;   // after a move it stays as it was: until the part came, the rows differ
    const bar = chip.querySelector("progress"), percent = chip.querySelector("[data-percent]");
    if (!bar) return;             // it waits: its words come with its part of the page
    bar.value = event.progress;
    percent.textContent = event.progress + " %";
    chip.querySelector("[data-message]").textContent = event.message;
  }

  function announce(chip, event, moved) {
    const says = document.querySelector("[data-says]"), bar = chip.querySelector("progress");
    const quarter = Math.floor(event.progress / 25) * 25;
    const words = { running: says.dataset.started, ...says.dataset };
    let word = moved ? words[event.state] : "";
    if (!moved && bar && quarter > bar.value && quarter < 100) word = quarter + " " + says.dataset.percent;
    if (word) says.textContent = chip.dataset.title + ": " + word;
  }

  function resync() {
    known.clear();
    all("[data-topic]").forEach(refresh);
    all("[data-job]").filter((chip) => !chip.closest("[data-topic]")).forEach(refresh);
  }

  function show(state) {
    const light = document.querySelector("[data-live]");
    light.hidden = false;
    light.dataset.is = state;
    light.textContent = light.dataset["word" + state[0].toUpperCase() + state.slice(1)];
  }

  document.addEventListener("nightdesk:signed-out", () => show("offline"));

  // --- one stream a browser: the tab that was looked at last leads, the others listen to it

  const channel = "BroadcastChannel" in window ? new BroadcastChannel("nightdesk-live-" + user) : null;
  const tell = (message) => { hear(message); if (channel) channel.postMessage(message); };

  function hear(message) {
    if (message.event) apply(message.event);
    if (message.resync) resync();
    if (message.cursor) cursor = message.cursor;
    if (message.state) show(message.state);
    if (message.signedOut) document.dispatchEvent(new CustomEvent("nightdesk:signed-out"));
    if (message.who && channel) channel.postMessage({ topics: onPage() });
    if (message.topics && leading && message.topics.some((topic) => !topics.has(topic))) {
      message.topics.forEach((topic) => topics.add(topic));
      connect();
    }
  }
  if (channel) channel.onmessage = (message) => hear(message.data);

  function lead() {
    leading = true;
    onPage().forEach((topic) => topics.add(topic));
    if (channel) channel.postMessage({ who: true });
    connect();
  }

  function follow() {
    leading = false;
    if (source) source.close();
    clearTimeout(pollTimer);
    compete(false);
  }

  function compete(steal) {
    if (!navigator.locks || !channel) return leading || lead();     // no secure origin: a stream for each tab
    if (queued) queued.abort();
    queued = steal ? null : new AbortController();
    if (!steal) channel.postMessage({ topics: onPage() });
    navigator.locks.request("nightdesk-live-" + user, steal ? { steal } : { signal: queued.signal }, () => {
      queued = null;
      lead();
      return new Promise(() => {});         // held until the tab closes or another one steals it
    }).catch(() => leading && follow());
    return undefined;
  }

  // --- the stream, and polling where it does not come through

  const address = (mode) => "/live/?topics=" + encodeURIComponent([...topics].join(",")) + (cursor ? "&after=" + cursor : "") + mode;

  function connect() {
    if (source) source.close();
    clearTimeout(pollTimer);
    if (!topics.size) return;
    source = new EventSource(address(""));
    const heard = (message) => ({ cursor: message.lastEventId });
    source.addEventListener("hello", (message) => {
      failures = 0;
      tell({ state: "live", ...heard(message) });
      reconcile();
    });
    source.addEventListener("job", (message) => tell({ event: JSON.parse(message.data), ...heard(message) }));
    source.addEventListener("resync", (message) => tell({ resync: true, ...heard(message) }));
    source.onerror = () => {
      failures += 1;
      if (source.readyState !== CLOSED && failures < FAILURES_BEFORE_POLLING) return;
      source.close();
      poll(Date.now() + RETRY_STREAM_MS);
    };
  }

  async function poll(until) {
    try {
      const answer = await fetch(address("&mode=poll"), { headers: { Accept: "application/json" } });
      if (answer.status === 401) return tell({ state: "offline", signedOut: true });
      const batch = await answer.json();
      batch.events.forEach((event) => tell({ event }));
      tell({ state: "delayed", cursor: String(batch.cursor), resync: batch.resync });
    } catch (error) {
      tell({ state: "offline" });
    }
    if (Date.now() > until) { failures = 0; return connect(); }
    pollTimer = setTimeout(poll, document.hidden ? POLL_HIDDEN_MS : POLL_MS, until);
    return undefined;
  }

  // --- what the stream may have lost: compare with the rows

  async function reconcile() {
    const versions = Object.fromEntries(all("[data-job][data-unfinished]").map((chip) => [chip.dataset.job, Number(chip.dataset.version)]));
    if (!Object.keys(versions).length) return;
    const headers = { ...JSON.parse(body.getAttribute("hx-headers")), "Content-Type": "application/json" };
    try {
      const answer = await fetch("/live/reconcile", { method: "POST", headers, body: JSON.stringify(versions) });
      if (answer.status === 401) tell({ state: "offline", signedOut: true });
      if (!answer.ok) return;
      const { events, gone } = await answer.json();
      events.forEach((event) => { known.delete(event.job); apply(event); });
      if (gone.length) resync();
    } catch (error) { /* offline: the next one, or the stream, will tell */ }
  }

  // --- fragments: swap only the pieces that changed, so that focus, selection and scroll stay where they are

  htmx.defineExtension("keyed", {
    handleSwap(style, target, fragment) {
      if (style !== "keyed") return false;
      const outermost = (root) => all("[data-key]", root).filter((part) => !part.parentElement || !part.parentElement.closest("[data-key]"));
      const fresh = outermost(fragment);
      const old = new Map(outermost(target).map((part) => [part.dataset.key, part]));
      const focused = document.activeElement.id;
      let before = null;
      for (const part of fresh) {
        const had = old.get(part.dataset.key);
        old.delete(part.dataset.key);
        if (had && had.dataset.stamp === part.dataset.stamp) { before = had; continue; }
        if (had && had.querySelector("form[data-editing], form[data-dirty]")) {    // somebody is typing here: tell, and touch nothing
          const note = had.querySelector("[data-overtaken]");
          if (note && had.dataset.at !== part.dataset.at) note.hidden = false;
          before = had;
          continue;
        }
        if (had) had.replaceWith(part);
        else if (before) before.after(part);
        else target.prepend(part);
        if (!had) part.classList.add("arriving");
        htmx.process(part);
        part.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: part } }));
        before = part;
      }
      old.forEach((part) => part.remove());
      if (focused && document.activeElement.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
      return true;
    },
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    reconcile();
    if (!leading) compete(true);  // a hidden tab may be asleep: whoever is looked at leads
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) resync(); });
  setInterval(() => {
    reconcile();
    if (!document.hidden) all("[data-shared]").forEach(refresh);  // what people change there causes no job
  }, RECONCILE_MS);
  compete(!document.hidden);
})();
