// SPDX-License-Identifier: GPL-2.0-only
/* What cidr.c reads, matches and writes; inet_pton() knows better. */

#include <arpa/inet.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <smbsign/cidr.h>
#include "fuzz.h"
#include "ktap.h"

#define ROUNDS	300000

struct text {
	const char *text;
	int n;			/* networks, or an error */
	const char *first;	/* as it is written */
};

static const struct text texts[] = {
	{ "", 0, NULL },
	{ " \t\n,, ", 0, NULL },
	{ "192.0.2.1", 1, "192.0.2.1/32" },
	{ "192.0.2.255/24", 1, "192.0.2.0/24" },
	{ "192.0.2.255/0", 1, "0.0.0.0/0" },
	{ "255.255.255.255/31", 1, "255.255.255.254/31" },
	{ "10.0.0.0/8,172.16.0.0/12\n192.168.0.0/16 ", 3, "10.0.0.0/8" },
	{ "::", 1, "0:0:0:0:0:0:0:0/128" },
	{ "::/0", 1, "0:0:0:0:0:0:0:0/0" },
	{ "::1", 1, "0:0:0:0:0:0:0:1/128" },
	{ "2001:db8::", 1, "2001:db8:0:0:0:0:0:0/128" },
	{ "2001:DB8::f/33", 1, "2001:db8:0:0:0:0:0:0/33" },
	{ "1:2:3:4:5:6:7:8", 1, "1:2:3:4:5:6:7:8/128" },
	{ "1:2:3:4:5:6:7::", 1, "1:2:3:4:5:6:7:0/128" },
	{ "::2:3:4:5:6:7:8", 1, "0:2:3:4:5:6:7:8/128" },
	{ "1::8", 1, "1:0:0:0:0:0:0:8/128" },
	{ "1:2:3:4:5:6:1.2.3.4", 1, "1:2:3:4:5:6:102:304/128" },
	{ "64:ff9b::192.0.2.33", 1, "64:ff9b:0:0:0:0:c000:221/128" },
	{ "::ffff:192.0.2.1", 1, "192.0.2.1/32" },
	{ "::ffff:c000:201/120", 1, "192.0.2.0/24" },
	{ "::ffff:0.0.0.0/96", 1, "0.0.0.0/0" },
	{ "::ffff:192.0.2.1/95", 1, "0:0:0:0:0:fffe:0:0/95" },
	{ "fe80::1%eth0", 1, "fe80:0:0:0:0:0:0:1%eth0/128" },
	{ "fe80::1%eth0/64", 1, "fe80:0:0:0:0:0:0:0%eth0/64" },
	{ "fe80::%a-name.of_15chars,1.2.3.4", -EINVAL, NULL },
	{ "fe80::%name.of_15chars,1.2.3.4", 2, "fe80:0:0:0:0:0:0:0%name.of_15chars/128" },
	{ "febf:ffff::%br0/10", 1, "fe80:0:0:0:0:0:0:0%br0/10" },
	{ "fe80::%br0/9", -EINVAL, NULL },
	{ "fe80::1%", -EINVAL, NULL },
	{ "fe80::1%/64", -EINVAL, NULL },
	{ "fe80::1/64%eth0", -EINVAL, NULL },
	{ "fe80::1%eth0%eth1", -EINVAL, NULL },
	{ "fe80::1%eth0:1", -EINVAL, NULL },
	{ "fec0::1%eth0", -EINVAL, NULL },
	{ "2001:db8::1%eth0", -EINVAL, NULL },
	{ "192.0.2.1%eth0", -EINVAL, NULL },
	{ "::ffff:192.0.2.1%eth0", -EINVAL, NULL },
	{ "192.0.2", -EINVAL, NULL },
	{ "192.0.2.", -EINVAL, NULL },
	{ "192.0.2.1.", -EINVAL, NULL },
	{ "192.0.2.1.1", -EINVAL, NULL },
	{ "192.0.2.256", -EINVAL, NULL },
	{ "192.0.2.1/33", -EINVAL, NULL },
	{ "192.0.2.1/", -EINVAL, NULL },
	{ "192.0.2.1/-1", -EINVAL, NULL },
	{ "192.0.2.1/24/24", -EINVAL, NULL },
	{ "192.0.2.1 /24", -EINVAL, NULL },
	{ "192.0.2.1/4294967296", -EINVAL, NULL },
	{ "192.0.2.1;", -EINVAL, NULL },
	{ "0xc0.0.2.1", -EINVAL, NULL },
	{ "1.2.3.0004", -EINVAL, NULL },
	{ ".1.2.3.4", -EINVAL, NULL },
	{ "1..2.3", -EINVAL, NULL },
	{ "::/129", -EINVAL, NULL },
	{ ":", -EINVAL, NULL },
	{ ":1", -EINVAL, NULL },
	{ "1:", -EINVAL, NULL },
	{ "1:::2", -EINVAL, NULL },
	{ ":::", -EINVAL, NULL },
	{ "1::2::3", -EINVAL, NULL },
	{ "1:2:3:4:5:6:7", -EINVAL, NULL },
	{ "1:2:3:4:5:6:7:8:9", -EINVAL, NULL },
	{ "1:2:3:4:5:6:7:8::", -EINVAL, NULL },
	{ "::1:2:3:4:5:6:7:8", -EINVAL, NULL },
	{ "1:2:3:4:5:6:7:1.2.3.4", -EINVAL, NULL },
	{ "1.2.3.4::", -EINVAL, NULL },
	{ "::1.2.3.4:5", -EINVAL, NULL },
	{ "12345::", -EINVAL, NULL },
	{ "g::", -EINVAL, NULL },
	{ "localhost", -EINVAL, NULL },
	{ "192.0.2.1 x", -EINVAL, NULL },
};

static void reads(void)
{
	char buf[SMBSIGN_CIDR_TEXT_LEN];
	struct smbsign_cidr set[4];
	const struct text *t;
	char *text;
	int n;

	for (t = texts; t < texts + ARRAY_SIZE(texts); t++) {
		text = fuzz_copy(t->text, strlen(t->text) + 1);
		n = smbsign_cidr_parse(text, set, ARRAY_SIZE(set));
		free(text);
		if (n != t->n)
			printf("# \"%s\": %d\n", t->text, n);
		KTAP_CHECK(n == t->n);
		if (n <= 0)
			continue;
		n = smbsign_cidr_format(&set[0], buf, sizeof(buf));
		if (strcmp(buf, t->first))
			printf("# \"%s\" is %s\n", t->text, buf);
		KTAP_CHECK(n == (int)strlen(buf) && !strcmp(buf, t->first));
	}
}

static void room(void)
{
	struct smbsign_cidr *set = calloc(2, sizeof(*set));
	int three, two, none;

	three = smbsign_cidr_parse("1.1.1.1 2.2.2.2 3.3.3.3", set, 2);
	two = smbsign_cidr_parse("1.1.1.1 2.2.2.2 ", set, 2);
	none = smbsign_cidr_parse("1.1.1.1", NULL, 0);
	free(set);
	KTAP_CHECK(three == -E2BIG && two == 2 && none == -E2BIG);
}

struct match {
	const char *set;
	const char *addr;
	bool match;
};

static const struct match matches[] = {
	{ "", "192.0.2.1", false },
	{ "192.0.2.0/24", "192.0.2.0", true },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/23", "192.0.3.255", true },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.0", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "::1", false },
	{ "::/0", "192.0.2.1", false },
	{ "::/0", "ffff::", true },
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "192.0.2.1", "::192.0.2.1", false },
	{ "192.0.2.1", "::fffe:192.0.2.1", false },
	{ "::ffff:192.0.2.1", "192.0.2.1", true },
	{ "::ffff:192.0.2.0/120", "::ffff:192.0.2.77", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::", false },
	{ "2001:db8::/31", "2001:db9::", true },
	{ "fe80::1", "fe80::1", true },
	{ "fe80::1/127", "fe80::2", false },
	{ "10.0.0.0/8 2001:db8::/32 192.0.2.1", "192.0.2.1", true },
	{ "10.0.0.0/8 2001:db8::/32 192.0.2.1", "2001:db8::1", true },
	{ "10.0.0.0/8 2001:db8::/32 192.0.2.1", "11.0.0.1", false },
	/* The bytes of an IPv4 network are not the start of an IPv6 one. */
	{ "32.1.13.184", "2001:db8::", false },
};

static void matching(void)
{
	struct smbsign_cidr set[4];
	const struct match *m;
	u8 addr[16], *copy;
	bool v6, match;
	int n;

	for (m = matches; m < matches + ARRAY_SIZE(matches); m++) {
		v6 = strchr(m->addr, ':');
		n = smbsign_cidr_parse(m->set, set, ARRAY_SIZE(set));
		KTAP_CHECK(n >= 0);
		inet_pton(v6 ? AF_INET6 : AF_INET, m->addr, addr);
		copy = fuzz_copy(addr, v6 ? 16 : 4);
		match = smbsign_cidr_match(set, n, v6, copy, 0);
		free(copy);
		if (match != m->match)
			printf("# %s in %s: %d\n", m->addr, m->set, match);
		KTAP_CHECK(match == m->match);
	}
}

/* Of a host's own link, and only where the name was looked up. */
static void scopes(void)
{
	static const u8 addr[16] = { 0xfe, 0x80, [15] = 1 };
	struct smbsign_cidr set[2];

	KTAP_CHECK(smbsign_cidr_parse("fe80::%eth0/64 fe80::2", set, 2) == 2);
	KTAP_CHECK(!strcmp(set[0].scope, "eth0") && !set[1].scope[0]);
	KTAP_CHECK(!smbsign_cidr_match(set, 2, true, addr, 0));
	KTAP_CHECK(!smbsign_cidr_match(set, 2, true, addr, 7));
	set[0].ifindex = 7;
	KTAP_CHECK(!smbsign_cidr_match(set, 2, true, addr, 0));
	KTAP_CHECK(smbsign_cidr_match(set, 2, true, addr, 7));
	KTAP_CHECK(!smbsign_cidr_match(set, 2, true, addr, 8));
	KTAP_CHECK(smbsign_cidr_parse("fe80::/64", set, 1) == 1);
	KTAP_CHECK(smbsign_cidr_match(set, 1, true, addr, 0));
	KTAP_CHECK(smbsign_cidr_match(set, 1, true, addr, 8));
}

static bool bits_equal(const u8 *a, const u8 *b, int bits)
{
	int i;

	for (i = 0; i < bits; i++)
		if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

/* All prefixes of random addresses, against a loop over bits. */
static void prefixes(void)
{
	u8 net[16], addr[16];
	struct smbsign_cidr set;
	char text[80];
	int i, at;

	for (i = 0; i < ROUNDS / 10; i++) {
		bool v6 = i & 1;
		int max = v6 ? 128 : 32;
		int prefix = fuzz_below(max + 1);

		for (at = 0; at < 16; at++)
			net[at] = fuzz_next();
		net[0] |= 1;
		memcpy(addr, net, sizeof(addr));
		at = fuzz_below(max);
		addr[at / 8] ^= 0x80 >> at % 8;
		inet_ntop(v6 ? AF_INET6 : AF_INET, net, text, sizeof(text));
		sprintf(text + strlen(text), "/%d", prefix);
		KTAP_CHECK(smbsign_cidr_parse(text, &set, 1) == 1);
		KTAP_CHECK(set.v6 == v6 && set.prefix == prefix);
		KTAP_CHECK(smbsign_cidr_match(&set, 1, v6, net, 1));
		KTAP_CHECK(smbsign_cidr_match(&set, 1, v6, addr, 1) ==
			   bits_equal(net, addr, prefix));
	}
}

/* An address that inet_pton() takes or refuses is taken or refused. */
static bool agrees(char *text)
{
	struct smbsign_cidr set;
	int n = smbsign_cidr_parse(text, &set, 1);
	u8 addr[16] = { 0 };
	bool v6 = strchr(text, ':');
	bool valid = inet_pton(v6 ? AF_INET6 : AF_INET, text, addr) == 1;

	if (n != 1 || !valid)
		return n != 1 && !valid;
	if (!set.v6 && v6)
		return !memcmp(set.addr, addr + 12, 4);
	return set.v6 == v6 && !memcmp(set.addr, addr, v6 ? 16 : 4);
}

static void against_inet_pton(void)
{
	static const char alphabet[] = "0123456789abcdf::::::....";
	u32 i, n, len, valid = 0;
	u8 addr[16];
	char text[64], *copy;
	bool same;

	for (i = 0; i < ROUNDS; i++) {
		for (n = 0; n < 16; n++)
			addr[n] = fuzz_below(3) ? 0 : fuzz_next();
		inet_ntop(i % 4 ? AF_INET6 : AF_INET, addr, text, sizeof(text));
		len = strlen(text);
		for (n = fuzz_below(4); n; n--)
			text[fuzz_below(len)] = alphabet[fuzz_below(25)];
		/* inet_pton() knows no numbers like 010 */
		if (!strchr(text, ':') || strchr(text, '.'))
			if (strstr(text, ".0") || text[0] == '0' ||
			    strstr(text, ":0"))
				continue;
		copy = fuzz_copy(text, len + 1);
		same = agrees(copy);
		free(copy);
		if (!same)
			printf("# %s\n", text);
		KTAP_CHECK(same);
		valid += inet_pton(AF_INET6, text, addr) == 1;
	}
	KTAP_CHECK(valid > ROUNDS / 20);
}

/* What is written reads back as the same; anything else may be refused. */
static void fuzz(void)
{
	static const char seed[] =
		"192.0.2.0/24 2001:db8::/32,::ffff:1.2.3.4/120 fe80::1%eth0";
	char text[sizeof(seed)], written[4 * SMBSIGN_CIDR_TEXT_LEN], *copy;
	struct smbsign_cidr set[4], again[4];
	int i, k, n, len, valid = 0;

	for (i = 0; i < ROUNDS; i++) {
		memcpy(text, seed, sizeof(seed));
		fuzz_damage((u8 *)text, sizeof(seed) - 1);
		text[sizeof(seed) - 1] = '\0';
		copy = fuzz_copy(text, strlen(text) + 1);
		n = smbsign_cidr_parse(copy, set, ARRAY_SIZE(set));
		free(copy);
		KTAP_CHECK(n <= 4);
		if (n < 0)
			continue;
		valid++;
		for (k = 0, len = 0; k < n; k++) {
			KTAP_CHECK(set[k].prefix <= (set[k].v6 ? 128 : 32));
			len += smbsign_cidr_format(&set[k], written + len,
						   SMBSIGN_CIDR_TEXT_LEN);
			written[len++] = ' ';
		}
		written[len] = '\0';
		KTAP_CHECK(smbsign_cidr_parse(written, again, 4) == n);
		KTAP_CHECK(!memcmp(set, again, n * sizeof(set[0])));
	}
	KTAP_CHECK(valid > ROUNDS / 20);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(reads),
	KTAP_CASE(room),
	KTAP_CASE(matching),
	KTAP_CASE(scopes),
	KTAP_CASE(prefixes),
	KTAP_CASE(against_inet_pton),
	KTAP_CASE(fuzz),
};

KTAP_MAIN("cidr", cases)
