"""Draw the pictures of the README again: the stepper, a report, a training, a gradient check.

Needs the development environment and a Chromium on the path:

    python docs/make_pictures.py
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

import twingrad
from twingrad import Value, workflow
from twingrad.nn import MLP

HERE = Path(__file__).parent

matplotlib.rcParams |= {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 100,
    "font.family": "sans-serif",
    "font.size": 10,
    "savefig.facecolor": "white",  # the pages that show it may be dark
    "svg.fonttype": "path",
    "svg.hashsalt": "twingrad",  # the same picture is the same file
}

BLUE, ORANGE, GREY = "#1f5fa8", "#c4551c", "#8a8f98"


def draw_stepper() -> None:
    """The page for the README's neuron, in the middle of its backward pass."""
    w, x, b = Value(0.8, "w"), Value(2.0, "x"), Value(-1.0, "b")
    z = w * x + b
    root = z.tanh()
    z.label, root.label = "z", "L"
    with browser_page(1280, 800) as page:
        page.set_content(root.steps().to_html())
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        page.screenshot(path=HERE / "stepper.png")


def draw_report() -> None:
    """The report of the README's first command, from the top to the curves of its training."""
    with tempfile.TemporaryDirectory() as parent, browser_page(1000, 1100) as page:
        config = workflow.Config(data="digits")
        folder = Path(parent) / "digits"
        workflow.train(config, folder, command="twingrad train digits", say=lambda said: None)
        page.goto((folder / "report.html").as_uri())
        page.screenshot(path=HERE / "report.png")


@contextmanager
def browser_page(width: int, height: int) -> Iterator[Any]:
    """A page of a browser without a window."""
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        viewport = {"width": width, "height": height}
        yield browser.new_page(viewport=viewport, reduced_motion="reduce")
        browser.close()


def draw_training() -> None:
    """The README's network for XOR: its loss over the epochs, and what it has learned."""
    random.seed(0)
    data = [([0, 0], -1), ([0, 1], 1), ([1, 0], 1), ([1, 1], -1)]
    model = MLP(2, [8, 1])
    losses = []
    for _ in range(200):
        loss: Any = sum((model(x) - y) ** 2 for x, y in data)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad  # type: ignore[operator]
        losses.append(loss.data)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    left.semilogy(losses, color=BLUE)
    left.set(xlabel="epoch", ylabel="sum of squared errors", title="Loss")
    side = np.linspace(-0.5, 1.5, 61)
    with twingrad.no_grad():
        heights = np.array([[model([a, b]).data for a in side] for b in side])
    surface = right.contourf(
        side, side, heights, levels=np.linspace(-2, 2, 17), cmap="RdBu", extend="both"
    )
    right.contour(side, side, heights, levels=[0], colors="black", linewidths=1)
    for (a, b), y in data:
        right.plot(a, b, "o" if y > 0 else "s", color="white", markeredgecolor="black", ms=8)
    right.set(xlabel="$x_1$", ylabel="$x_2$", title="Output of the network", aspect="equal")
    figure.colorbar(surface, ax=right, ticks=[-2, -1, 0, 1, 2])
    figure.savefig(HERE / "training.svg", metadata={"Date": None})


def draw_checking() -> None:
    """How far a central difference of tanh is from the exact derivative, over its step."""
    steps = np.logspace(-13, 0, 120)
    exact = twingrad.grad(twingrad.tanh)(0.7)
    numeric = [(twingrad.tanh(0.7 + h) - twingrad.tanh(0.7 - h)) / (2 * h) for h in steps]
    figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    axes.loglog(steps, np.abs(np.array(numeric) - exact), color=BLUE, linewidth=1.5)
    axes.axhline(2.2e-16, color=GREY, linestyle="--", linewidth=1)
    axes.annotate("rounding of a 64-bit float", (1e-3, 3e-16), color=GREY, va="bottom")
    axes.annotate("steps too small:\nthe difference is rounding", (3e-12, 2e-3), color=ORANGE)
    axes.annotate("steps too large:\nthe curve bends", (3e-2, 1e-7), color=ORANGE)
    axes.set(
        xlabel="step h",
        ylabel="error",
        title="(tanh(x + h) - tanh(x - h)) / 2h against twingrad.grad(tanh), at x = 0.7",
        ylim=(1e-16, 1),
    )
    figure.savefig(HERE / "checking.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw_training()
    draw_checking()
    draw_stepper()
    draw_report()
