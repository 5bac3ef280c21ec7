#!/usr/bin/python3
"""The whole exchange through a real Sendmail 8.17."""

import exchange
import sendmail

if __name__ == "__main__":
    exchange.main(sendmail)
