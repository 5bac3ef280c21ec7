#!/usr/bin/python3
"""One message, several copies, through a real Sendmail."""

import sendmail
import split

if __name__ == "__main__":
    split.main(sendmail)
