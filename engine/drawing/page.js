"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const trace = JSON.parse($("trace").textContent);
  const { nodes, edges, steps } = trace;
  const quantities = trace.quantities ?? [];
  const NOT_COMPUTED = "not computed";
  const PAUSE = 1300;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** A number as Python's "%.6g" writes it, ties to even included, and always visibly a float. */
  function number(value) {
    if (value === null || value === undefined) return NOT_COMPUTED;
    if (typeof value === "string") return value;
    if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
    const exact = Math.abs(value).toExponential(100);
    let [digits, exponent] = Math.abs(value).toExponential(5).split("e");
    if (/^\d\.\d{4}[02468]50*e/.test(exact)) {
      [digits, exponent] = [exact.slice(0, 7), exact.split("e")[1]];
    }
    digits = digits.replace(".", "");
    const power = Number(exponent);
    const sign = value < 0 ? "-" : "";
    if (power < -4 || power >= 6) {
      const mantissa = (digits[0] + "." + digits.slice(1)).replace(/\.?0+$/, "");
      const size = String(Math.abs(power)).padStart(2, "0");
      return `${sign}${mantissa}e${power < 0 ? "-" : "+"}${size}`;
    }
    const whole = power < 0 ? "0" : digits.slice(0, power + 1);
    const part = power < 0 ? "0".repeat(-power - 1) + digits : digits.slice(power + 1);
    return `${sign}${whole}.${part.replace(/0+$/, "") || "0"}`;
  }

  const isPlain = (node) => node.kind === "constant" && node.name === number(node.value);
  const target = (step) => (step.kind === "backward" ? step.parent : step.node);

  /** Whether a step sets a value: forward ones do, and others may. */
  const given = (step) => step.node !== null && (step.value ?? null) !== null;

  /** Whether a step sets what is no node's: something that an update remembers or computes. */
  const beyond = (step) => (step.quantity ?? null) !== null;

  /** All that is known after `position` steps: a function of the position alone. */
  function stateAt(position) {
    const state = {
      values: new Map(), gradients: new Map(), passed: new Set(),
      step: position ? steps[position - 1] : null, current: null, changed: null,
      flowing: new Set(), direction: null, quantities: new Map(), quantity: null,
    };
    for (const node of nodes) if (node.kind !== "operation") state.values.set(node.id, node.value);
    for (const { id, before } of quantities) if (before !== null) state.quantities.set(id, before);
    for (const step of steps.slice(0, position)) {
      if (given(step)) state.values.set(step.node, step.value);
      if (beyond(step)) state.quantities.set(step.quantity, step.after);
      if (step.kind === "seed") state.gradients.set(step.node, step.after);
      if (step.kind === "backward") {
        state.gradients.set(step.parent, step.after);
        state.passed.add(step.edge);
      }
    }
    const { step } = state;
    if (!step) return state;
    state.current = target(step);
    if (beyond(step)) state.quantity = step.quantity;
    if (step.kind === "forward") {
      state.changed = "value";
      state.direction = "forward";
      for (const edge of edges) if (edge.target === step.node) state.flowing.add(edge.id);
    } else if (step.kind === "seed") {
      state.changed = "gradient";
    } else if (given(step)) {
      state.changed = "value";
    } else if (step.kind === "backward") {
      state.changed = "gradient";
      state.direction = "backward";
      state.flowing.add(step.edge);
    }
    return state;
  }

  function element(name, text = "", className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  const PASSES = { forward: "Forward pass", seed: "Backward pass", backward: "Backward pass" };
  const pass = (step) => PASSES[step.kind] ?? step.heading ?? "Afterwards";
  const colour = (step) => (["forward", "update"].includes(step.kind) ? step.kind : "backward");

  const graph = $("stage").querySelector("svg");
  const edgeLayer = graph.querySelector(".edges");
  const edgeGroups = edges.map((edge) => edgeLayer.querySelector(`[data-edge="${edge.id}"]`));
  const cards = nodes.map((node) => {
    const group = graph.querySelector(`[data-node="${node.id}"]`);
    return {
      node, group, value: group.querySelector(".value"), gradient: group.querySelector(".gradient"),
    };
  });
  const breakpoints = new Set();

  graph.setAttribute("role", "group");
  for (const { node, group } of cards) {
    if (node.kind === "constant") continue;
    const toggle = () => {
      if (!breakpoints.delete(node.id)) breakpoints.add(node.id);
      group.setAttribute("aria-pressed", String(breakpoints.has(node.id)));
    };
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "0");
    group.setAttribute("aria-pressed", "false");
    group.setAttribute("aria-label", `Breakpoint at ${node.name}`);
    group.addEventListener("click", toggle);
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      toggle();
    });
  }

  const listed = nodes.filter((node) => !isPlain(node) || node.id === trace.root);
  const rows = listed.map((node) => {
    const row = element("tr");
    const name = element("th", node.name);
    name.scope = "row";
    const value = element("td", "", "value");
    const gradient = element("td", "", "gradient");
    row.append(name, value, gradient);
    row.dataset.row = node.id;
    $("known").append(row);
    return { node, row, value, gradient };
  });
  const quantityRows = quantities.map((quantity, index) => {
    if (quantity.of !== quantities[index - 1]?.of) {
      const heading = element("th", `Update of ${quantity.of}`, "heading");
      heading.colSpan = 3;
      heading.scope = "rowgroup";
      const row = element("tr");
      row.append(heading);
      $("known").append(row);
    }
    const row = element("tr");
    const name = element("th", quantity.symbol);
    name.scope = "row";
    const value = element("td", "", "update");
    row.append(name, value, element("td"));
    $("known").append(row);
    return { quantity, row, value };
  });

  const items = steps.map((step, index) => {
    if (!index || pass(step) !== pass(steps[index - 1])) {
      $("steps").append(element("li", pass(step), "heading"));
    }
    const button = element("button", step.text, colour(step));
    button.type = "button";
    button.addEventListener("click", () => { stop(); go(index + 1); });
    const item = element("li");
    item.append(button);
    $("steps").append(item);
    return button;
  });

  function fill(cell, value, changed = false) {
    cell.textContent = number(value);
    cell.classList.toggle("missing", value === undefined || value === null);
    cell.classList.toggle("changed", changed);
  }

  function drawGraph(state) {
    const idle = [], flowing = [];
    edges.forEach((edge, index) => {
      const group = edgeGroups[index];
      const flows = state.flowing.has(edge.id);
      group.classList.toggle("forward", flows && state.direction === "forward");
      group.classList.toggle("backward", flows && state.direction === "backward");
      const label = group.querySelector(".derivative");
      if (label) label.textContent = state.passed.has(edge.id) ? number(edge.derivative) : "";
      (flows ? flowing : idle).push(group);
    });
    // what flows lies above the other edges of the same trunk
    edgeLayer.replaceChildren(...idle, ...flowing);
    for (const { node, group, value, gradient } of cards) {
      group.classList.toggle("current", node.id === state.current);
      group.classList.toggle("pending", !state.values.has(node.id));
      if (value) fill(value, state.values.get(node.id));
      if (gradient) fill(gradient, state.gradients.get(node.id));
    }
  }

  function drawTable(state) {
    for (const { node, value, gradient } of rows) {
      const current = node.id === state.current;
      fill(value, state.values.get(node.id), current && state.changed === "value");
      if (node.kind === "constant") {
        gradient.textContent = "constant";
        gradient.classList.add("missing");
        continue;
      }
      fill(gradient, state.gradients.get(node.id), current && state.changed === "gradient");
    }
    for (const { quantity, value } of quantityRows) {
      fill(value, state.quantities.get(quantity.id), quantity.id === state.quantity);
    }
    const shown = quantityRows.find(({ quantity }) => quantity.id === state.quantity)
      ?? rows.find(({ node }) => node.id === state.current);
    if (shown) reveal($("known-scroll"), shown.row, 40);
    else if (!state.step) $("known-scroll").scrollTop = 0;
  }

  function drawList(position) {
    items.forEach((button, index) => {
      button.classList.toggle("done", index < position);
      if (index === position - 1) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    if (position) reveal($("steps-scroll"), items[position - 1], 60);
    else $("steps-scroll").scrollTop = 0;
  }

  /** One quantity of a step: what it is, and its numbers, the last one in bold. */
  function part(title, className, ...numbers) {
    const box = element("div", "", numbers.length > 1 ? "wide" : "");
    const detail = element("dd", "", className);
    numbers.forEach((value, index) => {
      if (index) detail.append(element("span", "→", "arrow"));
      const missing = value === null ? "missing" : "";
      detail.append(element(index === 1 ? "b" : "span", number(value), missing));
    });
    box.append(element("dt", title), detail);
    return box;
  }

  function drawSentence(step) {
    $("text").classList.toggle("hint", !step);
    $("local").textContent = step?.local ?? step?.reason ?? "";
    $("phase").textContent = step ? pass(step) : "Before the first step";
    $("text").textContent = step ? step.text
      : trace.introduction || "Only the leaves have values. Every step computes one more number.";
    const ended = steps.length > 0 && step === steps[steps.length - 1];
    $("conclusion").textContent = ended ? trace.conclusion ?? "" : "";
    const name = step && step.node !== null ? nodes[target(step)].name : "";
    const parts = [];
    if (step?.kind === "forward") {
      parts.push(part(`value of ${name}`, "forward", null, step.value));
    } else if (step?.kind === "seed") {
      parts.push(part(`gradient of ${name}`, "backward", null, step.after));
    } else if (step?.kind === "backward") {
      parts.push(
        part("upstream", "backward", step.upstream),
        part("local derivative", "", step.derivative),
        part("contribution", "backward", step.contribution),
        part(`gradient of ${name}`, "backward", step.before, step.after),
      );
    } else if (step?.kind === "update") {
      parts.push(...step.operands.map(([operand, value]) => part(operand, "", value)));
      parts.push(part(step.name, "update", step.before, step.after));
    }
    $("parts").replaceChildren(...parts);
  }

  function reveal(box, inner, margin) {
    const outer = box.getBoundingClientRect();
    const own = inner.getBoundingClientRect();
    if (own.top < outer.top + margin) box.scrollTop -= outer.top + margin - own.top;
    else if (own.bottom > outer.bottom - 12) box.scrollTop += own.bottom - outer.bottom + 12;
  }

  /** Brings the current node and where the numbers come from into sight. */
  function follow(state, smooth) {
    const stage = $("stage");
    if (state.current === null) { stage.scrollTo({ left: 0, behavior: "instant" }); return; }
    const outer = stage.getBoundingClientRect();
    const shown = [graph.querySelector(".node.current")];
    for (const id of state.flowing) {
      shown.push(cards[edges[id].source].group, cards[edges[id].target].group);
    }
    const place = shown[0].getBoundingClientRect();
    const boxes = shown.map((each) => each.getBoundingClientRect());
    const span = (low, high, from, to, first, second) => {
      let [start, end] = [Math.min(...boxes.map((b) => b[low])), Math.max(...boxes.map((b) => b[high]))];
      if (end - start > to - from) [start, end] = [first, second];
      if (start >= from + 8 && end <= to - 8) return 0;
      return (start + end) / 2 - (from + to) / 2;
    };
    const left = span("left", "right", outer.left, outer.right, place.left, place.right);
    const top = span("top", "bottom", outer.top, outer.bottom, place.top, place.bottom);
    if (left || top) {
      const near = Math.abs(left) < stage.clientWidth && Math.abs(top) < stage.clientHeight;
      const glide = smooth && near && !calm.matches;
      stage.scrollBy({ left, top, behavior: glide ? "smooth" : "instant" });
    }
  }

  let position = 0;
  let timer = null;

  function render(smooth = false) {
    const state = stateAt(position);
    drawSentence(state.step);
    drawGraph(state);
    drawTable(state);
    drawList(position);
    follow(state, smooth);
    $("slider").value = String(position);
    $("slider").setAttribute("aria-valuetext", state.step?.text ?? "start");
    $("counter").textContent = `${position} of ${steps.length}`;
    for (const id of ["first", "back"]) $(id).setAttribute("aria-disabled", String(!position));
    for (const id of ["next", "last"]) {
      $(id).setAttribute("aria-disabled", String(position === steps.length));
    }
  }

  function go(to) {
    const bounded = Math.max(0, Math.min(steps.length, to));
    const near = Math.abs(bounded - position) === 1;
    position = bounded;
    render(near);
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    document.body.classList.remove("playing");
    $("play").setAttribute("aria-label", "Play");
  }

  function tick() {
    go(position + 1);
    const last = position ? steps[position - 1] : null;
    const hit = last && !beyond(last) && breakpoints.has(target(last));
    if (hit || position >= steps.length) stop();
    else timer = setTimeout(tick, PAUSE / Number($("speed").value));
  }

  function playOrPause() {
    if (timer !== null) { stop(); return; }
    if (position >= steps.length) go(0);
    if (!steps.length) return;
    document.body.classList.add("playing");
    $("play").setAttribute("aria-label", "Pause");
    timer = setTimeout(tick, PAUSE / 4);
  }

  const moves = {
    first: () => go(0),
    back: () => go(position - 1),
    next: () => go(position + 1),
    last: () => go(steps.length),
  };
  for (const [id, move] of Object.entries(moves)) {
    $(id).addEventListener("click", () => { stop(); move(); });
  }
  $("play").addEventListener("click", playOrPause);
  // a click leaves the focus where it is, so that space goes on meaning play
  for (const button of document.querySelectorAll(".buttons button")) {
    button.addEventListener("mousedown", (event) => event.preventDefault());
  }
  $("slider").max = String(steps.length);
  $("slider").addEventListener("input", () => { stop(); go(Number($("slider").value)); });

  const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const kind = event.target.tagName;
    if (kind === "SELECT") return;
    if (event.key === " " && kind !== "BUTTON") {
      event.preventDefault();
      playOrPause();
    } else if (event.key in keys && kind !== "INPUT") {
      event.preventDefault();
      stop();
      moves[keys[event.key]]();
    }
  });

  const width = Number(graph.getAttribute("width"));
  const height = Number(graph.getAttribute("height"));
  let scale = 1;
  function zoom(to) {
    scale = Math.max(0.02, Math.min(2.5, to));
    graph.style.width = `${width * scale}px`;
    follow(stateAt(position), false);
  }
  function fitting() {
    const stage = $("stage");
    const room = parseFloat(getComputedStyle(stage).maxHeight) || stage.clientHeight;
    return Math.min((stage.clientWidth - 14) / width, (room - 14) / height, 1.25);
  }
  $("smaller").addEventListener("click", () => zoom(scale / 1.25));
  $("larger").addEventListener("click", () => zoom(scale * 1.25));
  $("fit").addEventListener("click", () => zoom(fitting()));

  render();
  // a graph that does not nearly fit keeps letters of a size to read, and is scrolled
  const fit = fitting();
  zoom(fit >= 0.78 ? fit : 0.9);
})();
