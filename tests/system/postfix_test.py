#!/usr/bin/python3
"""The whole exchange through a real Postfix."""

import exchange
import postfix

if __name__ == "__main__":
    exchange.main(postfix)
