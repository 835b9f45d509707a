// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of IPv4 and IPv6 networks: "192.0.2.0/24 2001:db8::/32 198.51.100.7".
 * An IPv4 network matches the IPv4-mapped IPv6 addresses of its hosts too. A
 * link-local network may be that of one interface: "fe80::%eth0/64".
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <smbsign/cidr.h>

#define CIDR_V4_LEN 4
#define CIDR_V6_LEN 16
#define CIDR_V6_GROUPS 8
#define CIDR_LINK_LOCAL_BITS 10

static const u8 cidr_v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool cidr_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == ',';
}

static int cidr_digit(char c, unsigned int base)
{
	int digit = -1;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	else if (c >= 'a' && c <= 'f')
		digit = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		digit = c - 'A' + 10;
	return digit < (int)base ? digit : -1;
}

/* A number of at most @digits digits; leading zeros count. */
static int cidr_number(const char **p, unsigned int base, unsigned int digits,
		       unsigned int max)
{
	unsigned int value = 0;
	unsigned int n;

	for (n = 0; n < digits && cidr_digit(**p, base) >= 0; n++)
		value = value * base + cidr_digit(*(*p)++, base);
	return n && value <= max ? (int)value : -EINVAL;
}

/* Four bytes; on failure @p may have moved. */
static int cidr_parse_v4(const char **p, u8 *addr)
{
	int i, value;

	for (i = 0; i < CIDR_V4_LEN; i++) {
		if (i && *(*p)++ != '.')
			return -EINVAL;
		value = cidr_number(p, 10, 3, 255);
		if (value < 0)
			return value;
		addr[i] = value;
	}
	return 0;
}

/* Does an IPv4 address begin here, as the end of an IPv6 one may be? */
static bool cidr_is_v4(const char *p)
{
	while (cidr_digit(*p, 10) >= 0)
		p++;
	return *p == '.';
}

/* Move what follows "::" to the end. */
static void cidr_expand(u8 *addr, int gap, int used)
{
	int tail = used - gap;

	memmove(addr + CIDR_V6_LEN - tail, addr + gap, tail);
	memset(addr + gap, 0, CIDR_V6_LEN - used);
}

/* The groups of an address, "::" included; the number of bytes, or -EINVAL. */
static int cidr_parse_groups(const char **p, u8 *addr, int *gap)
{
	int used = 0;
	int value;

	while (used < CIDR_V6_LEN) {
		if (cidr_is_v4(*p) && used + CIDR_V4_LEN <= CIDR_V6_LEN)
			return cidr_parse_v4(p, addr + used) ?:
			       used + CIDR_V4_LEN;
		value = cidr_number(p, 16, 4, 0xffff);
		if (value < 0)
			return value;
		addr[used++] = value >> 8;
		addr[used++] = value;
		if (**p != ':')
			break;
		(*p)++;
		if (**p == ':') {
			if (*gap >= 0)
				return -EINVAL;
			(*p)++;
			*gap = used;
			if (cidr_digit(**p, 16) < 0)
				break;
		} else if (used == CIDR_V6_LEN) {
			return -EINVAL;
		}
	}
	return used;
}

static int cidr_parse_v6(const char **p, u8 *addr)
{
	int gap = -1;
	int used = 0;

	if ((*p)[0] == ':') {
		if ((*p)[1] != ':')
			return -EINVAL;
		*p += 2;
		gap = 0;
	}
	if (gap < 0 || cidr_digit(**p, 16) >= 0)
		used = cidr_parse_groups(p, addr, &gap);
	if (used < 0)
		return used;
	if (gap < 0)
		return used == CIDR_V6_LEN ? 0 : -EINVAL;
	if (used == CIDR_V6_LEN)
		return -EINVAL;
	cidr_expand(addr, gap, used);
	return 0;
}

static void cidr_mask(struct smbsign_cidr *cidr)
{
	int bit;

	for (bit = cidr->prefix; bit < 8 * CIDR_V6_LEN; bit++)
		cidr->addr[bit / 8] &= ~(0x80 >> bit % 8);
}

/*
 * IPv4 written as IPv6, as logs have it: it is kept as IPv4, which is what
 * smbsign_cidr_match() makes of such addresses.
 */
static void cidr_unmap(struct smbsign_cidr *cidr)
{
	unsigned int len = sizeof(cidr_v4_mapped);

	if (!cidr->v6 || cidr->prefix < 8 * len ||
	    memcmp(cidr->addr, cidr_v4_mapped, len))
		return;
	memmove(cidr->addr, cidr->addr + len, CIDR_V4_LEN);
	memset(cidr->addr + CIDR_V4_LEN, 0, CIDR_V6_LEN - CIDR_V4_LEN);
	cidr->v6 = false;
	cidr->prefix -= 8 * len;
}

static bool cidr_is_link_local(const struct smbsign_cidr *cidr)
{
	return cidr->v6 && cidr->prefix >= CIDR_LINK_LOCAL_BITS &&
	       cidr->addr[0] == 0xfe && (cidr->addr[1] & 0xc0) == 0x80;
}

/* RFC 4007, 11.2: the zone behind the address. The name is looked up later. */
static int cidr_parse_scope(const char **p, char scope[SMBSIGN_CIDR_SCOPE_LEN])
{
	size_t len;

	if (**p != '%')
		return 0;
	(*p)++;
	for (len = 0; **p && **p != '/' && !cidr_is_blank(**p); (*p)++) {
		if (**p == '%' || **p == ':' ||
		    len == SMBSIGN_CIDR_SCOPE_LEN - 1)
			return -EINVAL;
		scope[len++] = **p;
	}
	return len ? 0 : -EINVAL;
}

static int cidr_parse_one(const char **p, struct smbsign_cidr *cidr)
{
	int max, prefix, err;

	memset(cidr, 0, sizeof(*cidr));
	cidr->v6 = !cidr_is_v4(*p);
	max = cidr->v6 ? 128 : 32;
	err = cidr->v6 ? cidr_parse_v6(p, cidr->addr) :
			 cidr_parse_v4(p, cidr->addr);
	if (!err)
		err = cidr_parse_scope(p, cidr->scope);
	if (err)
		return err;
	prefix = max;
	if (**p == '/') {
		(*p)++;
		prefix = cidr_number(p, 10, 3, max);
		if (prefix < 0)
			return prefix;
	}
	cidr->prefix = prefix;
	if (cidr->scope[0] && !cidr_is_link_local(cidr))
		return -EINVAL;
	cidr_mask(cidr);
	cidr_unmap(cidr);
	return **p && !cidr_is_blank(**p) ? -EINVAL : 0;
}

/**
 * smbsign_cidr_parse() - read a set of networks
 * @text: networks, separated by blanks, commas or newlines; may be empty
 * @set: where they go
 * @max: room in @set
 *
 * Return: their number; -EINVAL if one does not parse; -E2BIG if there are
 *	more than @max
 */
int smbsign_cidr_parse(const char *text, struct smbsign_cidr *set, size_t max)
{
	size_t n = 0;
	int err;

	for (;;) {
		while (cidr_is_blank(*text))
			text++;
		if (!*text)
			return n;
		if (n == max)
			return -E2BIG;
		err = cidr_parse_one(&text, &set[n++]);
		if (err)
			return err;
	}
}

/* A name that nobody has looked up is that of no interface. */
static bool cidr_is_behind(const struct smbsign_cidr *cidr, u32 ifindex)
{
	return !cidr->scope[0] || (ifindex && cidr->ifindex == ifindex);
}

static bool cidr_contains(const struct smbsign_cidr *cidr, const u8 *addr)
{
	unsigned int bytes = cidr->prefix / 8;
	unsigned int bits = cidr->prefix % 8;

	if (memcmp(cidr->addr, addr, bytes))
		return false;
	return !bits || !((cidr->addr[bytes] ^ addr[bytes]) >> (8 - bits));
}

/**
 * smbsign_cidr_match() - is an address in one of the networks?
 * @set: the networks
 * @n: their number
 * @v6: the address is IPv6
 * @addr: 16 bytes of it, or 4
 * @ifindex: the interface that its host is behind, if it is link-local; else 0
 *
 * Return: true if it is
 */
bool smbsign_cidr_match(const struct smbsign_cidr *set, size_t n, bool v6,
			const u8 *addr, u32 ifindex)
{
	if (v6 && !memcmp(addr, cidr_v4_mapped, sizeof(cidr_v4_mapped)))
		return smbsign_cidr_match(set, n, false,
					  addr + sizeof(cidr_v4_mapped), 0);
	for (; n; n--, set++) {
		if (set->v6 == v6 && cidr_contains(set, addr) &&
		    cidr_is_behind(set, ifindex))
			return true;
	}
	return false;
}

/**
 * smbsign_cidr_format() - write a network as text
 * @cidr: the network
 * @buf: where to
 * @len: room there
 *
 * Return: length of the text without its NUL, as of scnprintf()
 */
int smbsign_cidr_format(const struct smbsign_cidr *cidr, char *buf, size_t len)
{
	const u8 *a = cidr->addr;
	int n = 0, i;

	if (!cidr->v6)
		return scnprintf(buf, len, "%u.%u.%u.%u/%u", a[0], a[1], a[2],
				 a[3], cidr->prefix);
	for (i = 0; i < CIDR_V6_GROUPS; i++)
		n += scnprintf(buf + n, len - n, "%s%x", i ? ":" : "",
			       a[2 * i] << 8 | a[2 * i + 1]);
	return n + scnprintf(buf + n, len - n, "%s%s/%u",
			     cidr->scope[0] ? "%" : "", cidr->scope,
			     cidr->prefix);
}
