"""The colours and letters of the picture, light and dark.

Blue is what goes forward, values; terracotta what comes backward, gradients.
"""

STYLE = """
.twingrad-graph {
  --paper: #fbfaf7; --card: #ffffff; --ink: #22262e; --quiet: #5f6672; --line: #d9d6cf;
  --edge: #9aa0aa; --forward: #1b5e9e; --forward-soft: #e9f1f9; --backward: #a5401a;
  --backward-soft: #fbece5; --pill: #ecebe7;
}
@media (prefers-color-scheme: dark) {
  .twingrad-graph {
    --paper: #15181d; --card: #1e2228; --ink: #e8e6e1; --quiet: #a2a9b5; --line: #383e48;
    --edge: #6d7582; --forward: #84bcff; --forward-soft: #1b2a3b; --backward: #ff9e73;
    --backward-soft: #3a2319; --pill: #2a2f37;
  }
}
.twingrad-graph text {
  font: 12px ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono",
    monospace;
  fill: var(--ink); unicode-bidi: isolate;
}
.twingrad-graph .paper { fill: var(--paper); }
.twingrad-graph .card { fill: var(--card); stroke: var(--line); stroke-width: 1.25; }
.twingrad-graph .leaf .card { fill: var(--forward-soft); stroke: none; }
.twingrad-graph .root .card { stroke: var(--ink); stroke-width: 1.75; }
.twingrad-graph .constant .card { fill: var(--pill); stroke: none; }
.twingrad-graph .rule { stroke: var(--line); }
.twingrad-graph .name { font-size: 13.5px; font-weight: 600; }
.twingrad-graph .constant .name {
  font-size: 12px; font-weight: 400; fill: var(--quiet); text-anchor: middle;
}
.twingrad-graph .formula { font-size: 11px; fill: var(--quiet); }
.twingrad-graph .caption {
  font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--quiet);
}
.twingrad-graph .value { fill: var(--forward); text-anchor: end; }
.twingrad-graph .gradient { fill: var(--backward); text-anchor: end; }
.twingrad-graph .missing {
  font: italic 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--quiet);
}
.twingrad-graph .derivative {
  font-size: 10.5px; text-anchor: middle; fill: var(--quiet);
  paint-order: stroke; stroke: var(--paper); stroke-width: 9px; stroke-linejoin: round;
}
.twingrad-graph .line { fill: none; stroke: var(--edge); stroke-width: 1.5; }
.twingrad-graph .head { fill: var(--edge); }
.twingrad-graph .astern, .twingrad-graph .breakpoint { display: none; }
.twingrad-graph .edge.constant .line { stroke-dasharray: 2 4; }
.twingrad-graph .forward .line { stroke: var(--forward); stroke-width: 2.5; }
.twingrad-graph .forward .head { fill: var(--forward); }
.twingrad-graph .backward .line { stroke: var(--backward); stroke-width: 2.5; }
.twingrad-graph .backward .head { fill: var(--backward); }
.twingrad-graph .backward .derivative { fill: var(--backward); font-weight: 600; }
.twingrad-graph .backward .ahead { display: none; }
.twingrad-graph .backward .astern { display: inline; }
.twingrad-graph .pending .card { stroke-dasharray: 4 4; }
.twingrad-graph .pending .name { fill: var(--quiet); }
.twingrad-graph .current .card { stroke: var(--ink); stroke-width: 2.5; }
"""
