#!/bin/sh
# installed.sh SBIN MAN DOC CONF SYSCONF LOCALSTATE RUNSTATE: do the programs,
# manuals, units and samples that were installed in the first four folders name
# the places of the last three, and no others?  For "make installcheck".
set -eu
sbin=$1 man=$2 doc=$3 conf=$4
settings=$5 state=$6/lib/smime-milter run=$7
status=0

# names FILE PLACE...: each of them stands in it.
names() {
	file=$1
	shift
	for place in "$@"; do
		grep -aqF -e "$place" "$file" && continue
		echo "$file does not name $place"
		status=1
	done
}

# no_other FILE: nothing in it is where Debian has it, unless that was asked for.
no_other() {
	for pair in "/etc/smime-milter:$settings" "/var/lib/smime-milter:$state" \
	    "/run/smime-:$run/smime-"; do
		[ "${pair%%:*}" != "${pair#*:}" ] || continue
		grep -anE -e "(^|[^[:alnum:]])${pair%%:*}" "$1" || continue
		echo "$1 names ${pair%%:*}, not ${pair#*:}"
		status=1
	done
}

for program in smime-milter smimectl; do
	names "$sbin/$program" "$settings/smime-milter.conf" "$state/store.db" \
	    "$run/smime-milter/milter.sock" "$run/smime-keyd/keyd.sock"
	no_other "$sbin/$program"
done
names "$man/man5/smime-milter.conf.5" "$settings" "$state/store.db" \
    "$run/smime-milter/milter.sock" "$run/smime-keyd/keyd.sock"
names "$man/man8/smime-milter.8" "$settings" "$state" "$run/smime-milter/"
names "$man/man8/smimectl.8" "$settings" "$state"
names "$man/man8/smime-keyd.8" "$settings" "$run/smime-keyd/"
names "$conf/smime-milter.conf.sample" "$state/store.db" \
    "$run/smime-milter/milter.sock"
names "$conf/smime-milter-guard.conf.sample" "$run/smime-milter-guard/"
names "$doc/smime-keyd.service" "$settings/wrapping.key" \
    "$run/smime-keyd/keyd.sock"
names "$doc/smime-milter.service" "$state" "$run/smime-milter"
names "$doc/smime-milter-guard.service" "$settings" "$run/smime-milter-guard"
for file in "$man"/man[58]/smime*.[58] "$conf"/*.sample "$doc"/*.service; do
	no_other "$file"
done
exit $status
