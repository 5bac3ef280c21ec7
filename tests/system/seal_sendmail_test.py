#!/usr/bin/python3
"""Tools behind the signer, and the guard, at a real Sendmail."""

import sendmail
import seals

if __name__ == "__main__":
    seals.main(sendmail)
