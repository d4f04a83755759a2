"""A neuron, and its stepper with an update of its weights behind."""

from twingrad import Value, optim


def neuron():
    """A neuron, differentiated: its root, and its weights w and b."""
    w, x, b = Value(0.8, "w"), Value(2.0, "x", requires_grad=False), Value(-1.0, "b")
    root = (w * x + b).tanh()
    root.label = "L"
    root.backward()
    return root, w, b


def stepped(kind=optim.Adam, **options):
    """The stepper of the neuron with an update of w and b, and these."""
    root, w, b = neuron()
    stepper = root.steps()
    stepper.extend(kind([w, b], lr=0.1, **options).steps())
    return stepper, w, b


def text(steps):
    """What each of the steps says."""
    return [str(step) for step in steps]
