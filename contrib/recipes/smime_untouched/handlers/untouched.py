"""A handler that tells the delivery to leave header and footer off."""

from public import public
from zope.interface import implementer

from mailman.interfaces.handler import IHandler

from smime_untouched.protection import is_protected


@public
@implementer(IHandler)
class Untouched:
    """See the package."""

    name = 'smime-untouched'
    description = 'Leave header and footer off signed and encrypted mail.'

    def process(self, mlist, msg, msgdata):
        """See `IHandler`."""
        if is_protected(msg):
            msgdata['nodecorate'] = True
