"""Injected crises, a calibrated oracle and the field side by side: `python -m tests.bench.detection`."""
