EXTRA_DIST += %D%/check %D%/packages.sh
