"""How it is trained: update rules, optimizers, schedules."""
