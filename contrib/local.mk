EXTRA_DIST += %D%/check %D%/demo %D%/demo.py %D%/packages.sh \
	%D%/demo_inbound.py %D%/demo_outbound.py %D%/demo_stage.py \
	%D%/unpack-sendmail
