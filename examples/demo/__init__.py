"""A small training pipeline that reports what it does, then asks which models use a data set version.

``python -m examples.demo`` runs it. Read :mod:`examples.demo.pipeline` first, then :mod:`examples.demo.reporting`.
"""
