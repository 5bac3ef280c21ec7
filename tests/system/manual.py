"""The tables of smime-milter(8), section INTEROPERABILITY, which tests keep
true."""

import os
import pathlib
import re

DAEMON = pathlib.Path(os.environ.get("top_srcdir", ".")) / \
    "milter/daemon/smime-milter.8"

# A table has to fit a terminal of 80 columns: man breaks its lines otherwise.
SHORT = {"cms": "openssl cms", "smime": "openssl smime",
         "Bouncy": "Bouncy Castle"}


def cells(line):
    words = line.removeprefix(".It ").replace("Sy ", "").split(" Ta ")
    return [SHORT.get(word, word) for word in words]


def rows(corner):
    """{first column: the others} of the table whose first cell says so."""
    section = DAEMON.read_text().split("\n.Sh INTEROPERABILITY\n")[1]
    table = re.search(rf"\n(\.It Sy {corner} Ta .*?)\n\.El", section,
                      re.DOTALL).group(1)
    return {first: others for first, *others in
            map(cells, table.splitlines())}
