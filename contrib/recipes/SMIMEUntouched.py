"""Mailman 2.1: no header and no footer for mail that is signed or encrypted,
or marked as such by smime-milter (seal.marker); see OTHER FILTERS in
smime-milter(8).

Put this file into Mailman/Handlers/ (Debian: /usr/lib/mailman), and into
mm_cfg.py:

    GLOBAL_PIPELINE.insert(GLOBAL_PIPELINE.index('ToOutgoing'),
                           'SMIMEUntouched')

Then restart Mailman.  Lists that filter content have to pass
application/pkcs7-signature and application/pkcs7-mime besides.
"""

PROTECTED = ('multipart/signed', 'multipart/encrypted',
             'application/pkcs7-mime', 'application/x-pkcs7-mime')


def process(mlist, msg, msgdata):
    """As of every handler."""
    if 'x-smime-protected' in msg or msg.get_content_type() in PROTECTED:
        msgdata['nodecorate'] = 1
