/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a message is accepted or refused: every check of either half returns one
 * of these reasons; server_act() and smbsign_client_refuse() turn it into an
 * action.
 */
#ifndef SMBSIGN_REASON_H
#define SMBSIGN_REASON_H

#include <linux/compiler.h>
#include <linux/types.h>

#include <smbsign/stats.h>

/**
 * enum smbsign_action - what becomes of a message, or of its connection
 * @SMBSIGN_ACCEPT: it is processed
 * @SMBSIGN_ANSWER: the server answers with the reason's NT status
 * @SMBSIGN_IGNORE: nothing is done with it, as if it had not come
 * @SMBSIGN_FAIL: the client's caller gets the reason's errno
 * @SMBSIGN_END: the connection ends, without an answer
 *
 * Ending the connection is 0, so that a row without an action refuses.
 */
enum smbsign_action {
	SMBSIGN_END,
	SMBSIGN_FAIL,
	SMBSIGN_IGNORE,
	SMBSIGN_ANSWER,
	SMBSIGN_ACCEPT,
};

/**
 * enum smbsign_severity - how the kernel log tells of it
 * @SMBSIGN_ALARM: as of an attack
 * @SMBSIGN_CALM: as of what an honest peer may do
 * @SMBSIGN_SILENT: not at all
 */
enum smbsign_severity {
	SMBSIGN_ALARM,
	SMBSIGN_CALM,
	SMBSIGN_SILENT,
};

/*
 * One row for each reason: its name after SMBSIGN_BECAUSE_, its counter, what
 * the server does and with which NT status, what the client does and with which
 * errno, how the log tells of it, and its words, which complete the sentence
 * "the message is refused: ...".
 */
#define SMBSIGN_REASONS(R)						\
	R(UNSIGNED, UNSIGNED, ANSWER, ACCESS_DENIED,			\
	  END, EKEYREJECTED, ALARM, "it is not signed")			\
	R(BAD_SIGNATURE, BAD_SIGNATURE, ANSWER, ACCESS_DENIED,		\
	  END, EKEYREJECTED, ALARM, "its signature is wrong")		\
	R(MALFORMED, BAD_SIGNATURE, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM, "it is malformed")			\
	R(REPLAYED, REPLAYED, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM,					\
	  "its MessageId was used before or not granted")		\
	R(GUEST, GUEST, ANSWER, ACCESS_DENIED,				\
	  FAIL, EACCES, ALARM, "its session is a guest's or anonymous")	\
	R(DIALECT, DIALECT, END, NOT_SUPPORTED,				\
	  FAIL, EOPNOTSUPP, ALARM, "its dialect is not allowed")	\
	R(ALGORITHM, ALGORITHM, END, NOT_SUPPORTED,			\
	  FAIL, EOPNOTSUPP, ALARM,					\
	  "its signing algorithm is not allowed")			\
	R(NO_KEY, UNSIGNED, ANSWER, ACCESS_DENIED,			\
	  END, EKEYREJECTED, ALARM, "its session has no signing key")	\
	R(MIXED_SESSIONS, UNSIGNED, ANSWER, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM, "its elements are of several sessions") \
	R(NO_CIPHER, BAD_SIGNATURE, END, ACCESS_DENIED,			\
	  END, EKEYREJECTED, ALARM,					\
	  "it is encrypted, but its session has no encryption keys")	\
	R(OTHER_TRANSFORM, BAD_SIGNATURE, END, ACCESS_DENIED,		\
	  END, EKEYREJECTED, ALARM, "it was encrypted for another session") \
	R(PLAIN, UNSIGNED, ANSWER, ACCESS_DENIED,			\
	  END, EKEYREJECTED, ALARM,					\
	  "its session has to encrypt, and it is not encrypted")	\
	R(PLAIN_PAYLOAD, UNSIGNED, ANSWER, NOT_SUPPORTED,		\
	  END, EKEYREJECTED, ALARM,					\
	  "its data would go by RDMA, neither signed nor encrypted")	\
	R(UNPROTECTED_CONNECT, UNSIGNED, END, ACCESS_DENIED,		\
	  END, EKEYREJECTED, ALARM, "it is neither signed nor encrypted") \
	R(VALIDATE_DIFFERS, DIALECT, END, ACCESS_DENIED,		\
	  END, EKEYREJECTED, ALARM, "NEGOTIATE was tampered with")	\
	R(NEGOTIATED, DIALECT, END, ACCESS_DENIED,			\
	  END, EKEYREJECTED, ALARM, "its connection is negotiated already") \
	R(BAD_NEGOTIATE, NONE, ANSWER, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "its signing or its contexts are not as the protocol demands") \
	R(BAD_SETUP, NONE, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM,					\
	  "it is too short, or part of a compound")			\
	R(SMB1, DIALECT, ANSWER, NOT_SUPPORTED,				\
	  FAIL, EOPNOTSUPP, CALM, "SMB1 is refused")			\
	R(SESSIONLESS, NONE, ANSWER, ACCESS_DENIED,			\
	  END, EKEYREJECTED, CALM, "it is of no session")		\
	R(OLD_CONNECTION, NONE, END, ACCESS_DENIED,			\
	  END, EKEYREJECTED, CALM, "its connection is older than smbsign") \
	R(REJECTED, NONE, END, ACCESS_DENIED,				\
	  END, EKEYREJECTED, CALM, "its NEGOTIATE was refused")		\
	R(NOT_ENFORCED, NONE, END, ACCESS_DENIED,			\
	  END, EKEYREJECTED, CALM,					\
	  "no longer enforced, and ksmbd cannot sign as was negotiated") \
	R(BIND_NOTHING, NONE, ANSWER, USER_SESSION_DELETED,		\
	  END, EKEYREJECTED, CALM, "it binds a session that is not there") \
	R(BIND_EARLY, NONE, ANSWER, REQUEST_NOT_ACCEPTED,		\
	  END, EKEYREJECTED, CALM,					\
	  "it binds a session that is not authenticated yet")		\
	R(BUSY, NONE, END, INSUFFICIENT_RESOURCES,			\
	  END, EKEYREJECTED, CALM, "another SESSION_SETUP takes too long") \
	R(BIND_UNSIGNED, UNSIGNED, ANSWER, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM, "it binds a session and is not signed") \
	R(BIND_GUEST, GUEST, ANSWER, NOT_SUPPORTED,			\
	  END, EKEYREJECTED, CALM, "it binds a guest's session")	\
	R(BIND_GMAC, ALGORITHM, ANSWER, NOT_SUPPORTED,			\
	  END, EKEYREJECTED, CALM,					\
	  "it binds a session, which AES-GMAC is not safe for")		\
	R(BIND_FROM_GMAC, ALGORITHM, ANSWER, OUT_OF_SEQUENCE,		\
	  END, EKEYREJECTED, CALM,					\
	  "it binds a session of AES-GMAC to another algorithm")	\
	R(BIND_TO_GMAC, ALGORITHM, ANSWER, NOT_SUPPORTED,		\
	  END, EKEYREJECTED, CALM,					\
	  "it binds a session of another algorithm to AES-GMAC")	\
	R(NOT_SIGNED_BACK, NONE, END, INSUFFICIENT_RESOURCES,		\
	  END, EKEYREJECTED, ALARM, "its answer cannot be signed")	\
	R(NOT_ENCRYPTED_BACK, NONE, END, INSUFFICIENT_RESOURCES,	\
	  END, EKEYREJECTED, ALARM, "its answer cannot be encrypted")	\
	R(PAST_US, NONE, END, INSUFFICIENT_RESOURCES,			\
	  END, EKEYREJECTED, ALARM,					\
	  "ksmbd has answered it without our having a say")		\
	R(NO_MEMORY, UNSIGNED, END, INSUFFICIENT_RESOURCES,		\
	  FAIL, ENOMEM, ALARM, "memory is short, so it cannot be verified") \
	R(NOT_COMPUTED, BAD_SIGNATURE, END, INSUFFICIENT_RESOURCES,	\
	  END, EKEYREJECTED, ALARM, "its signature cannot be computed")	\
	R(REFLECTED, REPLAYED, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM, "it is a request, not a reply")	\
	R(UNASKED, REPLAYED, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM, "nothing was asked")		\
	R(MISSING, REPLAYED, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM, "a reply before it is missing")	\
	R(NOT_DECRYPTED, BAD_SIGNATURE, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM, "it cannot be decrypted")		\
	R(NOT_OURS, UNSIGNED, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, CALM,					\
	  "its request was not sent under this policy")			\
	R(NO_SESSION, UNSIGNED, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM, "its session is gone")		\
	R(NOT_ENCRYPTED, UNSIGNED, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "it is not encrypted, its request was")			\
	R(OTHER_SESSION, BAD_SIGNATURE, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "it belongs to another session")			\
	R(DIRECT_READ, BAD_SIGNATURE, END, INVALID_PARAMETER,		\
	  FAIL, EIO, ALARM,						\
	  "wrong signature, or its task wrote to the memory that it read to") \
	R(KSMBD_FAULT, BAD_SIGNATURE, END, INVALID_PARAMETER,		\
	  FAIL, EIO, ALARM,						\
	  "wrong signature, a fault of old ksmbd: load smbsign there, or list it in client/exempt")\
	R(DIALECT_NOT_OFFERED, DIALECT, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "it has a dialect that was not offered")			\
	R(CANNOT_SIGN, DIALECT, END, NOT_SUPPORTED,			\
	  END, EOPNOTSUPP, ALARM, "the server cannot sign")		\
	R(BAD_CONTEXTS, DIALECT, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "its negotiate contexts are not what the protocol demands")	\
	R(HASH_NOT_OFFERED, DIALECT, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "it has a preauth integrity hash that was not offered")	\
	R(CIPHER_NOT_OFFERED, DIALECT, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "it has a cipher that was not offered")			\
	R(ALGORITHM_NOT_OFFERED, ALGORITHM, END, INVALID_PARAMETER,	\
	  END, EKEYREJECTED, ALARM,					\
	  "it has a signing algorithm that was not offered")		\
	R(NO_ENCRYPTION, DIALECT, END, NOT_SUPPORTED,			\
	  END, EOPNOTSUPP, ALARM, "it has no encryption any more")	\
	R(OTHER_SERVER, DIALECT, END, INVALID_PARAMETER,		\
	  END, EKEYREJECTED, ALARM,					\
	  "it is not what the server has said on the first channel")	\
	R(TAMPERED, DIALECT, END, INVALID_PARAMETER,			\
	  END, EKEYREJECTED, ALARM, "NEGOTIATE was tampered with")	\
	R(NOT_VALIDATED, DIALECT, END, ACCESS_DENIED,			\
	  END, EKEYREJECTED, ALARM,					\
	  "it is an error that leaves open whether NEGOTIATE was tampered with") \
	R(NOT_VERIFIED, BAD_SIGNATURE, END, INVALID_PARAMETER,		\
	  FAIL, EKEYREJECTED, ALARM,					\
	  "it has come past smbsign, unverified")			\
	R(SESSION_ENDED, TOLERATED, END, INVALID_PARAMETER,		\
	  END, EAGAIN, CALM, "the server has ended the session")	\
	R(OBJECT_GONE, TOLERATED, END, INVALID_PARAMETER,		\
	  END, EAGAIN, CALM,						\
	  "the server does not know what it is about any more")		\
	R(INTERIM, NONE, END, INVALID_PARAMETER,			\
	  IGNORE, EINPROGRESS, SILENT, "the server asks for patience")

/**
 * enum smbsign_reason - the verdict on a message
 * @SMBSIGN_ACCEPTED: nothing speaks against it
 *
 * The others are refusals, each with a row in SMBSIGN_REASONS(). A check that
 * did not reach a verdict must not return @SMBSIGN_ACCEPTED.
 */
enum smbsign_reason {
	SMBSIGN_ACCEPTED,
#define SMBSIGN_REASON_ENUM(_name, ...) SMBSIGN_BECAUSE_##_name,
	SMBSIGN_REASONS(SMBSIGN_REASON_ENUM)
#undef SMBSIGN_REASON_ENUM
	__SMBSIGN_REASON_MAX
};

/**
 * struct smbsign_reason_row - what follows from a reason
 * @stat: its counter
 * @server: what the server half does
 * @status: with which NT status, MS-ERREF 2.3.1, host byte order
 * @client: what the client half does
 * @err: with which negative errno
 * @severity: how the log tells of it
 * @words: for the log
 */
struct smbsign_reason_row {
	enum smbsign_stat stat;
	enum smbsign_action server;
	u32 status;
	enum smbsign_action client;
	int err;
	enum smbsign_severity severity;
	const char *words;
};

const struct smbsign_reason_row *
smbsign_reason_row(enum smbsign_reason reason);

#endif /* SMBSIGN_REASON_H */
