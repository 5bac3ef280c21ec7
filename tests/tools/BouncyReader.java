/*
 * BouncyReader.java: Bouncy Castle as a reader of signed mail, for
 * tests/system/readers.py.
 *
 *   java -cp JARS BouncyReader.java ROOT MESSAGE...
 *
 * JavaMail takes each message apart; SignedMailValidator judges signature,
 * usages and addresses of the certificate, and its path to ROOT.  The first
 * line of standard output is the version, then comes one for each MESSAGE:
 *
 *   accepted|refused TAB SHA-256 of the signer's certificate TAB text
 *
 * where text tells why, or how the part with the signature is labelled.
 *
 * MESSAGE.content gets the signed octets as a mail program gets them.  One
 * virtual machine reads all messages, because it starts slowly.
 */
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import javax.mail.Session;
import javax.mail.internet.ContentType;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import javax.mail.internet.MimePart;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.i18n.ErrorBundle;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.mail.smime.SMIMESigned;
import org.bouncycastle.mail.smime.validator.SignedMailValidator;

public class BouncyReader {
	private final Session session = Session.getInstance(new Properties());
	private final PKIXParameters trust;

	BouncyReader(X509Certificate root) throws Exception {
		trust = new PKIXParameters(
		    Collections.singleton(new TrustAnchor(root, null)));
		trust.setRevocationEnabled(false);
	}

	private static String fingerprint(X509Certificate c) throws Exception {
		MessageDigest sha256 = MessageDigest.getInstance("SHA-256");

		return HexFormat.of().formatHex(sha256.digest(c.getEncoded()));
	}

	/* Type, disposition and name of the part with the signature. */
	private static String labels(MimeMessage message) throws Exception {
		MimePart part = message;

		if (message.isMimeType("multipart/signed"))
			part = (MimePart) ((MimeMultipart) message.getContent())
			    .getBodyPart(1);
		return new ContentType(part.getContentType()).getBaseType() +
		    " " + part.getDisposition() + " " + part.getFileName();
	}

	private static void writeContent(MimeMessage message, OutputStream out)
	    throws Exception {
		if (message.isMimeType("multipart/signed"))
			((MimeMultipart) message.getContent())
			    .getBodyPart(0).writeTo(out);
		else
			new SMIMESigned(message).getSignedContent().write(out);
	}

	private static String texts(List<?>... lists) {
		List<String> texts = new ArrayList<>();

		for (List<?> errors : lists)
			for (Object error : errors)
				texts.add(((ErrorBundle) error)
				    .getText(Locale.ENGLISH));
		return String.join(" ", texts);
	}

	private String judge(MimeMessage message) throws Exception {
		SignedMailValidator validator =
		    new SignedMailValidator(message, trust);
		SignedMailValidator.ValidationResult result;
		List<SignerInformation> signers = new ArrayList<>(
		    validator.getSignerInformationStore().getSigners());
		String signer = "", path = "";

		if (signers.size() != 1)
			return "refused\t\tnot exactly one signer";
		result = validator.getValidationResult(signers.get(0));
		if (result.getCertPath() != null) {
			signer = fingerprint((X509Certificate)
			    result.getCertPath().getCertificates().get(0));
			path = texts(result.getCertPathReview().getErrors());
		}
		if (result.isValidSignature())
			return "accepted\t" + signer + "\t" + labels(message);
		return "refused\t" + signer + "\t" +
		    texts(result.getErrors()) + " " + path;
	}

	private String read(String path) {
		try (InputStream in = new FileInputStream(path);
		    OutputStream out =
			new FileOutputStream(path + ".content")) {
			MimeMessage message = new MimeMessage(session, in);

			writeContent(message, out);
			return judge(message);
		} catch (Exception e) {
			return "refused\t\t" +
			    e.toString().replaceAll("\\s+", " ");
		}
	}

	public static void main(String[] args) throws Exception {
		BouncyCastleProvider provider = new BouncyCastleProvider();
		BouncyReader reader;

		Security.addProvider(provider);
		try (InputStream in = new FileInputStream(args[0])) {
			reader = new BouncyReader((X509Certificate)
			    CertificateFactory.getInstance("X.509")
				.generateCertificate(in));
		}
		System.out.println(provider.getVersionStr());
		for (int i = 1; i < args.length; i++)
			System.out.println(reader.read(args[i]));
	}
}
