/*
 * BouncyOpener.java: Bouncy Castle as a reader of encrypted mail, for
 * tests/system/openers.py.
 *
 *   java -cp JARS BouncyOpener.java LIST
 *
 * Each line of LIST names three files: a message, a certificate, and its key
 * as PKCS#8 in PEM.  The first line of standard output is the version, then
 * comes one for each of LIST:
 *
 *   opened|refused TAB text
 *
 * where text tells why, or how the message is labelled.  What is inside the
 * envelope goes to MESSAGE.N, N being the number of the line, from 0.
 *
 * JavaMail takes the message apart.  One virtual machine opens all messages,
 * because it starts slowly.
 */
import java.io.FileInputStream;
import java.io.FileReader;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.mail.Session;
import javax.mail.internet.ContentType;
import javax.mail.internet.MimeMessage;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.Recipient;
import org.bouncycastle.cms.RecipientId;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.jcajce.JceKeyAgreeEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientId;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientId;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

public class BouncyOpener {
	private final Session session = Session.getInstance(new Properties());
	private final Map<String, PrivateKey> keys = new HashMap<>();

	private PrivateKey key(String path) throws Exception {
		if (!keys.containsKey(path))
			try (PEMParser in =
				 new PEMParser(new FileReader(path))) {
				keys.put(path, new JcaPEMKeyConverter()
				    .setProvider("BC").getPrivateKey(
					(PrivateKeyInfo) in.readObject()));
			}
		return keys.get(path);
	}

	private static X509Certificate certificate(String path)
	    throws Exception {
		try (InputStream in = new FileInputStream(path)) {
			return (X509Certificate)
			    CertificateFactory.getInstance("X.509")
				.generateCertificate(in);
		}
	}

	/* What the library has for such a key; nothing of its own is there for
	 * key agreement with AuthEnvelopedData. */
	private static Recipient recipient(PrivateKey key, boolean aead) {
		if (!key.getAlgorithm().equals("RSA"))
			return new JceKeyAgreeEnvelopedRecipient(key)
			    .setProvider("BC");
		if (aead)
			return new JceKeyTransAuthEnvelopedRecipient(key)
			    .setProvider("BC");
		return new JceKeyTransEnvelopedRecipient(key)
		    .setProvider("BC");
	}

	private static byte[] open(byte[] cms, X509Certificate owner,
	    PrivateKey key) throws Exception {
		boolean aead = ContentInfo.getInstance(cms).getContentType()
		    .equals(CMSObjectIdentifiers.authEnvelopedData);
		RecipientInformationStore infos = aead
		    ? new CMSAuthEnvelopedData(cms).getRecipientInfos()
		    : new CMSEnvelopedData(cms).getRecipientInfos();
		RecipientId id = key.getAlgorithm().equals("RSA")
		    ? new JceKeyTransRecipientId(owner)
		    : new JceKeyAgreeRecipientId(owner);
		RecipientInformation info = infos.get(id);

		if (info == null)
			throw new Exception("not among the recipients");
		return info.getContent(recipient(key, aead));
	}

	private String read(String[] files, int number) {
		try (InputStream in = new FileInputStream(files[0])) {
			MimeMessage message = new MimeMessage(session, in);
			byte[] cms = message.getInputStream().readAllBytes();
			ContentType type =
			    new ContentType(message.getContentType());

			Files.write(Path.of(files[0] + "." + number),
			    open(cms, certificate(files[1]), key(files[2])));
			return "opened\t" + type.getBaseType() + " " +
			    type.getParameter("smime-type") + " " +
			    message.getDisposition() + " " +
			    message.getFileName();
		} catch (Exception e) {
			Throwable why = e;

			while (why.getCause() != null)
				why = why.getCause();
			return "refused\t" + (e + " " + why)
			    .replaceAll("\\s+", " ");
		}
	}

	public static void main(String[] args) throws Exception {
		BouncyCastleProvider provider = new BouncyCastleProvider();
		BouncyOpener opener = new BouncyOpener();
		List<String> list = Files.readAllLines(Path.of(args[0]));

		Security.addProvider(provider);
		System.out.println(provider.getVersionStr());
		for (int i = 0; i < list.size(); i++)
			System.out.println(opener.read(list.get(i).split("\t"), i));
	}
}
