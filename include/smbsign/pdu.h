/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMB2 messages as they are on the wire, MS-SMB2 2.2. Pure: compiles in user
 * space too.
 */
#ifndef SMBSIGN_PDU_H
#define SMBSIGN_PDU_H

#include <linux/compiler.h>
#include <linux/types.h>

#define SMBSIGN_PROTO_SMB1 0x424d53ff
#define SMBSIGN_PROTO_SMB2 0x424d53fe
#define SMBSIGN_PROTO_TRANSFORM 0x424d53fd

#define SMBSIGN_DIALECT_202 0x0202
#define SMBSIGN_DIALECT_21 0x0210
#define SMBSIGN_DIALECT_30 0x0300
#define SMBSIGN_DIALECT_302 0x0302
#define SMBSIGN_DIALECT_311 0x0311

/* Command, 2.2.1.2 */
#define SMBSIGN_NEGOTIATE 0x00
#define SMBSIGN_SESSION_SETUP 0x01
#define SMBSIGN_LOGOFF 0x02
#define SMBSIGN_TREE_CONNECT 0x03
#define SMBSIGN_TREE_DISCONNECT 0x04
#define SMBSIGN_CLOSE 0x06
#define SMBSIGN_READ 0x08
#define SMBSIGN_WRITE 0x09
#define SMBSIGN_IOCTL 0x0b
#define SMBSIGN_CANCEL 0x0c
#define SMBSIGN_ECHO 0x0d
#define SMBSIGN_CHANGE_NOTIFY 0x0f
#define SMBSIGN_OPLOCK_BREAK 0x12

/* Flags, 2.2.1.2 */
#define SMBSIGN_FLAG_RESPONSE 0x00000001
#define SMBSIGN_FLAG_ASYNC 0x00000002
#define SMBSIGN_FLAG_RELATED 0x00000004
#define SMBSIGN_FLAG_SIGNED 0x00000008

/* SecurityMode, 2.2.3 and 2.2.4 */
#define SMBSIGN_SECMODE_ENABLED 0x0001
#define SMBSIGN_SECMODE_REQUIRED 0x0002

/* Capabilities, 2.2.3 and 2.2.4 */
#define SMBSIGN_CAP_ENCRYPTION 0x00000040

/* SigningAlgorithms, 2.2.3.1.7 */
#define SMBSIGN_WIRE_HMAC_SHA256 0
#define SMBSIGN_WIRE_AES_CMAC 1
#define SMBSIGN_WIRE_AES_GMAC 2

/* Capabilities of NEGOTIATE, 2.2.3 */
#define SMBSIGN_CAP_MULTI_CHANNEL 0x00000008

/* SESSION_SETUP */
#define SMBSIGN_SETUP_REQ_BINDING 0x01
#define SMBSIGN_SETUP_RSP_GUEST 0x0001
#define SMBSIGN_SETUP_RSP_NULL 0x0002
#define SMBSIGN_SETUP_RSP_ENCRYPT 0x0004

#define SMBSIGN_FSCTL_VALIDATE_NEGOTIATE 0x00140204
#define SMBSIGN_FSCTL_QUERY_INTERFACES 0x001401fc

/* Status, MS-ERREF 2.3.1 */
#define SMBSIGN_STATUS_SUCCESS 0
#define SMBSIGN_STATUS_PENDING 0x00000103
#define SMBSIGN_STATUS_NOTIFY_CLEANUP 0x0000010b
#define SMBSIGN_STATUS_INVALID_PARAMETER 0xc000000d
#define SMBSIGN_STATUS_INVALID_DEVICE_REQUEST 0xc0000010
#define SMBSIGN_STATUS_MORE_PROCESSING 0xc0000016
#define SMBSIGN_STATUS_ACCESS_DENIED 0xc0000022
#define SMBSIGN_STATUS_LOGON_FAILURE 0xc000006d
#define SMBSIGN_STATUS_INSUFFICIENT_RESOURCES 0xc000009a
#define SMBSIGN_STATUS_NOT_SUPPORTED 0xc00000bb
#define SMBSIGN_STATUS_NETWORK_NAME_DELETED 0xc00000c9
#define SMBSIGN_STATUS_REQUEST_NOT_ACCEPTED 0xc00000d0
#define SMBSIGN_STATUS_CANCELLED 0xc0000120
#define SMBSIGN_STATUS_FILE_CLOSED 0xc0000128
#define SMBSIGN_STATUS_FS_DRIVER_REQUIRED 0xc000019c
#define SMBSIGN_STATUS_USER_SESSION_DELETED 0xc0000203
#define SMBSIGN_STATUS_OUT_OF_SEQUENCE 0xc000042a

#define SMBSIGN_HDR_LEN 64

#define SMBSIGN_NTLM_KEY_LEN 16

/* MessageId of notifications, 3.3.4.6 */
#define SMBSIGN_MID_NONE (~0ULL)
/* SessionId of related requests in a compound, 3.3.5.2.7.2 */
#define SMBSIGN_SESSION_RELATED (~0ULL)

/* The sync and async headers of 2.2.1 differ only in what we do not read. */
struct smbsign_hdr {
	__le32 protocol;
	__le16 structure_size;
	__le16 credit_charge;
	__le32 status;
	__le16 command;
	__le16 credits;
	__le32 flags;
	__le32 next_command;
	__le64 message_id;
	__le64 async_or_tree;
	__le64 session_id;
	__u8 signature[16];
} __packed;

/* 2.2.41 */
struct smbsign_transform {
	__le32 protocol;
	__u8 signature[16];
	__u8 nonce[16];
	__le32 original_size;
	__le16 reserved;
	__le16 flags;
	__le64 session_id;
} __packed;

/* 2.2.5, up to what we read */
struct smbsign_setup_req {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__u8 flags;
	__u8 security_mode;
	__le32 capabilities;
	__le32 channel;
	__le16 token_offset;
	__le16 token_len;
} __packed;

/* 2.2.6, up to what we read */
struct smbsign_setup_rsp {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 session_flags;
} __packed;

/* Channel of READ and WRITE, 2.2.19 */
#define SMBSIGN_CHANNEL_NONE 0
#define SMBSIGN_CHANNEL_TRANSFORM 3

/* 2.2.19, up to what we read */
struct smbsign_read_req {
	struct smbsign_hdr hdr;
	__u8 before[36];
	__le32 channel;
} __packed;

/* 2.2.21, up to what we read */
struct smbsign_write_req {
	struct smbsign_hdr hdr;
	__u8 before[32];
	__le32 channel;
} __packed;

/* 2.2.3 */
struct smbsign_negotiate_req {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 dialect_count;
	__le16 security_mode;
	__le16 reserved;
	__le32 capabilities;
	__u8 client_guid[16];
	__le32 context_offset;
	__le16 context_count;
	__le16 reserved2;
} __packed;

/* 2.2.4 */
struct smbsign_negotiate_rsp {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 security_mode;
	__le16 dialect;
	__le16 context_count;
	__u8 server_guid[16];
	__le32 capabilities;
	__le32 max_transact;
	__le32 max_read;
	__le32 max_write;
	__le64 system_time;
	__le64 start_time;
	__le16 security_offset;
	__le16 security_length;
	__le32 context_offset;
} __packed;

/*
 * CLOSE 2.2.15 and CHANGE_NOTIFY 2.2.35, up to the FileId, which only the server
 * that has made it gives a meaning and a byte order
 */
struct smbsign_file_req {
	struct smbsign_hdr hdr;
	__u8 front[8];
	__u64 persistent_id;
	__u64 volatile_id;
} __packed;

/* 2.2.31, up to what we read */
struct smbsign_ioctl_req {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 reserved;
	__le32 ctl_code;
} __packed;

/* 2.2.31, up to the buffer */
struct smbsign_ioctl_input {
	struct smbsign_ioctl_req req;
	__u8 file_id[16];
	__le32 offset;
	__le32 count;
} __packed;

#define SMBSIGN_DIALECTS_MAX 8

/* 2.2.31.4, with room for the dialects that clients offer */
struct smbsign_validate_req {
	__le32 capabilities;
	__u8 guid[16];
	__le16 security_mode;
	__le16 dialect_count;
	__le16 dialects[SMBSIGN_DIALECTS_MAX];
} __packed;

/* 2.2.32, up to the buffer */
struct smbsign_ioctl_rsp {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 reserved;
	__le32 ctl_code;
	__u8 file_id[16];
	__le32 input_offset;
	__le32 input_count;
	__le32 output_offset;
	__le32 output_count;
} __packed;

/* 2.2.32.6 */
struct smbsign_validate_rsp {
	__le32 capabilities;
	__u8 guid[16];
	__le16 security_mode;
	__le16 dialect;
} __packed;

/* 2.2.3.1 */
struct smbsign_negotiate_context {
	__le16 type;
	__le16 data_length;
	__le32 reserved;
} __packed;

#define SMBSIGN_CONTEXT_PREAUTH 1
#define SMBSIGN_CONTEXT_ENCRYPTION 2
#define SMBSIGN_CONTEXT_SIGNING 8

/**
 * struct smbsign_offer - what a NEGOTIATE request of ours said
 * @security_mode: SecurityMode
 * @capabilities: Capabilities
 * @guid: ClientGuid
 * @dialects: Dialects
 * @n_dialects: their number
 * @algorithms: bit n set: signing algorithm n; 0 if there was no such context
 * @ciphers: bit n set: cipher n; 0 if there was no such context
 * @hashes: bit n set: preauth integrity hash n; 0 if there was no such context
 *
 * All in host byte order.
 */
struct smbsign_offer {
	__u16 security_mode;
	__u32 capabilities;
	__u8 guid[16];
	__u16 dialects[SMBSIGN_DIALECTS_MAX];
	__u16 n_dialects;
	__u32 algorithms;
	__u32 ciphers;
	__u32 hashes;
};

/**
 * struct smbsign_answer - what the reply to it said
 * @dialect: DialectRevision; 0 while there is no acceptable answer
 * @security_mode: SecurityMode
 * @capabilities: Capabilities
 * @guid: ServerGuid
 * @alg: SMBSIGN_WIRE_*, what messages are signed with
 * @cipher: cipher of SMB 3.1.1, 0 if none
 *
 * All in host byte order.
 */
struct smbsign_answer {
	__u16 dialect;
	__u16 security_mode;
	__u32 capabilities;
	__u8 guid[16];
	__u8 alg;
	__u16 cipher;
};

/**
 * enum smbsign_answer_fault - what is wrong with an answer
 * @SMBSIGN_ANSWER_SHORT: it is too short for what it should say
 * @SMBSIGN_ANSWER_DIALECT: it has a dialect that was not offered
 * @SMBSIGN_ANSWER_CANNOT_SIGN: its server cannot sign
 * @SMBSIGN_ANSWER_CONTEXTS: its contexts are not those that there have to be
 * @SMBSIGN_ANSWER_HASH: it has not one preauth integrity hash that was offered
 * @SMBSIGN_ANSWER_CIPHER: it has not one cipher that was offered
 * @SMBSIGN_ANSWER_ALGORITHM: it has not one signing algorithm that was offered
 * @SMBSIGN_ANSWER_ERROR: it is an error for which there is no good reason
 * @SMBSIGN_ANSWER_DIFFERS: it is not what was negotiated
 * @SMBSIGN_ANSWER_GOOD: nothing
 */
enum smbsign_answer_fault {
	SMBSIGN_ANSWER_SHORT,
	SMBSIGN_ANSWER_DIALECT,
	SMBSIGN_ANSWER_CANNOT_SIGN,
	SMBSIGN_ANSWER_CONTEXTS,
	SMBSIGN_ANSWER_HASH,
	SMBSIGN_ANSWER_CIPHER,
	SMBSIGN_ANSWER_ALGORITHM,
	SMBSIGN_ANSWER_ERROR,
	SMBSIGN_ANSWER_DIFFERS,
	SMBSIGN_ANSWER_GOOD,
};

/**
 * struct smbsign_pdu - one element of a compound, or a message of its own
 * @offset: of its header from the start of the message
 * @len: bytes from its header to the next one, or to the end: what is signed
 */
struct smbsign_pdu {
	size_t offset;
	size_t len;
};

bool smbsign_negotiate_offers(const void *msg, size_t len, __u16 dialect);
bool smbsign_negotiate_contexts_valid(const void *msg, size_t len);
size_t smbsign_negotiate_validation(const void *msg, size_t len,
				    struct smbsign_validate_req *validate);
bool smbsign_negotiate_signing(const void *msg, size_t len, __u32 *offered);
size_t smbsign_negotiate_answer(void *msg, size_t len, size_t room, __u8 alg);
size_t smbsign_negotiate_offer(void *msg, size_t len, size_t room,
			       const __u8 *algs, unsigned int n);
void smbsign_offer_read(struct smbsign_offer *offer, const void *msg,
			size_t len);
size_t smbsign_offer_validation(const struct smbsign_offer *offer,
				struct smbsign_validate_req *req);
enum smbsign_answer_fault smbsign_answer_read(struct smbsign_answer *answer,
					      const struct smbsign_offer *offer,
					      const void *msg, size_t len);
bool smbsign_answer_same(const struct smbsign_answer *first,
			 const struct smbsign_answer *other);
bool smbsign_answer_can_encrypt(const struct smbsign_answer *answer);
enum smbsign_answer_fault
smbsign_validation_read(const struct smbsign_answer *answer, const void *msg,
			size_t len);
bool smbsign_setup_answer_read(const void *msg, size_t len, __u16 *flags);
bool smbsign_ntlm_response_valid(const void *msg, size_t len);
bool smbsign_ntlm_anonymous_key(const void *msg, size_t len,
				__u8 key[SMBSIGN_NTLM_KEY_LEN]);
bool smbsign_pdu_first(const void *msg, size_t len, struct smbsign_pdu *pdu);
bool smbsign_pdu_next(const void *msg, size_t len, struct smbsign_pdu *pdu);
const char *smbsign_command_name(__u16 command);
bool smbsign_pdu_last(const void *msg, const struct smbsign_pdu *pdu);

#endif /* SMBSIGN_PDU_H */
