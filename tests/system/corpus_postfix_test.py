#!/usr/bin/python3
"""The corpus through a real Postfix."""

import corpus_roads
import postfix
from corpus import AS_IT_IS, ENCODED
from corpus_roads import Special

ENDS_LINES = "takes a bare LF for a line end, a bare CR for a blank"
MENDS_NAMES = "removes the blank before the colon, in parts, too"

SPECIAL = {
    "byte-bare-cr": Special(ENDS_LINES, fate=AS_IT_IS),
    "byte-bare-lf": Special(ENDS_LINES, fate=AS_IT_IS),
    "byte-bare-lf-before-delimiter": Special(ENDS_LINES, fate=AS_IT_IS),
    "byte-bare-lf-in-part-header": Special(ENDS_LINES, fate=AS_IT_IS),
    "byte-cr-cr-lf": Special(ENDS_LINES, fate=AS_IT_IS),
    "from-missing": Special("adds the field", fate=AS_IT_IS),
    "message-rfc822-space-before-colon": Special(MENDS_NAMES, fate=AS_IT_IS),
    "part-header-space-before-colon": Special(MENDS_NAMES, fate=AS_IT_IS),
    "part-header-space-before-colon-8bit": Special(MENDS_NAMES, fate=ENCODED),
}

if __name__ == "__main__":
    corpus_roads.main(postfix, SPECIAL)
