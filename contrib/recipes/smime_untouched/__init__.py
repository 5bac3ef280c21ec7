"""Mailman 3: no header and no footer for mail that is signed or encrypted, or
marked as such by smime-milter (seal.marker); see OTHER FILTERS in
smime-milter(8).

Put this folder where Mailman finds Python packages (Debian:
/usr/local/lib/python3.11/dist-packages), and into mailman.cfg:

    [plugin.smime_untouched]
    class: smime_untouched.Plugin
    enabled: yes

Restart Mailman, then give each list the pipeline, "mailman shell -l LIST":

    >>> m.posting_pipeline = 'smime-posting-pipeline'
    >>> commit()

A list that filters content (filter_content) has to pass
application/pkcs7-signature and application/pkcs7-mime besides.
"""

from public import public
from zope.interface import implementer

from mailman.interfaces.plugin import IPlugin


@public
@implementer(IPlugin)
class Plugin:
    """Nothing but a name: handlers and pipelines are found by it."""

    resource = None

    def pre_hook(self):
        """See `IPlugin`."""

    def post_hook(self):
        """See `IPlugin`."""
