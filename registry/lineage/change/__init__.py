"""What a change that has not happened yet would break; nothing is written.

``assessment.assess`` answers, ``asked.Change`` asks, ``table`` holds every decision.
"""
