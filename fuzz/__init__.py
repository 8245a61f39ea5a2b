"""Fuzzing of every reader: `targets.py` says what must hold, `make fuzz` looks for bytes with which it does not."""
