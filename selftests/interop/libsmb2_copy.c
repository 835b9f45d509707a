// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work with a share through libsmb2: parts of files of all sizes at odd offsets,
 * looked at on the server's disk too; and what libsmb2 does by compounds.
 *
 *	libsmb2_copy DIALECT SERVER-DIRECTORY
 *
 * The share is \\127.0.0.1\pub. Prints KTAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <smb2/smb2.h>
#include <smb2/libsmb2.h>

#define MIB (1u << 20)

static const uint32_t sizes[] = { 0, 1, 7, 4095, 4096, 4097, 65535, MIB + 1, 4 * MIB };
static const uint64_t offsets[] = { 0, 1, 4097 };

static struct smb2_context *smb2;
static const char *directory;
static uint8_t *source, *target;
static int tests, failures;

static void result(bool ok, const char *format, ...)
{
	va_list args;

	tests++;
	failures += !ok;
	printf("%s %d libsmb2.", ok ? "ok" : "not ok", tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (!ok)
		printf(" - %s", smb2_get_error(smb2));
	printf("\n");
	fflush(stdout);
}

/* libsmb2 does as much as fits into a message; it cannot write nothing. */
static bool write_all(struct smb2fh *fh, uint32_t size, uint64_t offset)
{
	uint32_t done;
	int n;

	for (done = 0; done < size; done += n) {
		n = smb2_pwrite(smb2, fh, source + done, size - done, offset + done);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool read_all(struct smb2fh *fh, uint32_t size, uint64_t offset)
{
	uint32_t done;
	int n;

	for (done = 0; done < size; done += n) {
		n = smb2_pread(smb2, fh, target + done, size - done, offset + done);
		if (n <= 0)
			return false;
	}
	return !memcmp(source, target, size);
}

static bool on_disk(const char *name, uint32_t size, uint64_t offset)
{
	char path[4096];
	bool same;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (!file)
		return false;
	same = !fseek(file, offset, SEEK_SET) && fread(target, 1, size, file) == size &&
	       fgetc(file) == EOF && !memcmp(source, target, size);
	fclose(file);
	return same;
}

static bool one_size(struct smb2fh *fh, uint32_t size, uint64_t offset)
{
	uint8_t none;
	uint32_t i;

	for (i = 0; i < size; i++)
		source[i] = random();
	return !smb2_ftruncate(smb2, fh, offset) && write_all(fh, size, offset) &&
	       !smb2_fsync(smb2, fh) && on_disk("libsmb2", size, offset) &&
	       read_all(fh, size, offset) && !smb2_pread(smb2, fh, &none, 1, offset + size);
}

static void copies(void)
{
	struct smb2fh *fh = smb2_open(smb2, "libsmb2", O_RDWR | O_CREAT);
	unsigned int i, j;

	result(fh, "open");
	if (!fh)
		return;
	for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++)
		for (j = 0; j < sizeof(sizes) / sizeof(*sizes); j++)
			result(one_size(fh, sizes[j], offsets[i]), "copy %u at %llu",
			       sizes[j], (unsigned long long)offsets[i]);
	result(!smb2_close(smb2, fh), "close");
}

/* CREATE, something, CLOSE in one compound each. */
static void compounds(void)
{
	struct smb2_statvfs vfs;
	struct smb2_stat_64 st;

	result(!smb2_truncate(smb2, "libsmb2", 4097), "truncate");
	result(!smb2_stat(smb2, "libsmb2", &st) && st.smb2_size == 4097, "stat");
	result(!smb2_statvfs(smb2, "", &vfs) && vfs.f_bsize, "statvfs");
	result(!smb2_mkdir(smb2, "libsmb2.d"), "mkdir");
	result(!smb2_rename(smb2, "libsmb2", "libsmb2.d/new"), "rename");
	result(smb2_stat(smb2, "libsmb2", &st) == -ENOENT, "stat of what is gone");
	result(!smb2_unlink(smb2, "libsmb2.d/new"), "unlink");
	result(!smb2_rmdir(smb2, "libsmb2.d"), "rmdir");
}

static bool listed(const char *name)
{
	struct smb2dir *dir = smb2_opendir(smb2, "");
	struct smb2dirent *entry;
	bool found = false;

	while (dir && (entry = smb2_readdir(smb2, dir)))
		found |= !strcmp(entry->name, name);
	if (dir)
		smb2_closedir(smb2, dir);
	return found;
}

static bool connect_share(unsigned int dialect)
{
	smb2_set_version(smb2, dialect);
	smb2_set_security_mode(smb2, SMB2_NEGOTIATE_SIGNING_ENABLED | SMB2_NEGOTIATE_SIGNING_REQUIRED);
	smb2_set_sign(smb2, 1);
	smb2_set_authentication(smb2, 1);	/* NTLMSSP */
	smb2_set_user(smb2, "alice");
	smb2_set_password(smb2, "secret");
	smb2_set_timeout(smb2, 60);
	return !smb2_connect_share(smb2, "127.0.0.1", "pub", "alice") &&
	       smb2_get_dialect(smb2) == dialect;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	directory = argv[2];
	source = malloc(4 * MIB);
	target = malloc(4 * MIB);
	smb2 = smb2_init_context();
	if (!source || !target || !smb2)
		return 2;
	printf("KTAP version 1\n");
	if (connect_share(strtoul(argv[1], NULL, 16))) {
		result(true, "connect");
		copies();
		result(listed("libsmb2"), "list");
		compounds();
		result(!smb2_disconnect_share(smb2), "disconnect");
	} else {
		result(false, "connect");
	}
	smb2_destroy_context(smb2);
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
