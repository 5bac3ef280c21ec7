/*
 * BouncyMaker.java: Bouncy Castle as the other side's mail program, for
 * tests/system/makers.py.
 *
 *   java -cp JARS BouncyMaker.java LIST
 *
 * Each line of LIST names a file to write, one with the MIME entity to begin
 * with, and steps, from the inside out, all with a TAB between them:
 *
 *   sign FORM ALGORITHM CERTIFICATE KEY INTERMEDIATE
 *       FORM: detached or opaque; ALGORITHM: SHA256withRSA, Ed25519 ...
 *   encrypt CIPHER TRANSPORT CERTIFICATE
 *       CIPHER: AES256_GCM ...; TRANSPORT: pkcs1, oaep-SHA-256, ECDH_SHA1KDF ...
 *   compress
 *
 * Ciphers and key agreements have the names of CMSAlgorithm.  The first line of
 * standard output is the version, then comes one for each of LIST:
 *
 *   made|refused TAB text
 *
 * One virtual machine makes all messages, because it starts slowly.
 */
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileReader;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAESOAEPparams;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSAlgorithm;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSCompressedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.RecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.ZlibCompressor;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.DefaultDigestAlgorithmIdentifierFinder;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.OutputEncryptor;

public class BouncyMaker {
	private static PrivateKey key(String path) throws Exception {
		try (PEMParser in = new PEMParser(new FileReader(path))) {
			return new JcaPEMKeyConverter().setProvider("BC")
			    .getPrivateKey((PrivateKeyInfo) in.readObject());
		}
	}

	private static X509Certificate certificate(String path)
	    throws Exception {
		try (InputStream in = new FileInputStream(path)) {
			return (X509Certificate)
			    CertificateFactory.getInstance("X.509", "BC")
				.generateCertificate(in);
		}
	}

	private static ASN1ObjectIdentifier named(String name)
	    throws Exception {
		return (ASN1ObjectIdentifier)
		    CMSAlgorithm.class.getField(name).get(null);
	}

	private static byte[] joined(Object... parts) throws Exception {
		ByteArrayOutputStream out = new ByteArrayOutputStream();

		for (Object part : parts)
			out.write(part instanceof String
			    ? ((String) part).getBytes(
				StandardCharsets.US_ASCII)
			    : (byte[]) part);
		return out.toByteArray();
	}

	private static byte[] opaque(String type, byte[] cms)
	    throws Exception {
		return joined("Content-Type: application/pkcs7-mime; smime-type=",
		    type, "; name=smime.p7m\r\n",
		    "Content-Transfer-Encoding: base64\r\n\r\n",
		    Base64.getMimeEncoder().encode(cms), "\r\n");
	}

	private static byte[] detached(byte[] entity, byte[] cms)
	    throws Exception {
		String line = "--=_bouncy" + System.nanoTime();

		return joined("Content-Type: multipart/signed; micalg=sha-256; ",
		    "protocol=\"application/pkcs7-signature\"; boundary=\"",
		    line.substring(2), "\"\r\n\r\n", line, "\r\n", entity,
		    "\r\n", line, "\r\n",
		    "Content-Type: application/pkcs7-signature; ",
		    "name=smime.p7s\r\n",
		    "Content-Transfer-Encoding: base64\r\n\r\n",
		    Base64.getMimeEncoder().encode(cms), "\r\n", line,
		    "--\r\n");
	}

	private static byte[] sign(byte[] entity, String[] words)
	    throws Exception {
		boolean inside = words[1].equals("opaque");
		CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
		X509Certificate signer = certificate(words[3]);
		byte[] cms;

		generator.addSignerInfoGenerator(
		    new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC")
			.build(words[2], key(words[4]), signer));
		generator.addCertificate(new JcaX509CertificateHolder(signer));
		generator.addCertificate(
		    new JcaX509CertificateHolder(certificate(words[5])));
		cms = generator.generate(new CMSProcessableByteArray(entity),
		    inside).getEncoded();
		return inside ? opaque("signed-data", cms)
			      : detached(entity, cms);
	}

	private static RecipientInfoGenerator agreement(String kdf,
	    boolean strong, X509Certificate to) throws Exception {
		KeyPairGenerator pairs =
		    KeyPairGenerator.getInstance("EC", "BC");
		KeyPair pair;

		pairs.initialize(((ECPublicKey) to.getPublicKey()).getParams());
		pair = pairs.generateKeyPair();
		return new JceKeyAgreeRecipientInfoGenerator(named(kdf),
		    pair.getPrivate(), pair.getPublic(), strong
			? CMSAlgorithm.AES256_WRAP : CMSAlgorithm.AES128_WRAP)
		    .setProvider("BC").addRecipient(to);
	}

	private static RecipientInfoGenerator recipient(String transport,
	    boolean strong, X509Certificate to) throws Exception {
		AlgorithmIdentifier digest;

		if (transport.startsWith("EC"))
			return agreement(transport, strong, to);
		if (!transport.startsWith("oaep-"))
			return new JceKeyTransRecipientInfoGenerator(to)
			    .setProvider("BC");
		digest = new AlgorithmIdentifier(
		    new DefaultDigestAlgorithmIdentifierFinder()
			.find(transport.substring(5)).getAlgorithm(),
		    DERNull.INSTANCE);
		return new JceKeyTransRecipientInfoGenerator(to,
		    new AlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP,
			new RSAESOAEPparams(digest, new AlgorithmIdentifier(
			    PKCSObjectIdentifiers.id_mgf1, digest),
			    RSAESOAEPparams.DEFAULT_P_SOURCE_ALGORITHM)))
		    .setProvider("BC");
	}

	private static byte[] encrypt(byte[] entity, String[] words)
	    throws Exception {
		boolean aead = words[1].endsWith("_GCM");
		CMSEnvelopedGenerator generator = aead
		    ? new CMSAuthEnvelopedDataGenerator()
		    : new CMSEnvelopedDataGenerator();
		CMSProcessableByteArray content =
		    new CMSProcessableByteArray(entity);
		OutputEncryptor cipher =
		    new JceCMSContentEncryptorBuilder(named(words[1]))
			.setProvider("BC").build();

		generator.addRecipientInfoGenerator(recipient(words[2],
		    words[1].contains("256"), certificate(words[3])));
		if (aead)
			return opaque("authEnveloped-data",
			    ((CMSAuthEnvelopedDataGenerator) generator)
				.generate(content, (OutputAEADEncryptor) cipher)
				.getEncoded());
		return opaque("enveloped-data",
		    ((CMSEnvelopedDataGenerator) generator)
			.generate(content, cipher).getEncoded());
	}

	private static byte[] step(byte[] entity, String[] words)
	    throws Exception {
		switch (words[0]) {
		case "sign":
			return sign(entity, words);
		case "encrypt":
			return encrypt(entity, words);
		case "compress":
			return opaque("compressed-data",
			    new CMSCompressedDataGenerator().generate(
				new CMSProcessableByteArray(entity),
				new ZlibCompressor()).getEncoded());
		default:
			throw new Exception("a step called " + words[0]);
		}
	}

	private static String make(String[] order) {
		try {
			byte[] entity = Files.readAllBytes(Path.of(order[1]));

			for (int i = 2; i < order.length; i++)
				entity = step(entity, order[i].split(" "));
			Files.write(Path.of(order[0]), entity);
			return "made\t";
		} catch (Exception e) {
			return "refused\t" +
			    e.toString().replaceAll("\\s+", " ");
		}
	}

	public static void main(String[] args) throws Exception {
		BouncyCastleProvider provider = new BouncyCastleProvider();
		List<String> list = Files.readAllLines(Path.of(args[0]));

		Security.addProvider(provider);
		System.out.println(provider.getVersionStr());
		for (String order : list)
			System.out.println(make(order.split("\t")));
	}
}
