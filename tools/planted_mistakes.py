# SPDX-License-Identifier: GPL-2.0-or-later
"""For tools/check-json and tools/check-har: a schema that accepts everything proves nothing, so right documents are broken
in every way that is known here, and each must be refused."""
import copy


def broken_values(value, is_one_of_a_list):
    """other values, none of which can be right"""
    yield "another type", 0 if isinstance(value, (list, dict)) else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield "a number as a string", str(value)
    if isinstance(value, str) and is_one_of_a_list:
        yield "none of its values", "something-else"


def broken_forms(value, may_be_missing, one_of_a_list):
    """copies of a right object or array with one mistake in each; the last two are names of keys"""
    is_object = isinstance(value, dict)
    if is_object:
        yield "a key that nobody knows", {**value, "nobody_knows": 1}
    for key, inner in value.items() if is_object else enumerate(value):
        if is_object and key not in may_be_missing:
            yield f"{key}: missing", {k: v for k, v in value.items() if k != key}
        inside = broken_forms(inner, may_be_missing, one_of_a_list) if isinstance(inner, (dict, list)) else ()
        for what, mistake in (*broken_values(inner, key in one_of_a_list), *inside):
            wrong = copy.copy(value)
            wrong[key] = mistake
            yield f"{key}: {what}", wrong
