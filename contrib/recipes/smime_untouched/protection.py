"""What is protected, and a footer would break it."""

PROTECTED = ('multipart/signed', 'multipart/encrypted',
             'application/pkcs7-mime', 'application/x-pkcs7-mime')


def is_protected(msg):
    """Is this message signed, encrypted or marked?"""
    return ('x-smime-protected' in msg or
            msg.get_content_type() in PROTECTED)
