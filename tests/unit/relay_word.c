/* relay_word.c: see relay_word.h. */
#include "unit/relay_word.h"

const char *
relay_word(enum relay_reason reason)
{
	switch (reason) {
	case RELAY_NO_REASON:
		break;
	case RELAY_AWAY:
		return "away";
	case RELAY_BUSY:
		return "busy";
	case RELAY_UNSENDABLE:
		return "unsendable";
	case RELAY_UNSUPPORTED:
		return "unsupported";
	case RELAY_TOO_LARGE:
		return "too-large";
	case RELAY_RECIPIENT:
		return "recipient";
	case RELAY_REFUSAL:
		return "refusal";
	}
	return "none";
}
