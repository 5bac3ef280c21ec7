EXTRA_DIST += %D%/check %D%/demo %D%/demo.py %D%/packages.sh \
	%D%/demo_inbound.py %D%/demo_outbound.py %D%/demo_seal.py \
	%D%/demo_stage.py \
	%D%/unpack-sendmail

# For other people's filters, and what reads all of it.
EXTRA_DIST += \
	%D%/recipes/SMIMEUntouched.py \
	%D%/recipes/altermime-unless-protected \
	%D%/recipes/amavis-protected.conf \
	%D%/recipes/rspamd-protected.conf \
	%D%/recipes/smime_untouched/__init__.py \
	%D%/recipes/smime_untouched/protection.py \
	%D%/recipes/smime_untouched/handlers/__init__.py \
	%D%/recipes/smime_untouched/handlers/untouched.py \
	%D%/recipes/smime_untouched/pipelines/__init__.py \
	%D%/recipes/smime_untouched/pipelines/posting.py
TESTS += tests/system/recipes_test.py
EXTRA_DIST += tests/system/recipes_test.py
