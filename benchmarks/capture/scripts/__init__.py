"""Scripts as people write them; none knows that it is watched. Each runs in a folder of :mod:`benchmarks.capture.inputs`."""
