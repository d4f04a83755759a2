"""Works small enough for a test."""

from twingrad.benchmarks.works import Recipe, Work

CHECKED = Recipe(dropout=0.0, total_steps=1000)
"""A recipe without what each peer draws for itself."""


def tiny(kind="epoch", recipe=None, sizes=(3, 5, 4, 3), **options):
    """A work of four steps on batches of eight."""
    return Work("tiny-epoch", kind, sizes, batch=8, batches=4, recipe=recipe, **options)
