"""Worker processes that read and write on their own."""

import joblib  # type: ignore[import-untyped]
import pandas as pd


def work(number: int) -> int:
    """One part."""
    part = pd.read_csv(f"parts/part-{number}.csv")
    part.to_json(f"part-{number}.json")
    return len(part)


if __name__ == "__main__":
    pd.Series(joblib.Parallel(n_jobs=2)(joblib.delayed(work)(number) for number in range(3))).to_csv("sizes.csv")
