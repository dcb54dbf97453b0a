"""A JSON object as one line for each of its values: the keys that lead to it, and the value. Texts for people are left out."""

import json
import sys

TEXTS = {"message", "diverged", "unreadable"}


def lines(value, path=()):
    if isinstance(value, dict):
        for key in sorted(value):
            if key not in TEXTS:
                yield from lines(value[key], (*path, key))
            elif isinstance(value[key], dict):
                # Which files are named in it is no text.
                yield from (" ".join((*path, key, name)) for name in sorted(value[key]))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from lines(item, (*path, str(place)))
    else:
        yield " ".join((*path, json.dumps(value)))


for line in lines(json.load(sys.stdin)):
    print(line)
