EXTRA_DIST += %D%/check %D%/demo %D%/demo.py %D%/packages.sh \
	%D%/demo_inbound.py %D%/demo_outbound.py %D%/demo_seal.py \
	%D%/demo_stage.py \
	%D%/unpack-sendmail

# For other people's filters, and what reads all of it.
recipesdir = $(docdir)/recipes
dist_recipes_SCRIPTS = %D%/recipes/altermime-unless-protected
dist_recipes_DATA = \
	%D%/recipes/SMIMEUntouched.py \
	%D%/recipes/amavis-protected.conf \
	%D%/recipes/rspamd-protected.conf
untoucheddir = $(recipesdir)/smime_untouched
dist_untouched_DATA = \
	%D%/recipes/smime_untouched/__init__.py \
	%D%/recipes/smime_untouched/protection.py
untouchedhandlersdir = $(untoucheddir)/handlers
dist_untouchedhandlers_DATA = \
	%D%/recipes/smime_untouched/handlers/__init__.py \
	%D%/recipes/smime_untouched/handlers/untouched.py
untouchedpipelinesdir = $(untoucheddir)/pipelines
dist_untouchedpipelines_DATA = \
	%D%/recipes/smime_untouched/pipelines/__init__.py \
	%D%/recipes/smime_untouched/pipelines/posting.py
TESTS += tests/system/recipes_test.py
EXTRA_DIST += tests/system/recipes_test.py
