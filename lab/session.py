"""Exploring a stepper key by key: what every key does, and what is then to be seen.

No terminal is needed here; :mod:`.terminal` connects a session to one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ..engine.naming import is_plain
from ..engine.notation import number, parenthesised
from ..engine.stepper import Stepper
from ..engine.steps import BackwardStep, ForwardStep, SeedStep, Step
from ..engine.updates import Quantity, UpdateStep, quantities
from ..engine.value import Value

NOT_COMPUTED = "not computed"

KEYS = (
    ("right, space, n, Enter", "the next step"),
    ("left, b, p, Backspace", "one step back"),
    ("Home, g", "to the start: nothing is computed"),
    ("End, G", "to the end: every gradient is computed"),
    ("j", "jump to a step by its number"),
    ("r", "run on to the next breakpoint"),
    ("k", "set or clear a breakpoint on a node"),
    ("up, down", "scroll the table"),
    ("?", "these keys"),
    ("q, Ctrl-C, Ctrl-D", "quit"),
)
"""The keys, and what each of them does."""

_STEP_LINES = 7
"""How high a step is explained, so that the table below stays where it is."""
_CHANGED = "bold black on yellow"
_READ = "bold cyan"
_CONTROLS: Mapping[str, str] = {
    " ": "right",
    "n": "right",
    "\r": "enter",
    "\n": "enter",
    "b": "left",
    "p": "left",
    "\x7f": "backspace",
    "\x08": "backspace",
    "g": "home",
    "G": "end",
    "\x1b": "escape",
}


class Session:
    """A stepper being explored: it takes keys, and can be printed by rich as a full screen.

    Parameters
    ----------
    stepper : Stepper
        What to step through; its cursor is moved, and its breakpoints are replaced.
    title : str
        What is being stepped through, for the first line.

    The stepper's introduction is shown before the first step, its conclusion on the key ``t``,
    which is offered at the last step.
    """

    def __init__(self, stepper: Stepper, title: str) -> None:
        self.stepper = stepper
        self.title = title
        self.message = ""
        self.overlay: RenderableType | None = None
        self.breakpoints: list[Value] = []
        self.top = 0
        """The first row of the table that is to be seen."""
        self._nodes = [node for node in stepper.nodes if not is_plain(node)]
        self._follow = True
        self._question = ""
        self._answer = ""
        self._answered: Callable[[str], None] = self._jump
        self._may_be_empty = False
        self._keys: Mapping[str, Callable[[], None]] = {
            "right": self._next,
            "enter": self._next,
            "left": self._back,
            "backspace": self._back,
            "home": lambda: self.stepper.jump(0),
            "end": lambda: self.stepper.jump(-1),
            "r": self._run,
            "j": lambda: self._ask(f"jump to step (0 to {len(self.stepper)}): ", self._jump),
            "k": self._ask_breakpoint,
            "?": self._help,
            "t": self._show_closing,
            "up": lambda: self._scroll(-1),
            "down": lambda: self._scroll(1),
        }

    def press(self, key: str) -> bool:
        """Do what ``key`` says, a character or a name such as "right"; False: quit."""
        if key in ("\x03", "\x04"):
            return False
        if self._question:
            self._edit(key)
            return True
        if self.overlay is not None:
            self.overlay = None
            return True
        key = _CONTROLS.get(key, key)
        if key == "q":
            return False
        self.message = ""
        self._follow = True
        self._keys.get(key, self._unknown)()
        at_end = self.stepper.position == len(self.stepper)
        if self.stepper.conclusion and at_end and not self.message and self.overlay is None:
            self.message = "This is the last step: t shows a closing table."
        return True

    @property
    def rows(self) -> list[Value | Quantity]:
        """The rows of the table: the nodes, and what else the steps set."""
        return [*self._nodes, *quantities(self.stepper, self.stepper.data)]

    @property
    def step(self) -> Step | None:
        """The step that led to what is seen; None before the first."""
        return self.stepper[self.stepper.position - 1] if self.stepper.position else None

    def _next(self) -> None:
        if self.stepper.next() is None and not self.stepper.conclusion:
            self.message = "This is the last step."

    def _back(self) -> None:
        if self.stepper.back() is None:
            self.message = "This is the start: nothing is computed yet."

    def _run(self) -> None:
        if self.stepper.run() is not None:
            self.message = "Stopped at a breakpoint."
        elif self.breakpoints:
            self.message = "Ran to the end: no breakpoint was left."
        else:
            self.message = "Ran to the end: there is no breakpoint, k sets one."

    def _jump(self, answer: str) -> None:
        try:
            self.stepper.jump(int(answer))
        except (ValueError, IndexError):
            self.message = f"There is no step {answer!r}: give 0 to {len(self.stepper)}."

    def _ask_breakpoint(self) -> None:
        node = self.step.target if self.step else None
        known = isinstance(node, Value) and node in self.stepper.data
        suggested = self.stepper.names[node if known else self.stepper.root]
        self._ask(
            f"breakpoint on the node (Enter: {suggested}): ",
            lambda answer: self._toggle(answer or suggested),
            empty=True,
        )

    def _toggle(self, name: str) -> None:
        try:
            node = self.stepper.names.find(name, "The breakpoint")
        except ValueError:
            self.message = f"There is no node {name!r}: the table shows their names."
            return
        if node in self.breakpoints:
            self.breakpoints.remove(node)
            self.message = f"The breakpoint on {name} is gone."
        else:
            self.breakpoints.append(node)
            self.message = f"r now stops wherever {name} gets its value or a gradient."
        self.stepper.clear_breakpoints()
        for each in self.breakpoints:
            self.stepper.break_at(each)

    def _help(self) -> None:
        table = Table.grid(padding=(0, 3))
        for keys, meaning in KEYS:
            table.add_row(Text(keys, "bold"), Text(meaning))
        self.overlay = table

    def _show_closing(self) -> None:
        if self.stepper.conclusion:
            self.overlay = Text(self.stepper.conclusion)
        else:
            self._unknown()

    def _scroll(self, rows: int) -> None:
        self._follow = False
        self.top += rows

    def _unknown(self) -> None:
        self.message = "That key does nothing: ? lists the keys."

    def _ask(self, question: str, answered: Callable[[str], None], *, empty: bool = False) -> None:
        self._question, self._answer = question, ""
        self._answered = answered
        self._may_be_empty = empty

    def _edit(self, key: str) -> None:
        match _CONTROLS.get(key) if not key.isprintable() else key:
            case "enter":
                self._question = ""
                if self._answer or self._may_be_empty:
                    self._answered(self._answer.strip())
            case "escape":
                self._question = ""
            case "backspace":
                self._answer = self._answer[:-1]
            case str() as character if len(character) == 1:
                self._answer += character

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.size
        ascii_only = options.ascii_only

        def lines(renderable: RenderableType) -> list[list[Segment]]:
            within = options.update(width=width, height=None)
            return console.render_lines(renderable, within, pad=True)

        above = lines(self._title(width)) + lines(self._bar(width, ascii_only))
        below = lines(self._footer(width, ascii_only))[:1]
        space = max(0, height - len(above) - len(below))
        if self.overlay is not None:
            middle = [*lines(""), *lines(self.overlay)]
        else:
            explanation = lines(self._explanation())
            size = max(_STEP_LINES, min(len(explanation) + 1, space // 2))
            middle = Segment.set_shape(explanation, width, size)
            middle += lines(self._table(width, max(0, space - size - 1), ascii_only))
        middle = Segment.set_shape(middle[:space], width, space)
        frame = [*above, *middle, *below][-height:]
        for k, line in enumerate(frame):
            if k:
                yield Segment.line()
            yield from line

    def _title(self, width: int) -> RenderableType:
        right = f"{_phase(self.step)}, step {self.stepper.position} of {len(self.stepper)}"
        left = Text(self.title, "bold", no_wrap=True, overflow="ellipsis")
        left.truncate(max(0, width - len(right) - 2), overflow="ellipsis", pad=True)
        return Text.assemble(left, "  ", right, no_wrap=True, overflow="crop")

    def _bar(self, width: int, ascii_only: bool) -> RenderableType:
        """How far the steps have come; each pass, and what follows, has a colour of its own."""
        total = max(1, len(self.stepper))
        done = self.stepper.position * width // total
        full, empty = ("=", "-") if ascii_only else ("━", "─")
        bar = Text(full * done + empty * (width - done), "dim", no_wrap=True, overflow="crop")
        start = 0
        for kinds, colour in _COLOURS:
            start_cell = start * width // total
            start += sum(isinstance(step, kinds) for step in self.stepper)
            bar.stylize(f"not dim {colour}", start_cell, min(done, start * width // total))
        return bar

    def _footer(self, width: int, ascii_only: bool) -> RenderableType:
        if self._question:
            # the end of a long answer is what is being typed
            typed = (self._question + self._answer)[-max(1, width - 1) :]
            return Text.assemble((typed, "bold"), ("_", "blink"), no_wrap=True, overflow="crop")
        if self.message:
            return Text(self.message, "bold", no_wrap=True, overflow="ellipsis")
        if self.overlay is not None:
            return Text("any key goes back", "dim", no_wrap=True)
        right, left = ("n", "b") if ascii_only else ("→", "←")
        keys = (
            f"{right} next  {left} back  g start  G end  j jump  r run  k breakpoint  "
            "? keys  q quit"
        )
        return Text(keys, "dim", no_wrap=True, overflow="ellipsis")

    def _explanation(self) -> RenderableType:
        """The step in full: its line, and below it where each number comes from."""
        step, names = self.step, self.stepper.names
        if step is None:
            text = self.stepper.introduction or "The leaves are given; nothing is computed yet."
            return Text(text)
        root = self.stepper.root
        table = Table.grid(padding=(0, 2))
        match step:
            case ForwardStep():
                operands = dict.fromkeys(parent for parent in step.node.parents)
                given = [
                    f"{names[each]} = {number(self.stepper.data[each])}"
                    for each in operands
                    if not is_plain(each)
                ]
                table.add_row("operands", Text(", ".join(given), _READ))
                table.add_row("value", _change(names[step.node], None, step.value))
            case SeedStep():
                why = "the backward pass begins at the result, whose derivative by itself is 1"
                table.add_row("why", Text(why))
                name = names.derivative(root, root)
                table.add_row("gradient", _change(name, None, step.gradient))
            case BackwardStep():
                upstream = f"{names.derivative(root, step.node)} = {number(step.upstream)}"
                product = f"{step.numbers} = {number(step.contribution)}"
                name = names.derivative(root, step.parent)
                table.add_row("upstream", Text(upstream, _READ))
                table.add_row("derivative", Text(step.local))
                table.add_row("contribution", Text(product))
                added = (
                    ""
                    if step.before is None
                    else (f"= {number(step.before)} + {parenthesised(number(step.contribution))}")
                )
                table.add_row("gradient", _change(name, step.before, step.after, added))
        line = Table.grid()
        line.add_row(Text(str(step), "bold"))
        line.add_row("")
        line.add_row(table)
        return line

    def _table(self, width: int, rows: int, ascii_only: bool) -> RenderableType:
        step, state = self.step, self.stepper.state
        shown = self._window(rows)
        table = Table(box=None, expand=True, padding=(0, 1), pad_edge=False, header_style="dim")
        part = f"  {self.top + 1}-{self.top + len(shown)} of {len(self.rows)}"
        table.add_column("", width=2, no_wrap=True)
        scrolled = len(shown) < len(self.rows)
        table.add_column(
            f"node{part if scrolled else ''}",
            no_wrap=True,
            overflow="ellipsis",
            max_width=max(12, width // 3),  # a long name must not cut the numbers
        )
        if width >= 60:
            table.add_column("computed as", no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column("value", justify="right", no_wrap=True, min_width=len(NOT_COMPUTED))
        name = f"d{self.stepper.names[self.stepper.root]}/dnode"
        table.add_column(
            name if len(name) <= width // 4 else "gradient",
            justify="right",
            no_wrap=True,
            min_width=len(NOT_COMPUTED),
        )
        for node in shown:
            mark = "*" if ascii_only else "●"
            marks = Text.assemble(
                (">" if step and node is step.target else " ", "bold yellow"),
                (mark if node in self.breakpoints else " ", "bold red"),
            )
            if node.parents:
                source = Text(self.stepper.written.symbols(node))
            else:
                source = Text("given" if node.requires_grad else "constant", "dim")
            cells = [
                marks,
                Text(self.stepper.names[node], "bold"),
                *([source] if width >= 60 else []),
                _cell(state.values.get(node), self._value_style(node)),
                _cell(state.gradients.get(node), self._gradient_style(node))
                if node.requires_grad
                else Text("constant", "dim"),
            ]
            table.add_row(*cells)
        return table

    def _value_style(self, node: Value) -> str:
        if not isinstance(self.step, ForwardStep):
            return ""
        if node is self.step.node:
            return _CHANGED
        return _READ if any(node is parent for parent in self.step.node.parents) else ""

    def _gradient_style(self, node: Value) -> str:
        step = self.step
        if step is None or isinstance(step, ForwardStep):
            return ""
        if node is step.target:
            return _CHANGED
        return _READ if isinstance(step, BackwardStep) and node is step.node else ""

    def _window(self, rows: int) -> list[Value]:
        """The rows of the table that fit; they move only as far as the step makes them."""
        if self._follow and self.step is not None:
            places = [self.rows.index(self.step.target)]
            if isinstance(self.step, BackwardStep):
                places.append(self.rows.index(self.step.node))
            if max(places) - min(places) >= rows:
                places = places[:1]
            self.top = min(max(self.top, max(places) - rows + 1), min(places))
        elif self._follow:
            self.top = 0
        self.top = max(0, min(self.top, len(self.rows) - rows))
        return self.rows[self.top : self.top + rows]


def _cell(known: float | None, style: str) -> Text:
    return Text(NOT_COMPUTED, "dim") if known is None else Text(number(known), style)


def _change(name: str, before: float | None, after: float, total: str = "") -> Text:
    """``dL/dw: not computed -> 0.5``, and where there is something to add to, the sum."""
    was = NOT_COMPUTED if before is None else number(before)
    return Text.assemble(
        f"{name}: {was} -> ", (number(after), _CHANGED), f"   {total}" * bool(total)
    )
