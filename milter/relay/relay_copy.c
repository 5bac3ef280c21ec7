/* relay_copy.c: see relay_copy.h. */
#include "relay/relay_copy.h"

const char *
relay_reason_name(enum relay_reason reason)
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
