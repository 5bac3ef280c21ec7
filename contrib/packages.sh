# shellcheck shell=sh disable=SC2034 # lists that others use
# Sourced by contrib/check and contrib/demo: the Debian 12 packages that they
# need, and how to install them without touching a running mail service.

BUILD_PACKAGES="autoconf automake binutils gcc libc6-dev make pkg-config
libconfig-dev libidn2-dev libjansson-dev libmilter-dev libseccomp-dev
libsqlite3-dev libssl-dev zlib1g-dev"
MAIL_PACKAGES="openssl postfix python3 sasl2-bin libsasl2-modules
libsasl2-modules-db util-linux"
# The compiler that reads a Java program's source is in the runtime.
CHECK_PACKAGES="altermime clamav-daemon clamav-milter clang-14 clang-format-14
gpg-agent gpgsm groff-base libbcmail-java libclang-rt-14-dev libcmocka-dev
libmail-authenticationresults-perl libnss3-tools mandoc
openjdk-17-jre-headless opendkim python3-asn1crypto python3-authres
python3-cryptography python3-dkim shellcheck systemd valgrind xz-utils"
SENDMAIL_LIBRARIES="m4 libdb5.3 libldap-2.5-0 liblockfile1 libnsl2 libwrap0"

# missing_packages PACKAGE...: those that are not installed.
missing_packages() {
	for package in "$@"; do
		# shellcheck disable=SC2016 # a format of dpkg-query
		case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" \
		    2>/dev/null) in
		ii*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# Services that come with new packages are not started: what runs on this
# machine stays as it is.
forbid_services() {
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		policy_made=$policy
	fi
}

allow_services() {
	if [ -n "${policy_made:-}" ]; then
		rm -f "$policy_made"
		policy_made=
	fi
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq \
	    -o DPkg::Lock::Timeout=600 "$@" </dev/null
}

# install_packages LOG PACKAGE...: installs what is missing, and nothing when
# nothing is.
install_packages() {
	packages_log=$1
	shift
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "not installed: $missing" >&2
		echo "run this as root, or as root:" >&2
		echo "apt-get install --no-install-recommends $missing" >&2
		return 1
	fi
	case " $missing" in
	*" postfix "*)
		# A mail server without configuration does not run.
		echo 'postfix postfix/main_mailer_type select No configuration' |
		    debconf-set-selections
		;;
	esac
	echo "installing: $missing"
	forbid_services
	status=0
	# shellcheck disable=SC2086 # a list of words
	{ apt update && apt install -y --no-install-recommends $missing; } \
	    >"$packages_log" 2>&1 || status=$?
	allow_services
	if [ $status -ne 0 ]; then
		cat "$packages_log" >&2
		return 1
	fi
}

# download_packages PACKAGE...: into this folder.
download_packages() {
	apt -o APT::Sandbox::User=root download "$@"
}

# unpack_packages FOLDER PACKAGE...: makes FOLDER with what is in packages
# that cannot be installed here.  Nothing is done when it is there.
unpack_packages() {
	folder=$1
	shift
	[ ! -d "$folder" ] || return 0
	mkdir -p "$folder.part"
	(
		cd "$folder.part" || exit 1
		download_packages "$@" ||
		    { apt update && download_packages "$@"; } || exit 1
		for file in *.deb; do
			dpkg -x "$file" . || exit 1
			rm "$file"
		done
	) || return 1
	mv "$folder.part" "$folder"
}
