"""What people say when they ask for work, and what catalogs call it.

A goal says "drop Anna a line" or names a file; a catalog says "send e-mail" or "read file". Neither a search
for words nor one for meanings finds the one by the other, because the meaning of such a phrase isn't the sum
of its words'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Up to five words between a verb and what belongs to it: "let (the whole team) know".
_X = r"(?:\s+\S+){0,5}?\s+"

IDIOMS = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        # Things that are named, and what is done with their kind.
        (r"\w@[\w-]+\.\w", "send email"),
        (r"(?<!\w)#[a-z]", "post message chat channel"),
        (r"https?://|\bwww\.", "fetch web page"),
        (r"\w\.(?:csv|tsv|xlsx?|parquet)\b", "load file table"),
        (r"\w\.(?:txt|md|log|json|xml|ya?ml)\b", "read file text"),
        (r"\w\.pdf\b", "pdf file"),
        (r"\w\.(?:docx?|odt|rtf)\b", "word document"),
        (r"\w\.(?:zip|tar|gz|7z)\b", "archive file"),
        (r"\w\.(?:jpe?g|png|gif|webp|tiff?|heic)\b", "image picture photo"),
        (r"\w\.(?:mp3|wav|m4a|ogg|flac)\b", "audio recording"),
        (r"\w\.(?:mp4|mov|avi|mkv|webm)\b", "video"),
        (r"\+\d[\d ]{6,20}", "phone number"),
        (r"\d\s?(?:%|percent\b)|\d\s?[-+*/\u00d7]\s?\d", "calculate arithmetic expression"),
        # Phrases.
        (rf"\blet(?:ting)?{_X}know\b|\bgive{_X}(?:heads.?up|shout)\b", "send message notify"),
        (r"\b(?:tell|inform|notify|announce|ping|alert|warn)\b", "send message notify"),
        (rf"\bdrop{_X}(?:line|note)\b", "send email message"),
        (rf"\bboil{_X}down\b|\bsum{_X}up\b|\bsum up\b", "summarize shorten text"),
        (r"\bthe gist\b|\btl;?dr\b|\bin short\b|\bin a nutshell\b", "summarize shorten text"),
        (rf"\bget rid of\b|\bthrow{_X}(?:out|away)\b|\bthrow (?:out|away)\b", "remove delete"),
        (r"\btake away\b|\bweed out\b|\bclear out\b", "remove delete"),
        (rf"\b(?:bring|give|send|hand){_X}back\b|\b(?:bring|give|send|hand) back\b", "return"),
        (rf"\bmoney back\b|\bpay{_X}back\b|\bpay back\b", "refund payment"),
        (rf"\bhand{_X}in\b|\b(?:hand|turn) in\b|\bput in for\b|\bapply for\b", "submit create request"),
        (rf"\bset{_X}up\b|\b(?:set|spin|put) up\b", "create configure"),
        (r"\bcall off\b|\bback out\b", "cancel"),
        (r"\bput off\b|\bpush back\b", "postpone reschedule"),
        (r"\bfill (?:in|out)\b", "fill form"),
        (r"\bsign up\b", "register subscribe create"),
        (r"\bsign off\b|\bgreen light\b|\bgo.ahead\b", "approve"),
        (rf"\bsign{_X}(?:in|on) my name\b", "signature"),
        (rf"\bback up\b|\bback{_X}up\b", "backup copy"),
        (rf"\btake care of\b|\bin charge of\b|\bhand{_X}over\b", "assign responsible owner"),
        (rf"\b(?:write|note|jot) down\b|\btype up\b|\bput{_X}down\b", "write record"),
        (rf"\bput{_X}together\b|\bput (?:together|into one)\b", "merge combine"),
        (r"\bhow many\b|\bnumber of\b", "count"),
        (r"\bhow much\b|\bhow expensive\b|\bworth\b", "price cost amount"),
        (r"\bwhere (?:is|are|does|do)\b", "location position track"),
        (r"\bwho (?:has |have )?(?:changed|edited|touched)\b|\bsince when\b", "history changes"),
        (r"\bget together\b|\bsit down with\b|\bcatch up\b|\bmeet\b", "meeting schedule free busy"),
        (r"\bin (?:my|the|his|her|our|their) (?:diary|agenda|diaries)\b", "calendar event meeting schedule"),
        (r"\bout loud\b|\baloud\b", "speech audio speak"),
        (r"\blook for\b|\bhunt for\b|\bfind out\b|\blook into\b", "search"),
        (r"\blook up\b", "look up get search"),
        (r"\brun out\b|\blapses?\b|\bexpires?\b", "expiry end date"),
        (r"\broll back\b|\bgo back to\b|\bput back\b", "rollback restore"),
        (r"\bbreak down\b", "failure"),
        (r"\bpick up\b|\bcome by\b", "pickup collect"),
        (r"\bpass on\b", "share forward"),
        (r"\bmake sure\b", "check verify"),
        (r"\b(?:days?|time) off\b", "leave vacation holiday"),
        (r"\b(?:log|sign)(?:ged|ned)? (?:in|out)\b|\blogins?\b", "user account"),
    )
)


def plain_wordings(text: str) -> Iterator[str]:
    """What the idioms in a text, and the things that it names, mean in the words of catalogs; each once."""
    yield from dict.fromkeys(plain for pattern, plain in IDIOMS if pattern.search(text))
