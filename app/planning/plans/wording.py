"""The solver's reasons and limits as sentences: why somebody gets no more, and what would help."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.i18n import quantity_text, translate

NAMED_AT_MOST = 3

Namer = Callable[[str], str]
"""From a code (of an item, a warehouse, a fund) to the name that people know it by."""

_SENTENCES: Mapping[str, str] = {
    "no_band": "The policy serves no facilities of tier {tier}.",
    "policy_cap": "The policy serves this tier up to {cap} only.",
    "supply_used_up": "What is in stock or on its way and may go there is used up: {names}.",
    "offer_used_up": "The offers that reach it in time are bought up: {names}.",
    "fund_spent": "The money is spent: {names}.",
    "trucks_full": "The trucks are full: {names}.",
    "reserve_kept": "The rest is the reserve that the policy keeps: {names}.",
    "shared_with": "It shares alike with {count} other needs in “{band}”.",
    "served_before": "“{band}” served {count} needs before it.",
    "not_settled": "Time ran out before “{band}”, which would serve it further.",
    "no_source": "Nobody has {item} or anything that may stand in for it.",
    "no_lane": "No road leads there from {names}.",
    "substitute_not_allowed": "Only {names} is there, which must not be used in its place at this facility.",
    "grade_not_permitted": "Only {names} is there, of a lower grade: a leader may permit it here for a time.",
    "too_late": "It cannot be there in time: {names}.",
    "no_departure": "The lane is not driven between its coming and the day when it is needed: {names}.",
    "expired": "It expires before it is needed: {names}.",
    "earmarked": "It is given for others: {names}.",
    "less_than_a_pack": "What is missing is less than the pack of {pack} in which it is given out.",
}
_SENTENCE_FOR_UNKNOWN = "The solver names the reason {code}."
_LIST_PARAMS = ("limits", "sources", "sites", "items")


def _named(ids: Sequence[str], language: str, namer: Namer) -> str:
    names: list[str] = []
    for one in ids:
        name = limit_name(one, language, namer)
        if name not in names:
            names.append(name)
    text = translate(", ", language).join(names[:NAMED_AT_MOST])
    more = len(names) - NAMED_AT_MOST
    return translate("{names} and {more} more", language, names=text, more=more) if more > 0 else text


def limit_name(key: str, language: str, namer: Namer) -> str:
    """A limit's or source's id as people would say it: `supply:n95/L1@wh` is the item's lot in the warehouse."""
    kind, _, rest = key.partition(":")
    if kind == "capacity":
        site, _, period = rest.rpartition(":")
        return translate("{site} on day {day}", language, site=namer(site), day=int(period) + 1)
    source = rest if kind in ("supply", "offer", "fund", "reserve") else key
    if "@" in source and "/" in source:
        item, _, lot = source.partition("/")
        lot, _, site = lot.rpartition("@")
        return translate("{item} lot {lot} ({site})", language, item=namer(item), lot=lot, site=namer(site))
    if "/" in source:
        document, _, item = source.rpartition("/")
        return translate("{item} of {document}", language, item=namer(item), document=document)
    return namer(source)


def reason_text(reason: Mapping[str, Any], language: str, namer: Namer) -> str:
    """The sentence for one reason of a need."""
    params = {name: value for name, value in reason.items() if name != "code"}
    sentence = _SENTENCES.get(str(reason["code"]))
    if sentence is None:
        return translate(_SENTENCE_FOR_UNKNOWN, language, code=reason["code"])
    for name in _LIST_PARAMS:
        if name in params:
            params["names"] = _named(params.pop(name), language, namer)
    if "item" in params:
        params["item"] = namer(str(params["item"]))
    if "band" in params:
        params["band"] = namer(str(params["band"]))
    if "pack" in params:
        params["pack"] = quantity_text(int(params["pack"]), str(params.pop("unit")), language)
    if "cap" in params:
        params["cap"] = f"{float(params['cap']):.0%}"
    return translate(sentence, language, **params)


def help_text(kind: str, unit: str, of_what: str, served: str, language: str) -> str:
    """The sentence for one line of what would help most."""
    sentence = {
        "supply": "{unit} more of {what} would serve {served} more.",
        "offer": "{unit} more on offer {what} would serve {served} more.",
        "reserve": "Releasing {unit} of the reserve of {what} would serve {served} more.",
        "fund": "{unit} more in {what} would serve {served} more.",
        "capacity": "{unit} more truck space at {what} would serve {served} more.",
    }[kind]
    return translate(sentence, language, unit=unit, what=of_what, served=served)
