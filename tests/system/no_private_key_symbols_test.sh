#!/bin/sh
# smime-milter cannot load, make from parts, or use a private key: none of
# libcrypto's functions for that is among those that it calls.  smime-keyd,
# which must, shows that the list finds something.

build=${top_builddir:-.}

# loading, importing and making of parts; signing and unwrapping; whole CMS
forbidden='^(d2i_.*PrivateKey|d2i_PKCS8.*|d2i_PKCS12.*|d2i_KeyParams'
forbidden="$forbidden"'|PEM_read_.*PrivateKey.*|PEM_.*PKCS8.*|PKCS12_.*'
forbidden="$forbidden"'|PKCS8_.*|EVP_PKCS82PKEY.*|EVP_PKEY_fromdata.*'
forbidden="$forbidden"'|EVP_PKEY_new_raw_private_key.*|EVP_PKEY_set1_.*'
forbidden="$forbidden"'|EVP_PKEY_assign|OSSL_DECODER_.*|OSSL_STORE_.*'
forbidden="$forbidden"'|ENGINE_.*|RSA_.*|EC_KEY_.*|EVP_PKEY_decrypt.*'
forbidden="$forbidden"'|EVP_PKEY_sign.*|EVP_DigestSign.*|EVP_SignFinal.*'
forbidden="$forbidden"'|CMS_decrypt.*|CMS_final.*|CMS_RecipientInfo_.*'
forbidden="$forbidden"'|PKCS7_.*)$'

symbols() {
	nm -D --undefined-only "$build/$1" | sed 's/^ *U //; s/@.*//'
}

plan() {
	echo "1..$1"
}

report() { # status description
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

number=0
failed=0
plan 3

symbols smime-milter | grep -q '^EVP_DigestVerify'
report $? "smime-milter uses libcrypto as a shared library"

found=$(symbols smime-milter | grep -E "$forbidden")
[ -z "$found" ]
report $? "smime-milter has no function for private keys"
[ -z "$found" ] || echo "$found" | sed 's/^/# /'

[ "$(symbols smime-keyd | grep -cE "$forbidden")" -ge 4 ]
report $? "smime-keyd has some"

exit $failed
