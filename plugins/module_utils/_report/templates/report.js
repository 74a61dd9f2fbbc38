"use strict";
// Everything on the page is made as text nodes from the data below: nothing that came from outside is ever used as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const PRINTED = 2000;
  const TARGETS = data.targets;
  const NAMES = TARGETS.map(([name]) => name);
  const at = (id) => document.getElementById(id);
  const root = document.documentElement;
  const filters = [...document.querySelectorAll("[data-filter]")];
  const stateText = (state) => (state === "left" ? "left alone" : state.replace(/_/g, " "));

  // --- what is shown lives in the address, so that a view can be bookmarked and passed on
  const state = { filter: data.start, q: "", page: 0, theme: "" };
  function readAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const filter = wanted.get("show") || data.start;
    state.filter = filters.some((button) => button.dataset.filter === filter) ? filter : data.start;
    state.q = wanted.get("find") || "";
    state.page = Math.max(0, (parseInt(wanted.get("page"), 10) || 1) - 1);
    state.theme = ["light", "dark"].includes(wanted.get("theme")) ? wanted.get("theme") : state.theme;
  }
  function writeAddress() {
    const shown = new URLSearchParams();
    if (state.filter !== data.start) shown.set("show", state.filter);
    if (state.q) shown.set("find", state.q);
    if (state.page) shown.set("page", String(state.page + 1));
    if (state.theme) shown.set("theme", state.theme);
    try {
      history.replaceState(null, "", "#" + shown);
    } catch {
      // Some browsers refuse this for files; then a view just cannot be bookmarked.
    }
  }

  // --- small makers
  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  // Long names break after an @ or a slash rather than anywhere.
  function breakable(node, text) {
    for (const part of text.split(/(?<=[@/])/)) node.append(part, document.createElement("wbr"));
    return node;
  }

  function picture(user, kind, alt, placeholder, tone) {
    const index = user.p && user.p[kind];
    if (index !== undefined) {
      const image = make("img", "photo");
      image.alt = alt;
      image.width = image.height = 96;
      image.src = data.pictures[index];
      return image;
    }
    const box = make("div", "photo none" + (tone ? " " + tone : ""));
    box.append(make("span", "", placeholder));
    return box;
  }

  const NOTHING = { missing: "no photo", unresolved: "no such user", unavailable: "not readable", in_sync: "as declared" };

  function declared(user, brief) {
    const cell = make("td");
    cell.dataset.column = "Declared";
    const box = make("div", "target" + (brief ? " bare" : ""));
    const facts = make("div", "facts");
    const absent = NAMES.some((name) => user[name] && (user[name].d === "unwanted" || user[name].a === "remove"));
    const invalid = NAMES.some((name) => user[name] && user[name].d === "invalid");
    if (!brief) {
      const text = absent ? "declared absent" : invalid ? "unusable file" : "not shown";
      box.append(picture(user, "declared", "Declared photo of " + user.u, text));
    }
    if (user.f) facts.append(breakable(make("p"), user.f));
    else if (absent) facts.append(make("p", "", "This user shall have no photo."));
    if (user.o && user.o !== user.f) facts.append(breakable(make("p", "", "declared in "), user.o));
    const others = [...new Set(TARGETS.flatMap(([name]) => (user[name] && user[name].m) || []))];
    if (others.length) {
      const more = (others.length > 3 ? ` and ${others.length - 3} more` : "") + ".";
      const line = make("p", "warn", "Possible mix-up with ");
      facts.append(breakable(line, others.slice(0, 3).join(", ") + more));
    }
    box.append(facts);
    cell.append(box);
    return cell;
  }

  function target(user, name, title, brief) {
    const cell = make("td");
    cell.dataset.column = title;
    const row = user[name];
    const unseen = user.n && user.n[name];
    const box = make("div", "target" + (brief ? " bare" : ""));
    const facts = make("div", "facts");
    box.append(facts);
    cell.append(box);
    const alt = title + " photo of " + user.u;
    if (!row) {
      box.prepend(picture(user, name, alt, unseen === undefined ? "not asked for" : "not examined"));
      if (unseen !== undefined) facts.append(pills(make("p"), "not_examined"), make("p", "why", unseen));
    } else if (brief) {
      const state = pills(make("p"), row.d, row);
      if (row.s) state.append(" " + row.s);
      facts.append(state, ...warnings(row));
    } else {
      const look = row.d === "in_sync" ? "in_sync" : "";
      box.prepend(picture(user, name, alt, NOTHING[row.d] || "not shown", look));
      facts.append(...rowFacts(row));
    }
    return cell;
  }

  function* rowFacts(row) {
    const good = row.d === "in_sync";
    yield pills(make("p"), row.d, row);
    if (row.y) yield breakable(make("p"), "Account " + row.y);
    if (row.t) yield make("p", "done" + (row.t === "failed" ? " bad" : ""), row.t[0].toUpperCase() + row.t.slice(1));
    if (row.e && row.e !== row.r) yield make("p", "bad", row.e);
    if (row.r) yield make("p", good ? "" : "why", row.r);
    if (row.s) yield make("p", "", (data.mode === "done" && row.t ? "Was " : "Has ") + row.s);
    if (row.z && !good) yield make("p", "", "Declared " + row.z);
    if (row.l && !row.o) yield make("p", "", "✓ " + row.l);
    yield* warnings(row);
  }

  function* warnings(row) {
    if (row.o) yield make("p", "warn", "⚠ " + row.l);
    for (const warning of row.w || []) yield make("p", "warn", "⚠ " + warning);
  }

  function pills(line, drift, row) {
    line.append(make("span", "pill " + drift, stateText(drift)));
    if (row && row.x) line.append(" ", make("span", "pill foreign", "changed by others"));
    if (row && row.c) line.append(" ", make("span", "pill foreign", "changed since approved"));
    return line;
  }

  function details(user, brief) {
    const list = make("dl");
    const add = (term, text, look = "mono") => text && list.append(make("dt", "", term), make("dd", look, text));
    add("Declared SHA-256", user.h);
    for (const [name, title] of TARGETS) {
      const row = user[name];
      if (!row) continue;
      if (brief) add(title, row.r, "");
      if (brief) add(title + " account", row.y, "");
      add(title + " id", row.i);
      add(title + " " + (row.k || "SHA-256"), row.h);
      add(title + " backup", row.b);
    }
    if (!list.firstChild) return null;
    const box = make("details", "more");
    box.append(make("summary", "", brief ? "Reasons, ids and hashes" : "Ids and hashes"), list);
    return box;
  }

  function line(user) {
    const brief = user.s === "in_sync";
    const row = make("tr", brief ? "brief" : "");
    const who = make("th");
    who.scope = "row";
    if (user.l) who.append(make("span", "name", user.l));
    who.append(breakable(make("span", user.l ? "identity" : "name"), user.u));
    if (data.mode === "done") {
      const badges = make("span", "badges");
      badges.append(make("span", "pill " + user.s, stateText(user.s)));
      who.append(badges);
    }
    const more = details(user, brief);
    if (more) who.append(more);
    row.append(who, declared(user, brief));
    for (const [name, title] of TARGETS) row.append(target(user, name, title, brief));
    return row;
  }

  // --- choosing
  const has = (user, test) => NAMES.some((name) => user[name] && test(user[name]));
  const GROUPS = {
    all: () => true,
    attention: (user) => user.s !== "in_sync",
    foreign: (user) => has(user, (row) => row.x),
    stale: (user) => has(user, (row) => row.c),
    over: (user) => has(user, (row) => row.o),
  };
  function words(user) {
    if (user.words === undefined) {
      const parts = [user.u, user.l, user.f, user.o, user.h, stateText(user.s)];
      for (const [name] of TARGETS) {
        const row = user[name];
        if (row) parts.push(row.r, row.e, row.h, row.i, stateText(row.d), ...(row.w || []));
        else if (user.n && user.n[name] !== undefined) parts.push("not examined", user.n[name]);
      }
      user.words = parts.filter(Boolean).join("\n").toLocaleLowerCase();
    }
    return user.words;
  }
  function chosen() {
    const test = GROUPS[state.filter] || ((user) => user.s === state.filter);
    const wanted = state.q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return data.users.filter((user) => test(user) && wanted.every((word) => words(user).includes(word)));
  }

  function show(everything) {
    const users = chosen();
    const pages = Math.max(1, Math.ceil(users.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const first = everything ? 0 : state.page * PAGE;
    const part = users.slice(first, everything ? PRINTED : first + PAGE);
    const lines = document.createDocumentFragment();
    for (const user of part) lines.append(line(user));
    at("body").replaceChildren(lines);
    for (const button of filters) button.setAttribute("aria-pressed", String(button.dataset.filter === state.filter));
    const number = (value) => value.toLocaleString("en");
    const noun = users.length === 1 ? " user" : " users";
    at("status").textContent = !users.length
      ? "No user matches."
      : users.length > part.length
        ? `Users ${number(first + 1)} to ${number(first + part.length)} of ${number(users.length)}`
        : number(users.length) + noun;
    at("pager").hidden = pages < 2;
    at("page").textContent = `Page ${state.page + 1} of ${pages}`;
    at("previous").disabled = state.page === 0;
    at("next").disabled = state.page >= pages - 1;
  }

  function change(values) {
    Object.assign(state, { page: 0 }, values);
    writeAddress();
    show(false);
  }
  function turn(step) {
    change({ page: state.page + step });
    const rows = at("rows");
    rows.focus({ preventScroll: true });
    rows.scrollIntoView({ block: "start" });
  }

  // --- light and dark
  const night = matchMedia("(prefers-color-scheme: dark)");
  function paint() {
    if (state.theme) root.dataset.theme = state.theme;
    else delete root.dataset.theme;
    const dark = state.theme ? state.theme === "dark" : night.matches;
    at("theme").textContent = dark ? "Light theme" : "Dark theme";
  }

  for (const button of filters) button.addEventListener("click", () => change({ filter: button.dataset.filter }));
  let typing;
  at("search").addEventListener("input", (event) => {
    clearTimeout(typing);
    const q = event.target.value;
    typing = setTimeout(() => change({ q }), 120);
  });
  at("previous").addEventListener("click", () => turn(-1));
  at("next").addEventListener("click", () => turn(1));
  at("theme").addEventListener("click", () => {
    const dark = state.theme ? state.theme === "dark" : night.matches;
    state.theme = dark ? "light" : "dark";
    writeAddress();
    paint();
  });
  night.addEventListener("change", paint);
  addEventListener("beforeprint", () => show(true));
  addEventListener("afterprint", () => show(false));
  function open() {
    readAddress();
    at("search").value = state.q;
    paint();
    show(false);
  }
  addEventListener("hashchange", open);
  // The address holds what is shown, so this link must not replace it.
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    at("rows").focus({ preventScroll: true });
    at("users").scrollIntoView({ block: "start" });
  });
  at("controls").hidden = at("theme").hidden = at("rows").hidden = false;
  open();
})();
