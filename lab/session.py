"""Exploring a stepper key by key: what every key does, and what is then to be seen.

No terminal is needed here; :mod:`.terminal` connects a session to one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ..engine.stepper import Stepper
from ..engine.steps import BackwardStep, Step
from ..engine.value import Value
from .explaining import explanation, phase
from .rows import NOT_COMPUTED, Place, cells, place_set, styles
from .rows import rows as table_rows

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
_COLOURS: Mapping[str, str] = {
    "forward": "green",
    "backward": "magenta",
    "update": "yellow",
    "afterwards": "yellow",
}
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
        if not isinstance(node, Value) or node not in self.stepper.data:
            node = self.stepper.root
        suggested = self.stepper.names[node]
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
            explained = lines(explanation(self.stepper, self.step))
            size = max(_STEP_LINES, min(len(explained) + 1, space // 2))
            middle = Segment.set_shape(explained, width, size)
            middle += lines(self._table(width, max(0, space - size - 1), ascii_only))
        middle = Segment.set_shape(middle[:space], width, space)
        frame = [*above, *middle, *below][-height:]
        for k, line in enumerate(frame):
            if k:
                yield Segment.line()
            yield from line

    def _title(self, width: int) -> RenderableType:
        right = f"{phase(self.step)}, step {self.stepper.position} of {len(self.stepper)}"
        left = Text(self.title, "bold", no_wrap=True, overflow="ellipsis")
        left.truncate(max(0, width - len(right) - 2), overflow="ellipsis", pad=True)
        return Text.assemble(left, "  ", right, no_wrap=True, overflow="crop")

    def _bar(self, width: int, ascii_only: bool) -> RenderableType:
        """How far the steps have come; each pass, and what follows, has a colour of its own."""
        total = max(1, len(self.stepper))
        done = self.stepper.position * width // total
        full, empty = ("=", "-") if ascii_only else ("━", "─")
        bar = Text(full * done + empty * (width - done), "dim", no_wrap=True, overflow="crop")
        counts = Counter(map(phase, self.stepper))
        passed = start = 0
        for kind, colour in _COLOURS.items():
            passed += counts[kind]
            stop = passed * width // total
            bar.stylize(f"not dim {colour}", start, max(start, min(done, stop)))
            start = stop
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

    def _table(self, width: int, rows: int, ascii_only: bool) -> RenderableType:
        places = table_rows(self.stepper)
        shown = self._window([*places], rows)
        table = Table(box=None, expand=True, padding=(0, 1), pad_edge=False, header_style="dim")
        part = f"  {self.top + 1}-{self.top + len(shown)} of {len(places)}"
        table.add_column("", width=2, no_wrap=True)
        scrolled = len(shown) < len(places)
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
        own = place_set(self.stepper, self.step)
        shading = styles(self.stepper, self.step)
        for place in shown:
            mark = "*" if ascii_only else "●"
            marks = Text.assemble(
                (">" if place == own else " ", "bold yellow"),
                (mark if place in self.breakpoints else " ", "bold red"),
            )
            called, source, *numbers = cells(self.stepper, place, places[place], shading)
            table.add_row(marks, called, *([source] if width >= 60 else []), *numbers)
        return table

    def _window(self, places: list[Place], rows: int) -> list[Place]:
        """The rows of the table that fit; they move only as far as the step makes them."""
        own = place_set(self.stepper, self.step)
        if self._follow and own is not None:
            lines = [places.index(own)]
            if isinstance(self.step, BackwardStep):
                lines.append(places.index(self.step.node))
            if max(lines) - min(lines) >= rows:
                lines = lines[:1]
            self.top = min(max(self.top, max(lines) - rows + 1), min(lines))
        elif self._follow and self.step is None:
            self.top = 0
        self.top = max(0, min(self.top, len(places) - rows))
        return places[self.top : self.top + rows]
