"""Arrays: loaded, mapped into memory, stored."""

import numpy as np

weights = np.load("weights.npy")
np.savez("scaled.npz", weights=weights * 2)
mapped = np.lib.format.open_memmap("mapped.npy", mode="w+", dtype="float64", shape=(64,))
mapped[:] = np.load("weights.npy", mmap_mode="r")
mapped.flush()
