"""``Optimizer``: parameters in groups, and a rule by which they are updated."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from ..engine.changes import changes
from ..engine.formula import number
from ..engine.handle import Handle, Hook, added
from ..engine.modes import enable_grad
from ..engine.tape.hooks import outside
from ..nn.backend import recorder_in_force, zeros_like
from ..tensor import Tensor
from . import saving
from .groups import check_apart, checked_parameters, grouped
from .options import check_options
from .packing import Pack, Run, Slot, packed
from .recording import record_step
from .rule import Rule
from .stepping import UpdateSteps, update_steps
from .variant import Variants


class Optimizer(ABC):
    """The base class of optimizers, as in PyTorch.

    A final class states its :attr:`rule` and its options. What ``param_groups`` says of a group
    of parameters holds for their next update: schedules and people may change it.

    Parameters
    ----------
    params : iterable
        Parameters (of either twin or of both, or single Values), pairs of a name and a parameter,
        or dictionaries with the parameters of a group as ``"params"`` and its own options.
    defaults : mapping
        The options of groups that do not have their own.

    Attributes
    ----------
    param_groups : list of dict
        The parameters of each group as ``"params"``, and its options.
    defaults : dict
        The options that were given for all groups.

    Raises
    ------
    TypeError
        For what is no parameter, and for a class that states no rule.
    ValueError
        For no parameters at all, one that is given twice, shares numbers with another, cannot be
        written to or is no leaf, and options out of their range.
    """

    rule: ClassVar[Rule]
    variants: ClassVar[Variants]
    unpacked: ClassVar[Mapping[str, tuple[str, int]]] = {}
    """Hyperparameters of the rule that stand in pairs: their option, and their place in it."""
    renamed: ClassVar[Mapping[str, str]] = {}
    """Hyperparameters of the rule whose option has another name."""

    def __init_subclass__(cls) -> None:
        if "rule" in cls.__dict__:
            cls.variants = Variants(cls.rule)

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        self._check_rule()
        self.defaults = dict(defaults)
        check_options(self.defaults, type(self).__name__)
        self.param_groups: list[dict[str, Any]] = []
        self._slots: list[list[Slot]] = []
        self._packs: list[list[Pack]] | None = None
        self._pre_hooks: dict[int, Hook] = {}
        self._post_hooks: dict[int, Hook] = {}
        for group in grouped(params, type(self).__name__):
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own, such as layers that are trained later.

        Raises what the constructor raises.
        """
        what = type(self).__name__
        names, parameters = checked_parameters(param_group, what)
        options = {key: value for key, value in param_group.items() if key != "params"}
        check_options(options, what)
        self.follow()
        known = [each for group in self.param_groups for each in group["params"]]
        check_apart([*known, *parameters], what)
        group = {"params": parameters, **self.defaults, **options}
        if names is not None:
            group["param_names"] = names
        self.param_groups.append(group)
        self._slots.append([Slot(parameter) for parameter in parameters])
        self._packs = None
        changes.count += 1

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: they are None, "not computed", again.

        With ``set_to_none`` False they are set to 0.
        """
        self.follow()
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    is_tensor = isinstance(parameter, Tensor)
                    parameter.grad = zeros_like(parameter) if is_tensor else 0.0

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Gradients add up until :meth:`zero_grad`: the backward passes of k small batches, each of
        their mean losses divided by k, make the step of one great batch. A parameter without a
        gradient stays as it is, whatever its weight decay: ``layer.requires_grad_(False)``
        freezes a layer from the next :meth:`zero_grad` on, and True lets it be trained again.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and its gradients anew, and gives the loss.

        Returns
        -------
        What the closure gave, or None.
        """
        for hook in [*self._pre_hooks.values()]:
            hook(self, (closure,), {})
        loss = self._step(closure)
        for hook in [*self._post_hooks.values()]:
            hook(self, (closure,), {})
        return loss

    def steps(self, parameter: Any = None, index: Any = None) -> UpdateSteps:
        """The update that :meth:`step` would make now, line by line, with its numbers.

        Nothing is changed. Parameters without a gradient are left out.

        Parameters
        ----------
        parameter : Tensor, Array, Value or str, optional
            One parameter, or its name; a Value may be an element of an Array.
        index : int or tuple of int, optional
            One element of it.

        Raises
        ------
        ValueError
            For a parameter that the optimizer does not have.
        IndexError
            For an index that is none of one element.
        RuntimeError
            For a parameter without a gradient.
        TypeError
            If the optimizer is more than a rule, as LBFGS is.

        Examples
        --------
        >>> import twingrad
        >>> from twingrad import optim
        >>> w = twingrad.Value(1.0, label="w")
        >>> (w * w).backward()
        >>> print(optim.SGD([w], lr=0.1, momentum=0.9).steps())
        SGD (Robbins and Monro 1951; Polyak 1964; Sutskever et al. 2013)
        <BLANKLINE>
        Update 1 of w by SGD
          g = w.grad = 2.0
          b = g = 2.0   since t == 1
          w = w - lr * b = 1.0 - 0.1 * 2.0 = 0.8
        """
        self.follow()
        return update_steps(self, self._slots, parameter, index)

    def register_step_pre_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` before every step."""
        return added(self._pre_hooks, hook, "register_step_pre_hook")

    def register_step_post_hook(self, hook: Hook) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` behind every step."""
        return added(self._post_hooks, hook, "register_step_post_hook")

    @property
    def has_hooks(self) -> bool:
        """Whether functions are called before or behind every step."""
        return bool(self._pre_hooks or self._post_hooks)

    def _check_rule(self) -> None:
        """Refuse a class of neither a rule nor steps of its own, such as one of PyTorch's form."""
        cls = type(self)
        if getattr(cls, "rule", None) is None and cls._step is Optimizer._step:
            raise TypeError(
                f"{cls.__name__}: an optimizer must state its rule, got none: write "
                "rule = Rule(...) in the class"
            )

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        """The step between its hooks; gives what the closure gave."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self.follow()
        recorder = recorder_in_force()
        if recorder is not None:
            record_step(self, self._slots, recorder)
            return loss
        changes.count += 1
        outside(self._update_all)
        return loss

    def _update_all(self) -> None:
        """Update every parameter that has a gradient, by the numbers that there are now."""
        if self._packs is None:
            self._packs = [packed(slots) for slots in self._slots]
        # of all groups before any is updated: an option that will not do changes nothing
        options_of_groups = [self.hyperparameters(group) for group in self.param_groups]
        for options, packs in zip(options_of_groups, self._packs, strict=True):
            for pack in packs:
                for run in pack.runs():
                    self._update(pack, run, options)

    def hyperparameters(self, group: Mapping[str, Any]) -> list[float]:
        """What the rule needs of a group, in the order in which the rule names it."""
        found = []
        try:
            for name in self.rule.hyperparameters:
                if name in self.unpacked:
                    option, place = self.unpacked[name]
                    found.append(float(group[option][place]))
                else:
                    found.append(float(group[self.renamed.get(name, name)]))
        except (TypeError, ValueError):
            check_options(group, type(self).__name__)  # it says which, and what is wrong with it
            raise
        return found

    def option_names(self) -> list[str]:
        """The options of a group that the rule depends on."""
        names = self.rule.hyperparameters
        found = [self.unpacked.get(name, (self.renamed.get(name, name), 0))[0] for name in names]
        return [*dict.fromkeys(found)]

    def composition(self) -> tuple[Any, ...]:
        """What tells whether it has the same parameters and hooks."""
        slots = [slot for group in self._slots for slot in group]
        hooks = [*self._pre_hooks, *self._post_hooks]
        return ([id(slot) for slot in slots], [slot.has_moved for slot in slots], hooks)

    def _update(self, pack: Pack, run: Run, options: Sequence[float]) -> None:
        """Update parameters that lie in a row."""
        first = run.slots[0]
        kept = first.kept or self.initial_scalars(options)
        scalars = (*options, first.updates + 1.0, *kept.values())
        variant = self.variants.variant(self.variants.decide(*scalars))
        computed = variant.numbers(*scalars)
        count = len(kept)
        state = []
        for name in variant.state:
            if not pack.has_state(name):
                pack.add_state(name, self.initial(name, options))
            row = pack.state(name, run)
            if not first.updates:  # what it begins with may have changed since there was room
                row[:] = self.initial(name, options)
            state.append(row)
        numbers = pack.numbers(run)
        update = variant.update(pack.dtype)
        update((numbers, pack.gradients(run), *state), computed[count:])
        pack.write(run, numbers)
        for slot in run.slots:
            slot.updates += 1
            if count:
                slot.kept = dict(zip(kept, computed))

    def initial(self, name: str, options: Sequence[float]) -> float:
        """What a state of the rule is before the first update."""
        named = dict(zip(self.rule.hyperparameters, options))
        return number(self.rule.state[name].initial, named)

    def initial_scalars(self, options: Sequence[float]) -> dict[str, float]:
        """The scalar state before the first update."""
        rule = self.rule
        return {
            name: self.initial(name, options) for name in rule.state if name not in rule.elementwise
        }

    def follow(self) -> None:
        """Go on with what stands for the parameters now, if a model has moved."""
        for group, slots in zip(self.param_groups, self._slots, strict=True):
            for position, slot in enumerate(slots):
                if slot.has_moved:
                    assert slot.place is not None
                    slot.stand(slot.place.operand)
                    group["params"][position] = slot.operand
                    self._packs = None

    @property
    def state(self) -> Mapping[Any, Mapping[str, Any]]:
        """What is remembered of each parameter, by parameter: ``step`` and the rule's state.

        It is read-only: :meth:`load_state_dict` puts another in its place, and one that was saved
        before the first step starts afresh. On the tensor twin the entries are tensors that share
        their memory with the optimizer.
        """
        self.follow()
        return MappingProxyType(
            {
                slot.operand: MappingProxyType(saving.entries(self.rule, slot))
                for slots in self._slots
                for slot in slots
                if slot.updates
            }
        )

    def state_dict(self) -> dict[str, Any]:
        """The options of the groups, and copies of the state of each parameter by its number.

        It is what PyTorch's optimizer of the same name gives, and fits either twin.
        """
        self.follow()
        return saving.state_dict(self.rule, self.param_groups, self._slots)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another optimizer of the same class and parameters stopped.

        Raises ``ValueError`` where options are missing, or groups or shapes differ; then nothing
        has been changed.
        """
        self.follow()
        groups = saving.loaded(self.rule, state_dict, self, self._slots)
        for own, options in zip(self.param_groups, groups, strict=True):
            own.update(options)
        self._packs = None
        changes.count += 1

    def __getstate__(self) -> dict[str, Any]:
        """What a copy is made of: it packs its own parameters."""
        return self.__dict__ | {"_packs": None}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for position, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {position}")
            for key in sorted(group):
                if key not in ("params", "param_names"):
                    lines.append(f"    {key}: {group[key]}")
        return "\n".join([*lines, ")"])
