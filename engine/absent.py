"""Names that PyTorch has and this package has not: what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

_ON_THE_CPU = "everything is computed on the CPU, so leave it out"
_FILES = "nn.save_file(model.state_dict(), path) and nn.load_file(path) do that, as safetensors"
_MODES = "use no_grad() and enable_grad(), as blocks or as decorators"
_NO_CONVOLUTIONS = "convolutions and attention are not here"
_DTYPES = "make tensors with their dtype, or convert with double() and float()"

CURES: Mapping[str, Mapping[str, str]] = {
    "twingrad": {
        "FloatTensor": "use tensor(...), with dtype= for another kind than float32",
        "LongTensor": "use tensor([...]), which is int64 for ints",
        "Size": "a shape is a plain tuple",
        "Module": "it is nn.Module",
        "cuda": _ON_THE_CPU,
        "device": _ON_THE_CPU,
        "finfo": "use numpy.finfo(x.dtype): dtypes are NumPy's",
        "func": "grad, vjp, jvp, jacobian and hessian stand here",
        "iinfo": "use numpy.iinfo(x.dtype): dtypes are NumPy's",
        "inference_mode": _MODES,
        "is_grad_enabled": _MODES,
        "is_tensor": "write isinstance(x, twingrad.Tensor)",
        "linalg": "norm, matmul, einsum and the like stand here; for the rest use NumPy",
        "load": _FILES,
        "save": _FILES,
        "set_default_dtype": _DTYPES,
        "set_grad_enabled": _MODES,
        "set_num_threads": "set OPENBLAS_NUM_THREADS before Python starts",
    },
    "twingrad.nn": {
        "Conv1d": _NO_CONVOLUTIONS,
        "Conv2d": _NO_CONVOLUTIONS,
        "CosineSimilarity": "nn.functional.cosine_similarity computes it",
        "LSTM": "recurrent layers are not here",
        "MaxPool2d": _NO_CONVOLUTIONS,
        "MultiheadAttention": _NO_CONVOLUTIONS,
        "PairwiseDistance": "nn.functional.pairwise_distance computes it",
        "ParameterDict": "assign each Parameter to an attribute",
        "ParameterList": "assign each Parameter to an attribute, or use register_parameter",
        "Transformer": _NO_CONVOLUTIONS,
    },
    "twingrad.nn.functional": {
        "conv1d": _NO_CONVOLUTIONS,
        "conv2d": _NO_CONVOLUTIONS,
        "normalize": "write x / x.norm(dim=1, keepdim=True).clamp(1e-12)",
        "one_hot": "it is twingrad.one_hot",
        "pad": "it is twingrad.pad",
    },
    "twingrad.optim": {
        "SparseAdam": "gradients are never sparse here: use Adam",
    },
}


def sentence(module: str, name: str) -> str:
    """What to say of a name that a module does not have."""
    cure = CURES.get(module, {}).get(name)
    said = f"module {module!r} has no attribute {name!r}"
    return f"{said}: {cure}" if cure else said
