"use strict";
// Everything on the page is made as text nodes from the data below: nothing that came from outside is ever markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const PRINTED = 2000;
  const SIDES = [["ad", "Active Directory"], ["exo", "Exchange Online"]];
  const at = (id) => document.getElementById(id);
  const root = document.documentElement;
  const filters = [...document.querySelectorAll("[data-filter]")];
  const spoken = (state) => (state === "left" ? "left alone" : state.replace(/_/g, " "));

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
    const told = new URLSearchParams();
    if (state.filter !== data.start) told.set("show", state.filter);
    if (state.q) told.set("find", state.q);
    if (state.page) told.set("page", String(state.page + 1));
    if (state.theme) told.set("theme", state.theme);
    try {
      history.replaceState(null, "", "#" + told);
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
  const short = (hash) => (hash.length > 16 ? hash.slice(0, 12) + "…" : hash);
  function hashLine(label, hash) {
    const line = make("p", "hash", label + " ");
    const code = make("code", "", short(hash));
    code.title = hash;
    line.append(code);
    return line;
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
    cell.dataset.side = "Declared";
    const side = make("div", "side" + (brief ? " bare" : ""));
    const facts = make("div", "facts");
    const absent = ["ad", "exo"].some((name) => user[name] && (user[name].d === "unwanted" || user[name].a === "remove"));
    const invalid = ["ad", "exo"].some((name) => user[name] && user[name].d === "invalid");
    if (!brief) {
      const text = absent ? "declared absent" : invalid ? "unusable file" : "not shown";
      side.append(picture(user, "declared", "Declared photo of " + user.u, text));
    }
    if (user.f) facts.append(breakable(make("p"), user.f));
    else if (absent) facts.append(make("p", "", "No photo is to be there."));
    if (user.h) facts.append(hashLine("SHA-256", user.h));
    const others = [...new Set(SIDES.flatMap(([name]) => (user[name] && user[name].m) || []))];
    if (others.length) {
      const more = (others.length > 3 ? ` and ${others.length - 3} more` : "") + "?";
      const line = make("p", "warn", "Mixed up with ");
      facts.append(breakable(line, others.slice(0, 3).join(", ") + more));
    }
    side.append(facts);
    cell.append(side);
    return cell;
  }

  function target(user, name, title, brief) {
    const cell = make("td");
    cell.dataset.side = title;
    const row = user[name];
    const unseen = user.n && user.n[name];
    const side = make("div", "side" + (brief ? " bare" : ""));
    const facts = make("div", "facts");
    side.append(facts);
    cell.append(side);
    const alt = title + " photo of " + user.u;
    if (!row) {
      side.prepend(picture(user, name, alt, unseen === undefined ? "not asked for" : "not examined"));
      if (unseen !== undefined) facts.append(pills(make("p"), "not_examined"), make("p", "why", unseen));
    } else if (brief) {
      const told = pills(make("p"), row.d, row);
      if (row.s) told.append(" " + row.s);
      facts.append(told, ...warnings(row));
    } else {
      const look = row.d === "in_sync" ? "in_sync" : "";
      side.prepend(picture(user, name, alt, NOTHING[row.d] || "not shown", look));
      facts.append(...told(row));
    }
    return cell;
  }

  function* told(row) {
    const good = row.d === "in_sync";
    yield pills(make("p"), row.d, row);
    if (row.t) yield make("p", "deed" + (row.t === "failed" ? " bad" : ""), row.t[0].toUpperCase() + row.t.slice(1));
    if (row.e && row.e !== row.r) yield make("p", "bad", row.e);
    if (row.r) yield make("p", good ? "" : "why", row.r);
    if (row.s) yield make("p", "", (data.mode === "done" && row.t ? "Was " : "Has ") + row.s);
    if (row.z && !good) yield make("p", "", "Declared " + row.z);
    if (row.h && !good) yield hashLine(row.k || "SHA-256", row.h);
    if (row.l && !row.o) yield make("p", "", "✓ " + row.l);
    yield* warnings(row);
  }

  function* warnings(row) {
    if (row.o) yield make("p", "warn", "⚠ " + row.l);
    for (const warning of row.w || []) yield make("p", "warn", "⚠ " + warning);
  }

  function pills(line, drift, row) {
    line.append(make("span", "pill " + drift, spoken(drift)));
    if (row && row.x) line.append(" ", make("span", "pill foreign", "changed by others"));
    if (row && row.c) line.append(" ", make("span", "pill foreign", "changed since approved"));
    return line;
  }

  function details(user, brief) {
    const list = make("dl");
    const add = (term, text, look = "mono") => text && list.append(make("dt", "", term), make("dd", look, text));
    add("Declared SHA-256", user.h);
    for (const [name, title] of SIDES) {
      const row = user[name];
      if (!row) continue;
      if (brief) add(title, row.r, "");
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
      badges.append(make("span", "pill " + user.s, spoken(user.s)));
      who.append(badges);
    }
    const more = details(user, brief);
    if (more) who.append(more);
    row.append(who, declared(user, brief));
    for (const [name, title] of SIDES) row.append(target(user, name, title, brief));
    return row;
  }

  // --- choosing
  const has = (user, test) => (user.ad && test(user.ad)) || (user.exo && test(user.exo));
  const GROUPS = {
    all: () => true,
    attention: (user) => user.s !== "in_sync",
    foreign: (user) => has(user, (row) => row.x),
    stale: (user) => has(user, (row) => row.c),
    over: (user) => user.ad && user.ad.o,
  };
  function words(user) {
    if (user.words === undefined) {
      const parts = [user.u, user.l, user.f, user.h, spoken(user.s)];
      for (const [name] of SIDES) {
        const row = user[name];
        if (row) parts.push(row.r, row.e, row.h, row.i, spoken(row.d), ...(row.w || []));
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
  at("controls").hidden = at("theme").hidden = false;
  open();
})();
