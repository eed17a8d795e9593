"""The files that a command names which a run starts: all that is known of what a program that is not Python's does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from lineage_client.capture.files import is_data

READ_IF_NAMED = 0.6
"""How sure it is that a command reads a file that it names and that is as it was afterwards."""
_MOST_WORDS = 1_000


def files_named(command: object, folder: object = None) -> Iterator[str]:
    """The files that the words of a command are, as far as their names are those of data, below ``folder``."""
    base = os.fsdecode(folder) if isinstance(folder, (str, bytes, os.PathLike)) else os.getcwd()  # noqa: PTH109
    for word in list(_words(command))[:_MOST_WORDS]:
        for text in (word, word.partition("=")[2]):
            if text and is_data(text) and "://" not in text:
                yield os.path.abspath(os.path.join(base, text))  # noqa: PTH100, PTH118


def _words(command: object) -> Iterator[str]:
    if isinstance(command, (bytes, os.PathLike)):
        command = os.fsdecode(command)
    if isinstance(command, str):
        import shlex  # which few runs need

        words = shlex.shlex(command, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        try:
            yield from words
        except ValueError:  # a quotation that does not end
            return
    elif isinstance(command, Sequence):
        every = [os.fsdecode(item) for item in command if isinstance(item, (str, bytes, os.PathLike))]
        if len(every) > 2 and every[1] in ("-c", "-lc") and os.path.basename(every[0]).endswith("sh"):  # noqa: PTH119
            yield from _words(every[2])
            every = every[3:]
        yield from every
