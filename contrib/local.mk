EXTRA_DIST += %D%/check %D%/demo %D%/demo.py %D%/packages.sh \
	%D%/unpack-sendmail
