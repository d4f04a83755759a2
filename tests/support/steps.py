"""Training steps as graphs, written out by hand."""

from itertools import pairwise

from twingrad.tensor.compiler.graph import Check, Graph


class _Step:
    def __init__(self, batch):
        self.graph = Graph()
        self.batch = batch

    def mapped(self, function, *operands, dtype=None):
        return self.graph.elementwise(function, *operands, dtype=dtype)

    def number(self, number):
        return self.graph.constant(float(number), "float32")

    def turned(self, value):
        return self.graph.view(value, value.shape[::-1], (1, value.shape[1]))

    def across(self, value, columns):
        """A number for each row, in every column."""
        return self.graph.view(value, (self.batch, columns), (1, 0))

    def product(self, a, b):
        return self.graph.value("matmul", (a, b), (), (a.shape[0], b.shape[1]), "float32")

    def named(self, value, label):
        value.label = label
        return value

    def parameter(self, shape, label):
        return self.named(self.graph.captured(shape, "float32"), label)


def classifier(sizes=(2, 16, 16, 3), batch=100):
    """A step of a classifier with relu layers, cross-entropy and momentum."""
    step = _Step(batch)
    graph, mapped = step.graph, step.mapped
    x = step.named(graph.argument((batch, sizes[0]), "float32"), "x")
    labels = step.named(graph.argument((batch,), "int64"), "labels")
    rate = mapped("cast", step.named(graph.host_number(), "learning_rate"), dtype="float32")
    given, layers = x, []
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        weight = step.parameter((outputs, inputs), f"layers.{k}.weight")
        bias = step.parameter((outputs,), f"layers.{k}.bias")
        linear = mapped("add", step.product(given, step.turned(weight)), bias)
        layers.append((given, step.named(linear, "linear"), weight, bias))
        given = step.named(mapped("maximum", linear, step.number(0)), "relu")
    loss, slope = _cross_entropy(step, layers[-1][1], labels)
    graph.results = [loss]
    for given, linear, weight, bias in reversed(layers):
        if linear is not layers[-1][1]:
            test = mapped("greater", linear, step.number(0))
            slope = mapped("mul", slope, mapped("mask", test, dtype="float32"))
        _update(step, weight, step.product(step.turned(slope), given), rate)
        _update(step, bias, graph.reduce("add", slope, (0,)), rate)
        slope = step.product(slope, weight)
    return graph


def _cross_entropy(step, logits, labels):
    """The loss, and its gradient by the logits."""
    graph, mapped, count = step.graph, step.mapped, logits.shape[1]
    greatest = graph.reduce("maximum", logits, (1,))
    shifted = mapped("sub", logits, step.across(greatest, count))
    powers = mapped("exp", shifted)
    total = graph.reduce("add", powers, (1,))
    chances = mapped("sub", shifted, step.across(mapped("log", total), count))
    index = graph.view(labels, (step.batch, 1), (1, 0))
    picked = graph.value("gather", (chances, index), (1,), (step.batch, 1), "float32")
    share = step.number(-1 / step.batch)
    loss = mapped("mul", graph.reduce("add", picked, (0, 1)), share)
    within = mapped("less", labels, graph.constant(count, "int64"))
    graph.checks.append(Check(graph.reduce("minimum", within, (0,)), True))
    softmax = mapped("div", powers, step.across(total, count))
    places = graph.position((step.batch, count), 1)
    found = mapped("equal", places, step.across(labels, count))
    error = mapped("sub", mapped("mask", found, dtype="float32"), softmax)
    return step.named(loss, "cross_entropy"), mapped("mul", error, share)


def _update(step, parameter, gradient, rate):
    """Momentum: ``v = 0.9 v + g``, ``p = p - rate * v``."""
    graph, mapped = step.graph, step.mapped
    position = next(k for k, each in enumerate(graph.memories) if each.before is parameter)
    velocity = step.parameter(parameter.shape, f"{parameter.label}.velocity")
    graph.gradients[position] = gradient
    moved = mapped("add", mapped("mul", velocity, step.number(0.9)), gradient)
    graph.memories[-1].after = moved
    graph.memories[position].after = mapped("sub", parameter, mapped("mul", rate, moved))
