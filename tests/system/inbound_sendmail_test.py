#!/usr/bin/python3
"""Encrypted mail from outside, through a real Sendmail."""

import inbound
import sendmail

if __name__ == "__main__":
    inbound.main(sendmail)
