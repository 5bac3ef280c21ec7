"""Scenes of mail that comes in: verified, marked, decrypted, and learned from
with care."""

import openssl
from demo_stage import (ALICE, BOB, ERIN, FRANK, Play, interesting, letter,
                        marks)

TEXT = b"Content-Type: text/plain\r\n\r\n"


class Inbound(Play):
    def scenes(self):
        return (self.forged, self.altered, self.old_key, self.several_readers,
                self.newcomer)

    def head(self, recipients, subject, sender=BOB):
        """A header without anything about MIME."""
        return letter(sender, recipients, subject, "").partition(
            b"MIME-Version")[0]

    def encrypt(self, header, entity, *certificates):
        """As Bob's mail program does it, with openssl."""
        cms = openssl.run("cms", "-encrypt", "-binary", "-outform", "DER",
                          "-aes-256-cbc", *certificates, data=entity).stdout
        return b"".join([
            header, b"MIME-Version: 1.0\r\nContent-Type: application/"
            b"pkcs7-mime; smime-type=enveloped-data;\r\n\tname=smime.p7m\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n",
            openssl.lines_of_base64(cms)])

    def signed_entity(self, text, who=None):
        """What Bob's mail program signs before it encrypts."""
        return (who or self.bob).sign_detached(b"", TEXT + text).partition(
            b"MIME-Version: 1.0\r\n")[2]

    def forged(self):
        stage = self.stage
        stage.heading("5. A stranger writes under Alice's name, and praises "
                      "himself")
        stage.tell(f"""Somebody without a login delivers a mail "From:
            {ALICE}" at the MX. It says, in the words of our own server, that
            its signature is valid.""")
        mail = letter(ALICE, ALICE, "Urgent", "Pay at once!\n")
        forged = (b"Authentication-Results: MX.Example.org (checked);"
                  b" smime=pass\r\n"
                  b"X-SMIME-Status: valid; signer=alice@example.org\r\n")
        stage.show("What he sends:", interesting(forged + mail) + "\n" +
                   marks(forged + mail))
        self.deliver(forged + mail, sender=ALICE)
        arrived = self.taken(mail).data
        stage.show("What arrives:", interesting(arrived))
        stage.check("nobody signs as somebody else",
                    b"multipart/signed" not in arrived)
        stage.check("his two fields are gone, and nothing else",
                    marks(arrived) == "" and arrived.endswith(mail))

    def altered(self):
        stage = self.stage
        stage.heading("6. Somebody changes one letter of Bob's signed mail")
        mail = self.bob.sign_detached(self.head(ALICE, "The account"),
                                      TEXT + b"Account 1234, as always.\r\n")
        changed = mail.replace(b"1234", b"1235")
        self.deliver(changed)
        arrived = self.taken(changed).data
        word, _ = self.fate(arrived)
        stage.check("the status is the word for that", word == "altered")
        stage.check("it arrives all the same, as it was sent",
                    arrived.endswith(changed))
        stage.check("openssl says so, too", self.refuses(changed))

    def refuses(self, message):
        try:
            openssl.verify(message, self.people.com.root,
                           self.site.folder / "tmp")
        except openssl.Failed as why:
            return "digest" in str(why) or "verification failure" in str(why)
        return False

    def old_key(self):
        stage = self.stage
        stage.heading("7. Bob writes to a certificate that expired long ago")
        stage.tell(f"""Bob signs his mail and encrypts it to the only
            certificate of {ALICE} that he has: it ended in 2021. Its key is
            kept ("smimectl key import --archive"), as is every key that a user
            ever had. She gets plain mail, with Bob's signature in it.""")
        mail = self.encrypt(self.head(ALICE, "The key"), self.signed_entity(
            b"The key lies under the stone.\r\n"),
            self.people.old.certificate)
        stage.show("What Bob sends:", interesting(mail))
        stage.check("its ciphertext names the old certificate and no other",
                    openssl.recipient_serials(mail) ==
                    [self.people.old.serial()])
        self.deliver(mail)
        arrived = self.taken(mail).data
        stage.show("What arrives:", interesting(arrived))
        word, facts = self.fate(arrived)
        stage.check("opened, and Bob's signature inside is valid",
                    (word, facts.get("decrypted"), facts.get("signer")) ==
                    ("valid", "yes", BOB))
        stage.check("the text is there", b"under the stone" in arrived)
        self.verify_bob(arrived)

    def verify_bob(self, message):
        result = self.stage.attempt(
            "$ openssl cms -verify -CAfile example.com.pem: Bob's signature "
            "is good", lambda: openssl.verify(
                message, self.people.com.root, self.site.folder / "tmp"))
        if result:
            self.stage.check(f"the signer's certificate is that of {BOB}",
                             openssl.names_of(result[1]) == [BOB])

    def several_readers(self):
        stage = self.stage
        stage.heading("8. One mail to three people, one of whom cannot read "
                      "it")
        stage.tell(f"""Bob encrypts a mail to {ALICE} and {ERIN}; {FRANK}, who
            has no certificate, is in Cc. What Frank may not read he does not
            get to read, though the server can: the ciphertext stays as it is,
            and the two others get a copy in clear through the listener for
            copies.""")
        header = self.head(f"{ALICE}, {ERIN}", "The party").replace(
            b"\r\nSubject:", f"\r\nCc: {FRANK}\r\nSubject:".encode())
        mail = self.encrypt(header, self.signed_entity(
            b"It is a surprise for Frank.\r\n"), self.people.alice_file,
            self.people.erin_file)
        self.deliver(mail, (ALICE, ERIN, FRANK))
        arrived = self.taken(mail, ALICE)
        stage.check(f"{ALICE} and {ERIN} share a copy, and nobody else has it",
                    sorted(arrived.recipients) == [ALICE, ERIN])
        stage.check("they can read it", b"a surprise" in arrived.data)
        self.fate(arrived.data)
        self.verify_bob(arrived.data)
        arrived = self.taken(mail, FRANK)
        stage.show(f"What {FRANK} gets:", interesting(arrived.data))
        self.fate(arrived.data)
        stage.check("nothing of the text is in it",
                    b"surprise" not in arrived.data)
        stage.check("not a byte of it was changed",
                    arrived.data.endswith(mail))
        stage.check("nobody else gets it", arrived.recipients == [FRANK])

    def newcomer(self):
        stage = self.stage
        stage.heading("9. Bob's next mail is signed with a certificate of "
                      "another authority")
        stage.tell(f"""The operator trusts that authority, too, and the
            signature is valid. But who can get a certificate for {BOB}
            anywhere could read all that Alice writes to Bob from now on. So it
            has to wait, and the old one stays in use.""")
        mail = self.people.new_bob.sign_detached(
            self.head(ALICE, "My new certificate"), TEXT + b"Look.\r\n")
        self.deliver(mail)
        self.fate(self.taken(mail).data)
        self.site.wait_log(": pending ")
        stage.show("$ smimectl contact list --pending",
                   self.site.smimectl("contact", "list", "--pending"),
                   fold=False)
        left = self.submit(letter(ALICE, BOB, "Before", "Is it you?\n"))
        stage.check("Alice's mail is encrypted to the old certificate only",
                    openssl.recipient_serials(left) == [self.bob.serial()])
        stage.tell("""The operator calls Bob, who reads him the fingerprint,
            and lets it in.""")
        fingerprint = self.people.new_bob.fingerprint()
        stage.show(f"$ smimectl contact approve {BOB} {fingerprint[:16]}",
                   self.site.smimectl("contact", "approve", BOB,
                                      fingerprint[:16]))
        left = self.submit(letter(ALICE, BOB, "After", "Welcome.\n"))
        stage.check("from now on it is encrypted to both",
                    openssl.recipient_serials(left) == sorted(
                        [self.bob.serial(), self.people.new_bob.serial()]))
        for who, text in ((self.bob, "old"), (self.people.new_bob, "new")):
            stage.attempt(f"the {text} key opens it",
                          lambda w=who: w.decrypt(left))
