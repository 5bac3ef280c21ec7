#!/usr/bin/python3
"""One message, several copies, through a real Postfix."""

import postfix
import split

if __name__ == "__main__":
    split.main(postfix)
