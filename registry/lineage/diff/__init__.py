"""What changed in the lineage of something between two times, or between two versions of it.

``request`` is the question and ``diff`` its answer: ``side`` reads each of the two walks, ``matching`` finds what
corresponds, ``comparison`` says what differs (``differences`` attribute by attribute), ``runs`` how both were made,
and ``wording`` puts it into sentences.
"""
