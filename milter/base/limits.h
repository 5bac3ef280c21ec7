/*
 * limits.h: every limit on size, depth, count and time, with its reason.
 *
 * Each has a test at the limit and one past it.  What an operator may want
 * to change is an option (settings/) instead.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB (1024u)
#define MIB (1024u * KIB)

/* Mail */

/* RFC 5321 4.5.3.1: 64 octets of local part, 255 of domain, one "@".
 * Longer local parts exist; three times that is nobody's address. */
#define LIMIT_ADDRESS 512u
/* Mailboxes in one address field.  Postfix cuts header fields at 60 kB. */
#define LIMIT_ADDRESSES 4096u
/* Mailboxes of From whose rules are looked up.  A stranger writes as many as he
 * likes, and each may cost questions to the store; people write one. */
#define LIMIT_DEMAND_AUTHORS 32u
/* Header fields of a message and their bytes.  Postfix passes some thousand
 * fields; 4 MiB is far beyond any MTA's own limit. */
#define LIMIT_HEADER_FIELDS 20000u
#define LIMIT_HEADER_BYTES  4194304u
/* Content-* and other fields that go from a message that is to be changed.
 * There are five.  Each is an edit of its own, for which Postfix walks the
 * header: 5,000 keep it busy for seconds. */
#define LIMIT_CONTENT_FIELDS 500u
/* Fields that are taken out because they say what the sender wishes: each is
 * an edit, too. */
#define LIMIT_TRIGGER_FIELDS 500u
/* Fields of incoming mail that only we may write: each is an edit, too, and
 * one is what a loop or a careless forwarder leaves. */
#define LIMIT_FORGED_FIELDS 500u
/* Octets of the reason that a mail server is given for keeping mail back:
 * mailq shows it in one line. */
#define LIMIT_HOLD_TEXT 200u
/* How often a subject is looked at again because something was taken out of
 * it: once is enough for what people write. */
#define LIMIT_TRIGGER_ROUNDS 8u
/* A disclaimer's file: legal texts have 2 kB, with pictures in HTML more. */
#define LIMIT_DISCLAIMER 65536u
/* Placeholders in such a file, and octets of a sender's name that go there:
 * together they bound what a file can become. */
#define LIMIT_DISCLAIMER_PLACEHOLDERS 64u
#define LIMIT_DISCLAIMER_NAME	      256u
/* Bodies of one message that get a disclaimer: text and HTML are two, and some
 * programs add a few more kinds. */
#define LIMIT_DISCLAIMER_BODIES 16u
/* Octets of letters by which a text is recognised: with fewer, "Ltd." would be
 * found everywhere. */
#define LIMIT_DISCLAIMER_LITERAL 8u
/* Parts and nesting that are looked at one by one; beyond, the message is
 * handled as one opaque run of bytes. */
#define LIMIT_MIME_PARTS 10000u
#define LIMIT_MIME_DEPTH 64u
/* Parameters of one Content-Type or Content-Disposition. */
#define LIMIT_MIME_PARAMS 64u
/* What other servers follow when they take a message apart: Sendmail keeps 20
 * boundaries (and the signature adds one), 20 parameters of a field, and 2048
 * octets of it. */
#define LIMIT_MIME_STRICT_DEPTH	 16u
#define LIMIT_MIME_STRICT_PARAMS 16u
#define LIMIT_MIME_STRICT_FIELD	 2000u
/* Postfix cuts any header field of a part there (header_size_limit). */
#define LIMIT_MIME_STRICT_ANY_FIELD 102400u
/* RFC 2046 5.1.1 says 70; programs that put a host name into it write more.
 * Sendmail has room for 127. */
#define LIMIT_BOUNDARY 127u
/* Memory for the tree of one message's parts. */
#define LIMIT_MIME_MEMORY (32u * MIB)
/* Lines that survive every road: Sendmail cuts at 990, Postfix at 998. */
#define LIMIT_LINE 988u
/* Header fields of a part that Postfix leaves whole (header_size_limit), and
 * multiparts inside one another in which it looks for parts
 * (mime_nesting_limit). */
#define LIMIT_ROAD_FIELD   102400u
#define LIMIT_ROAD_NESTING 100u
/* Recipients of one message; Postfix's default is 1000. */
#define LIMIT_RECIPIENTS 20000u

/* Certificates and CMS */

/* One certificate: 64 KiB.  Post-quantum ones are below 20 kB. */
#define LIMIT_CERTIFICATE 65536u
/* Names of one certificate that are looked at: hosts have dozens, people a
 * handful, and each costs a conversion. */
#define LIMIT_CERTIFICATE_ADDRESSES 256u
/* A chain that we send or store, and certificates looked at per message. */
#define LIMIT_CHAIN		       10u
#define LIMIT_CERTIFICATES_PER_MESSAGE 32u
/* Signatures of certificates that are verified to find the path of one among
 * those that came with it.  The sender chooses how many have the name of an
 * issuer, and keys with which one takes ten milliseconds; of real ones there
 * is one for each step, and rarely two. */
#define LIMIT_ISSUER_TRIES 16u
/* Authorities of the configuration; public bundles have about 150. */
#define LIMIT_ANCHORS 2000u
/* Verdicts about certificates that are remembered, and for how many seconds:
 * a change of the trusted authorities replaces them all, so this bounds only
 * how late a revocation is noticed. */
#define LIMIT_VERDICTS	      8192u
#define LIMIT_VERDICT_SECONDS 300
/* Pairs of a certificate and its issuer whose signature was verified, about
 * 250 bytes each: the correspondents of some days, and their authorities. */
#define LIMIT_ISSUED 8192u
/* DER of SMIMECapabilities; the longest seen are below 300 bytes. */
#define LIMIT_CAPABILITIES 4096u
/* A detached signature: chain and attributes, never content. */
#define LIMIT_SIGNATURE (1u * MIB)
/* SignerInfos of one message, and certificates tried for one of them when
 * several bear its name. */
#define LIMIT_SIGNERS		8u
#define LIMIT_SIGNER_CANDIDATES 4u
/* Attributes of one SignerInfo; real ones have up to ten. */
#define LIMIT_ATTRIBUTES 64u
/* Nesting of constructed values in CMS; the deepest that real ones reach is
 * about twelve. */
#define LIMIT_TLV_DEPTH 32u
/* RecipientInfos that are looked at when decrypting. */
#define LIMIT_RECIPIENT_INFOS 4096u
/* Contents in CBC that are opened with one content key, and such keys that are
 * remembered: an honest key has one content; some ways of guessing one want
 * 128 for an octet. */
#define LIMIT_CONTENTS_PER_KEY 8u
#define LIMIT_GUARDED_KEYS     4096u
/* RecipientInfos that are tried for one reader, and content keys that are
 * tried on one content: each key costs a pass over it. */
#define LIMIT_DECRYPT_TRIES 4u
/* Content keys that are unwrapped for one message, each of which is a request
 * to the key process: a millisecond or some.  Postfix takes 1000 recipients;
 * readers beyond get the ciphertext. */
#define LIMIT_UNWRAPS 1024u
/* Octets of what is told about whom a message was encrypted to. */
#define LIMIT_RECIPIENTS_SHOWN 1024u
/* S/MIME layers around one another; a triple wrap (RFC 2634) with compression
 * in it has four. */
#define LIMIT_LAYERS 8u
/* Parts of a message whose fingerprints go into a header field, some 70 octets
 * each; beyond there is one for all.  People write up to ten, newsletters with
 * pictures forty. */
#define LIMIT_SEAL_PARTS 48u
/* That field as it is written, of 48 parts at their longest 6 kB; and how many
 * of that name are looked at: there is one, or somebody plays. */
#define LIMIT_SEAL_FIELD  8192u
#define LIMIT_SEAL_FIELDS 4u
/* What is told about one changed message: nobody reads more. */
#define LIMIT_SEAL_FINDINGS 16u
/* A footer whose absence would make a signature good again: so large it may
 * be, in so many places it may begin, and so many bytes are digested for that:
 * some 20 milliseconds, only for what is broken anyway. */
#define LIMIT_INTACT_WINDOW 65536u
#define LIMIT_INTACT_TRIES  256u
#define LIMIT_INTACT_WORK   (32u * MIB)
/* compressed-data: what may come out of it, times what went in (of layers in
 * each other: into the first), and what may in any case.  Text gives 10 at most, a page of blanks 100; a bomb 1000. */
#define LIMIT_INFLATE_RATIO 100u
#define LIMIT_INFLATE_FREE  1048576u
/* Content-* fields of a plaintext and their octets: they become fields of the
 * message, and the longest is a list of parameters. */
#define LIMIT_PLAINTEXT_FIELDS 32u
#define LIMIT_PLAINTEXT_HEADER 16384u
/* Certificates of all recipients of a message that it might be encrypted to,
 * some 20 kB each with their keys: as many as there may be RecipientInfos. */
#define LIMIT_READER_CERTIFICATES 4096u
/* Octets up to which what was inside a ciphertext, compressed, may be larger
 * than what came.  Above its limit (message_size_limit of Postfix, 10,240,000
 * by default) a mail server answers 552 when it is told of the new body: the
 * mail is lost, and its sender knows that it was opened. */
#define LIMIT_GROWN_BODY (8u * MIB)
/* RFC 8551 section 6: refuse absurd keys before any operation. */
#define LIMIT_RSA_BITS 8192
/* RFC 8551 4.1 to 4.4: weaker ones neither sign nor receive. */
#define LIMIT_RSA_BITS_MIN 2048
/* Certificates kept for one address. */
#define LIMIT_CERTIFICATES_PER_ADDRESS 16u
/* Of those whose authority is not trusted, which anyone can make in any
 * number and for any address: for one address, in all, and the bytes of one
 * with its chain, of which ordinary ones have 6 kB. */
#define LIMIT_UNTRUSTED_PER_ADDRESS 4u
#define LIMIT_UNTRUSTED		    10000u
#define LIMIT_UNTRUSTED_BYTES	    32768u
/* Signing times further ahead than this are not believed (rule H3). */
#define LIMIT_CLOCK_SKEW (15 * 60)

/* Gateway */

/* Entries kept in memory.  A domain or a rule is some bytes; a sender with
 * identity and chain up to 30 kB, a recipient with two certificates 20 kB: 200
 * MB at worst, for those who write within a minute. */
#define LIMIT_CACHED_DOMAINS	16384u
#define LIMIT_CACHED_RULES	16384u
#define LIMIT_CACHED_SENDERS	4096u
#define LIMIT_CACHED_RECIPIENTS 4096u
/* Certificates that came in messages, and their bytes together.  An ordinary
 * one has 2 kB, and 10 kB when parsed; one that a stranger filled with tiny
 * names has 64 kB, and 3 MB. */
#define LIMIT_CACHED_CERTIFICATES      2048u
#define LIMIT_CACHED_CERTIFICATE_BYTES (4u * MIB)
/* How long an entry is believed: what changes without a new generation of
 * the store (a cached path verdict) is noticed within a minute. */
#define LIMIT_CACHE_SECONDS 60
/* Messages whose certificates wait to be written, and the bytes of those
 * certificates; parsed they take some five times as much, hostile ones fifty
 * times. */
#define LIMIT_HARVEST_QUEUE 1024u
#define LIMIT_HARVEST_BYTES (8u * MIB)
/* Contacts that the store is told of in one transaction, some milliseconds in
 * which nobody else can write; and how many are remembered to have been told
 * of today, some 100 bytes each.  Who is forgotten is told of once more. */
#define LIMIT_CONTACTS_AT_ONCE 256u
#define LIMIT_CONTACTS_TOLD    16384u
/* Identities whose rate is known, some 100 bytes each.  One that is forgotten
 * begins anew; only who sent least recently is. */
#define LIMIT_RATED_IDENTITIES 65536u
/* The same complaint is logged once in this time. */
#define LIMIT_COMPLAINT_MS (60 * 1000)
/* What the operator was told once is said again: a line of yesterday's log
 * may have been overlooked. */
#define LIMIT_REMINDER_SECONDS (24 * 3600)

/* Copies of one message */

/* All of them together take at most so many times max_message, on the disk and
 * on the way to the listener: 50 blind recipients of 100 MB would be 7 GB. */
#define LIMIT_COPIES_SPACE 4u
/* How often a message is decided anew because ciphertexts did not come about;
 * after that there are none.  Once is usual. */
#define LIMIT_COPIES_ROUNDS 3u

/* Reinjection */

/* Copies of one message, and connections at the same time: each copy waits
 * for its final dot on one of its own.  Half of what Postfix has for all
 * clients of a listener (default_process_limit), so that we never bring it
 * into its stress mode, where it waits for nobody. */
#define LIMIT_RELAY_COPIES 50u
/* Milliseconds that must be left for the answer to a final dot before one is
 * sent: milters behind the listener (DKIM) and a busy disk take seconds, and
 * an answer that comes too late is the one thing nobody can repair. */
#define LIMIT_RELAY_ANSWER (60 * 1000)
/* Addresses of the listener's host that are tried. */
#define LIMIT_RELAY_ADDRESSES 4u
/* A line of a reply with its CRLF.  RFC 5321 4.5.3.1.5 has 512; policy
 * services write more. */
#define LIMIT_RELAY_LINE 2048u
/* Lines of a reply; that to EHLO has a dozen. */
#define LIMIT_RELAY_LINES 100u
/* What is kept of a reply's text. */
#define LIMIT_RELAY_TEXT 200u
/* MAIL or RCPT with its parameters: what Postfix (line_length_limit) and
 * Sendmail (MAXLINE) read. */
#define LIMIT_RELAY_COMMAND 2048u
/* RCPT commands that are sent before the first of them is answered: their
 * answers fit into any socket's buffer. */
#define LIMIT_RELAY_WINDOW 32u
/* Refused recipients after which the others are not asked: Postfix delays
 * each answer when there are more (smtpd_soft_error_limit, 10). */
#define LIMIT_RELAY_REFUSALS 8u
/* What a mail server needs for a message beside its bytes, so that it does not
 * refuse the final dot of one that just fits the size it announces: Postfix
 * counts the queue file (about 900 bytes more, one more for a line over 127,
 * and for each recipient his addresses several times). */
#define LIMIT_RELAY_QUEUE_BYTES	    4096u
#define LIMIT_RELAY_QUEUE_LINE	    128u
#define LIMIT_RELAY_QUEUE_RECIPIENT 512u
/* Milliseconds of waiting after which the caller is told that we are alive:
 * he has to tell the mail server. */
#define LIMIT_RELAY_PROGRESS 1000

/* What the seal guard tells: reports to the operator in an hour (where every
 * mail is broken one of them is enough), recipients in one of them, and
 * findings of one message in the log, beside the first. */
#define LIMIT_GUARD_REPORTS    20u
#define LIMIT_GUARD_RECIPIENTS 10u
#define LIMIT_GUARD_FINDINGS   8u
/* Of the mail's own header in a report about it: nobody reads more. */
#define LIMIT_REPORT_HEADER 32768u
/* Tokens of copies: how long one is good for, in seconds.  A copy comes back
 * within the second, or when its turn has come at a busy listener; after
 * answer_timeout, ten minutes at most, nobody waits for it any more. */
#define LIMIT_TOKEN_SECONDS 900
/* Of how many it is remembered whether they were used: a bit each, and 72 a
 * second for as long as they are good.  A multiple of 8. */
#define LIMIT_TOKENS 65536u

/* Key process */

/* DER of signed attributes: six attributes are about 400 bytes. */
#define LIMIT_SIGNED_ATTRS 1024u
/* PKCS#8 of RSA-8192 is about 4.7 kB; wrapping adds 16. */
#define LIMIT_PRIVATE_KEY 16384u
/* A CertificationRequestInfo. */
#define LIMIT_REQUEST_INFO 16384u
/* One field of a key message, and the fields of one message. */
#define LIMIT_KEY_FIELD	 16384u
#define LIMIT_KEY_FIELDS 3
/* Keys that keyd keeps in memory, about 8 kB each; more are handed over
 * again when they are needed. */
#define LIMIT_KEYD_KEYS 20000u
/* Connections to keyd: a pool for each milter process and some tools. */
#define LIMIT_KEYD_CONNECTIONS 256u
/* Milliseconds for making a key pair, which no mail waits for: a second or
 * two for RSA-4096 on average, but luck decides, and ten times that happens;
 * so do machines that are busy with twenty other things. */
#define LIMIT_GENERATE_MS (10 * 60 * 1000)
/* Log lines a second that peers can cause. */
#define LIMIT_KEYD_COMPLAINTS 20u

/* Mail servers */

/* Milliseconds between signs of life while a message is worked on: Sendmail
 * waits 10 seconds for one unless it is told otherwise. */
#define LIMIT_HEARTBEAT 1000
/* Milliseconds for all the work on a message once it has arrived, where no
 * configuration says so.  Sendmail and Postfix wait 5 minutes by default,
 * signs of life or not. */
#define LIMIT_ANSWER_TIME 240000

/* Store */

/* Milliseconds to wait for a lock of the store before answering 451. */
#define LIMIT_STORE_WAIT 5000
/* Connections of one process.  A query takes microseconds: more threads than
 * this at once are waiting for the disk, and would only wait with more
 * memory. */
#define LIMIT_STORE_CONNECTIONS 16u
/* Chains that are kept parsed: one for each authority that issues for many;
 * and the bytes of their certificates, for strangers have some, too (see
 * LIMIT_CACHED_CERTIFICATE_BYTES). */
#define LIMIT_CHAINS_CACHED	  256u
#define LIMIT_CHAINS_CACHED_BYTES (2u * MIB)
/* How long a copy that was handed over is remembered: a client or queue that
 * never heard of it may come again until it gives up, after five days with
 * Postfix (maximal_queue_lifetime) and Sendmail (Timeout.queuereturn). */
#define LIMIT_JOURNAL_SECONDS (5 * 24 * 3600)
/* And when the message itself was accepted: only who missed the answer repeats
 * it, after an hour or so. */
#define LIMIT_JOURNAL_ACCEPTED (2 * 3600)
/* Unknown authorities that are remembered: anyone can send us new ones. */
#define LIMIT_AUTHORITIES 1000u

/* Administration */

/* Nobody types more; one line of the wrong file may be anything. */
#define LIMIT_PASSPHRASE 1024u
/* Iterations of a key file's passphrase, which take some seconds each time;
 * openssl writes 2048, careful programs a million. */
#define LIMIT_PBE_ITERATIONS 10000000u
/* Algorithms of one SMIMECapabilities that are shown; clients send twenty. */
#define LIMIT_CAPABILITIES_SHOWN 64u

/* What is read of a mail server's configuration, which nobody vouches for:
 * services or listeners, the longest value of a parameter, parameters that name
 * each other, in depth and in all, and rules of one table.  Large sites have
 * some dozens, some kilobytes, three or four, and some hundreds. */
#define LIMIT_DOCTOR_SERVICES 256u
#define LIMIT_DOCTOR_VALUE    65536u
#define LIMIT_DOCTOR_DEPTH    16u
#define LIMIT_DOCTOR_STEPS    1000u
#define LIMIT_DOCTOR_RULES    10000u
/* Milliseconds that postconf may take; it needs some tens. */
#define LIMIT_DOCTOR_WAIT (20 * 1000)

/* Text that we did not make, in one log line. */
#define LIMIT_LOG_FOREIGN 200u
/* Configuration and key files: 16 MiB. */
#define LIMIT_FILE 16777216u

#endif
