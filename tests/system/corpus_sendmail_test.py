#!/usr/bin/python3
"""The corpus through a real Sendmail."""

import corpus_roads
import sendmail
from corpus_roads import Special

LINE_ENDS = "takes no bare CR or LF"

SPECIAL = {
    "byte-bare-cr": Special(LINE_ENDS, refused=421),
    "byte-bare-cr-in-attachment": Special(LINE_ENDS, refused=421),
    "byte-bare-lf": Special(LINE_ENDS, refused=421),
    "byte-bare-lf-before-delimiter": Special(LINE_ENDS, refused=421),
    "byte-bare-lf-in-part-header": Special(LINE_ENDS, refused=421),
    "byte-cr-cr-lf": Special(LINE_ENDS, refused=421),
    "charset-utf-16-in-binary": Special(LINE_ENDS, refused=421),
    "made-header-of-60-kb": Special("takes 32768 octets", refused=552,
                                    always=True),
}

if __name__ == "__main__":
    corpus_roads.main(sendmail, SPECIAL)
