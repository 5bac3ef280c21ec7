/* doctor_check.c: see doctor_check.h.  smimectl(8) has the same words. */
#include "admin/doctor_check.h"

#include <stddef.h>

static const struct doctor_check_info checks[CHECK_COUNT] = {
    [CHECK_MISSING] = {"milter-missing", DOCTOR_ERROR,
	"What passes there is not signed, encrypted, verified or opened."},
    [CHECK_TWICE] = {"milter-twice", DOCTOR_WARNING,
	"Each message is looked at twice, for nothing."},
    [CHECK_UNREACHABLE] = {"milter-unreachable", DOCTOR_ERROR,
	"The service cannot see the socket, so all of its mail waits."},
    [CHECK_DEFAULT_ACTION] = {"default-action", DOCTOR_ERROR,
	"While smime-milter is away mail leaves unsigned and in clear, or half "
	"changed, or is lost."},
    [CHECK_BOUNCING] = {"default-action-bounces", DOCTOR_WARNING,
	"While smime-milter is away clients are not simply told to try again."},
    [CHECK_TCP] = {"tcp-socket", DOCTOR_WARNING,
	"Whoever can connect can pretend to be the mail server, and to have "
	"logged in as anybody; and it is slower."},
    [CHECK_SOCKET_FOLDER] = {"socket-folder", DOCTOR_ERROR,
	"Sendmail does not start when others can write to a folder above the "
	"socket."},
    [CHECK_SOCKET_GROUP] = {"socket-group", DOCTOR_WARNING,
	"The mail server is not root and may not open the socket unless it has "
	"its group."},
    [CHECK_PROTOCOL] = {"protocol", DOCTOR_ERROR,
	"smime-milter needs header fields with their exact blanks, which older "
	"versions of the protocol do not give: all mail waits."},
    [CHECK_TIME] = {"time-out", DOCTOR_WARNING,
	"Mail that takes long is refused for now after the work was done, and "
	"copies may be sent twice."},
    [CHECK_MACROS] = {"macros", DOCTOR_HINT,
	"smime-milter asks for the macros that it needs; other milters, like "
	"opendkim, depend on this list."},
    [CHECK_CERTIFICATES] = {"client-certificates", DOCTOR_WARNING,
	"Postfix is known by its version, and only then are the names of "
	"clients' certificates believed."},
    [CHECK_DAEMON] = {"daemon-name", DOCTOR_WARNING,
	"outbound.submission_daemons names a listener that there is not, so "
	"its mail counts as that of strangers."},
    [CHECK_STRANGERS] = {"submission-by-strangers", DOCTOR_ERROR,
	"Whoever connects there counts as one of our users, and may write as "
	"everybody."},
    [CHECK_COMMAND] = {"sendmail-command", DOCTOR_WARNING,
	"Mail of the sendmail command leaves as it is, neither signed nor "
	"encrypted."},
    [CHECK_NO_MILTERS] = {"no-milters", DOCTOR_ERROR,
	"The service asks no milter at all, whatever its list says."},
    [CHECK_MILTER_MAPS] = {"milter-maps", DOCTOR_HINT,
	"Clients in that table get other milters, or none; it is not read "
	"here."},
    [CHECK_PROXY_FILTER] = {"proxy-filter", DOCTOR_ERROR,
	"Milters get no content where there is a proxy filter."},
    [CHECK_UNREADABLE] = {"unreadable", DOCTOR_WARNING,
	"What cannot be read cannot be judged."},
    [CHECK_UNUSED] = {"unused-parameter", DOCTOR_HINT,
	"Postfix does not know that parameter, and nothing names it: it may be "
	"mistyped."},
    [CHECK_ORDER_SIGNER] = {"order-signer", DOCTOR_ERROR,
	"What DKIM has signed is changed afterwards: its signature is lost."},
    [CHECK_ORDER_VERIFIER] = {"order-verifier", DOCTOR_WARNING,
	"A verifier behind smime-milter finds the DKIM signature of every mail "
	"broken that was decrypted."},
    [CHECK_ORDER_SCANNER] = {"order-scanner", DOCTOR_WARNING,
	"A scanner on the wrong side of smime-milter sees ciphertext."},
    [CHECK_ORDER_BEHIND] = {"order-behind", DOCTOR_WARNING,
	"Whatever it changes breaks signatures: behind smime-milter there may "
	"be only what signs with DKIM, and the guard."},
    [CHECK_ORDER_SHARED] = {"order-shared", DOCTOR_WARNING,
	"Mail of strangers and of our users goes through one list of milters; "
	"no order is right for both."},
    [CHECK_CONTENT_FILTER] = {"content-filter", DOCTOR_WARNING,
	"It gets the mail after it was signed: a footer or a re-encoded part "
	"breaks the signature, and it sees ciphertext."},
    [CHECK_REWRITTEN] = {"addresses-rewritten", DOCTOR_WARNING,
	"From is rewritten after signing: it is not the address any more that "
	"the certificate names."},
    [CHECK_BODY_CHECKS] = {"body-checks", DOCTOR_WARNING,
	"It can change the body after signing, which breaks the signature."},
    [CHECK_LATER_HEADER_CHECKS] = {"later-header-checks", DOCTOR_WARNING,
	"It can change fields after signing, also those of the signed parts."},
    [CHECK_MILTER_HEADER_CHECKS] = {"milter-header-checks", DOCTOR_WARNING,
	"It judges the fields that milters add: Content-Type of what was "
	"signed, and the results of verification."},
    [CHECK_FIELDS_DROPPED] = {"fields-dropped", DOCTOR_WARNING,
	"Fields that say what a mail is, or what was found, do not arrive."},
    [CHECK_LINE_LENGTH] = {"line-length", DOCTOR_ERROR,
	"Lines are cut after signing, which breaks the signature."},
    [CHECK_8BIT] = {"8bit", DOCTOR_HINT,
	"What is signed here is 7-bit and does not need it; servers that do "
	"not take 8-bit mail get it all the same."},
    [CHECK_SIZE] = {"message-size", DOCTOR_WARNING,
	"A mail grows when it is signed and encrypted, up to 1.9 times; what "
	"is then too large for the mail server is refused for good (552)."},
    [CHECK_COPIES_MISSING] = {"copies-missing", DOCTOR_ERROR,
	"Mail that has to become several copies waits (451 4.7.56)."},
    [CHECK_COPIES_OPEN] = {"copies-open", DOCTOR_ERROR,
	"What comes in there is neither checked nor refused: nobody but this "
	"host may reach it."},
    [CHECK_COPIES_FIRST] = {"copies-first", DOCTOR_ERROR,
	"Only smime-milter knows its copies and takes their mark out before "
	"anything is signed with DKIM."},
    [CHECK_COPIES_SIGNER] = {"copies-signer", DOCTOR_WARNING,
	"Some recipients get the mail without a DKIM signature."},
    [CHECK_COPIES_SCANNER] = {"copies-scanner", DOCTOR_WARNING,
	"What was decrypted for some of its recipients is looked at by "
	"nobody."},
    [CHECK_COPIES_BEHIND] = {"copies-behind", DOCTOR_HINT,
	"Copies are signed already: whatever it changes breaks signatures. A "
	"scanner that changes nothing may stay."},
    [CHECK_COPIES_REWRITTEN] = {"copies-rewritten", DOCTOR_WARNING,
	"A copy has been through all of this; once more changes addresses and "
	"fields of what is finished."},
    [CHECK_COPIES_REFUSED] = {"copies-refused", DOCTOR_WARNING,
	"A copy that is refused there keeps the whole mail from being "
	"accepted."},
    [CHECK_COPIES_TLS] = {"copies-tls", DOCTOR_ERROR,
	"Copies are handed over without TLS, which is asked for there: they "
	"all wait."},
    [CHECK_GUARD_MISSING] = {"guard-missing", DOCTOR_WARNING,
	"There is a guard, but this mail does not pass it: nobody notices when "
	"a signature is broken, and X-SMIME-Seal leaves with it."},
    [CHECK_GUARD_NOT_LAST] = {"guard-not-last", DOCTOR_ERROR,
	"What changes the mail behind the guard breaks the signature "
	"unnoticed."},
    [CHECK_SEAL_LEAVES] = {"seal-without-guard", DOCTOR_WARNING,
	"Each signed mail carries a field for the guard, which nobody takes "
	"out."},
    [CHECK_GUARD_KEY] = {"guard-key", DOCTOR_WARNING,
	"Without the signer's key a guard notices broken signatures only; it "
	"cannot say what was done, nor that a signature is gone."},
};

const struct doctor_check_info *
doctor_check_info(enum doctor_check check)
{
	return &checks[check];
}

const char *
doctor_severity_name(enum doctor_severity severity)
{
	static const char *const names[] = {
	    [DOCTOR_HINT] = "hint",
	    [DOCTOR_WARNING] = "warning",
	    [DOCTOR_ERROR] = "error",
	};

	return names[severity];
}
