#!/usr/bin/python3
"""Encrypted mail from outside, through a real Postfix."""

import inbound
import postfix

if __name__ == "__main__":
    inbound.main(postfix)
