"""Scenes of mail that leaves: signed, encrypted, in copies; and of the answer
that teaches a certificate."""

import openssl
from demo_stage import ALICE, BOB, CAROL, DAVE, Play, interesting, letter


class Outbound(Play):
    def scenes(self):
        return (self.signed, self.learned, self.encrypted, self.several)

    def signed(self):
        stage = self.stage
        stage.heading("1. Alice writes to Bob: the mail leaves signed")
        stage.tell("""Alice has logged in to Postfix and sends an ordinary
            mail; her mail client knows nothing of S/MIME. There is no
            certificate of Bob yet, so it cannot be encrypted.""")
        mail = letter(ALICE, BOB, "Lunch",
                      "Grüße!\nFrom tomorrow on I have time.\n")
        left = self.submit(mail)
        stage.show("What leaves:", interesting(left))
        stage.tell("""The text had 8-bit characters and a line beginning with
            "From": both would have broken the signature on the road, so they
            were encoded before signing.""")
        self.verify(left, "$ openssl cms -verify -CAfile example.org.pem")

    def learned(self):
        stage = self.stage
        stage.heading("2. Bob answers with a signed mail: his certificate is "
                      "learned")
        stage.tell("""Bob's mail is signed with a certificate of example.com's
            own authority, which example.org's operator trusts. It arrives
            byte by byte as it was sent, below two fields that say what was
            found; in the background the certificate is kept.""")
        mail = self.bob.sign_detached(
            letter(BOB, ALICE, "Re: Lunch", "").partition(b"MIME-Version")[0],
            b"Content-Type: text/plain\r\n\r\nGladly.\r\n")
        self.deliver(mail)
        arrived = self.taken(mail).data
        stage.check("not a byte of it was changed", arrived.endswith(mail))
        stage.check("the status is valid", self.fate(arrived)[0] == "valid")
        found = stage.attempt(
            "the certificate is in the store",
            lambda: self.site.wait_contact(BOB, self.bob.fingerprint()) or
            True)
        if found:
            stage.show(f"$ smimectl contact show {BOB}",
                       self.site.smimectl("contact", "show", BOB), fold=False)

    def encrypted(self):
        stage = self.stage
        stage.heading("3. Alice's next mail to Bob leaves encrypted")
        stage.tell("""Nobody has changed a setting: the policy was "encrypt if
            possible" all the time, and now it is possible.""")
        secret = "The key lies under the mat.\n"
        left = self.submit(letter(ALICE, BOB, "Lunch, once more", secret))
        stage.show("What leaves:", interesting(left))
        stage.check("the text is not in it", b"under the mat" not in left)
        inside = stage.attempt(
            "$ openssl cms -decrypt -inkey bob.key: Bob's private key opens "
            "it", lambda: self.bob.decrypt(left))
        if not inside:
            return
        self.verify(inside, "$ openssl cms -verify, on what was inside")
        stage.check("the text is there again", b"under the mat" in inside)

    def several(self):
        stage = self.stage
        stage.heading("4. One mail to three people: each gets his own copy")
        stage.tell(f"""Alice writes to Bob and to {CAROL}, who has no
            certificate, with a blind copy to {DAVE}, who has one. One mail
            cannot serve them all: Carol could not read a ciphertext, and Bob's
            would tell whoever looks that Dave can open it. The best protected
            copy stays in Postfix; the others go back to it through a listener
            that nobody else can reach, before Alice hears that her mail was
            taken.""")
        secret = "The key lies under the flower pot.\n"
        mail = letter(ALICE, f"{BOB}, {CAROL}", "Lunch for three", secret)
        code, text = self.server.submit(ALICE, [BOB, CAROL, DAVE], mail)
        stage.check(f"Postfix takes the mail ({code} {text})", code == 250)
        self.show_log(text)
        for name, person in ((BOB, self.bob), (DAVE, self.dave)):
            copy = self.taken(mail, name)
            stage.show(f"What {name} gets:", interesting(copy.data))
            stage.check("the text is not in it",
                        b"flower pot" not in copy.data)
            stage.check("it goes to nobody else", copy.recipients == [name])
            stage.check(f"its ciphertext names the certificate of {name} and "
                        "no other", openssl.recipient_serials(copy.data) ==
                        [person.serial()])
            inside = stage.attempt(f"the private key of {name} opens it",
                                   lambda c=copy, p=person: p.decrypt(c.data))
            stage.check("inside is the text, signed by Alice", bool(inside) and
                        b"flower pot" in self.site.verify(inside)[0])
        copy = self.taken(mail, CAROL)
        stage.show(f"What {CAROL} gets:", interesting(copy.data))
        self.verify(copy.data, "$ openssl cms -verify -CAfile example.org.pem")
        stage.check("Dave is named nowhere", DAVE.encode() not in copy.data)
