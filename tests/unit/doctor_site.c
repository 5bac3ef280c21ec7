/* doctor_site.c: see doctor_site.h. */
#include "unit/doctor_site.h"

#include "admin/doctor_endpoint.h"
#include "base/limits.h"

struct doctor_own
doctor_site(const char *socket)
{
	struct doctor_own own = {
	    .file = "/etc/smime-milter/smime-milter.conf",
	    .max_message = 38 * (unsigned long long)MIB,
	    .answer_ms = 240000,
	    .socket_group = "",
	    .seal_key = "",
	    .user = "smime-milter",
	    .guard_user = "smime-guard",
	    .guard_group = "",
	    .guard_key = "",
	};

	doctor_endpoint_milter(slice_text(socket), &own.socket);
	doctor_endpoint_listener(slice_text("127.0.0.1:10026"), &own.copies);
	return own;
}
