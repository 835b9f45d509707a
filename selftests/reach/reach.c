// SPDX-License-Identifier: GPL-2.0-only
/*
 * reach SIDE DIR: does the kernel whose BTF is in DIR have all that the tables of
 * a half want? Prints "yes" or "no: " and what is missing, as `attached` does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/errno.h>

#include <attach/btf.h>
#include <smbsign/layout.h>

extern const struct smbsign_layout smbsign_client_layout;
extern const struct smbsign_layout smbsign_server_layout;

static const char *reach_dir;

/*
 * Objects of the kernel inside the targets' structures. Their size depends on the
 * kernel's configuration, and the module is built with that; here they have none.
 */
static const char *const reach_objects[] = {
	"spinlock_t", "struct iov_iter", "struct list_head", "struct mutex",
	"struct rw_semaphore", "struct work_struct", "struct xarray",
	"wait_queue_head_t",
};

static bool reach_is_object(const struct smbsign_field *field)
{
	size_t i;

	for (i = 0; i < sizeof(reach_objects) / sizeof(*reach_objects); i++) {
		if (field->type && !strcmp(field->type, reach_objects[i]))
			return true;
	}
	return false;
}

/* The layout, but for the sizes of kernel objects. The process ends soon. */
static struct smbsign_layout reach_layout(const struct smbsign_layout *layout)
{
	struct smbsign_field *fields = calloc(layout->nr_fields,
					      sizeof(*fields));
	struct smbsign_layout copy = *layout;
	size_t i;

	if (!fields)
		abort();
	for (i = 0; i < layout->nr_fields; i++) {
		fields[i] = layout->fields[i];
		if (reach_is_object(&fields[i]))
			fields[i].flags |= SMBSIGN_ADDR;
	}
	copy.fields = fields;
	return copy;
}

/* Stands for btf_load.c: files instead of what sysfs has. */
int smbsign_btf_load(struct smbsign_btf *btf, const char *name,
		     const struct smbsign_btf *base)
{
	char path[4096];
	void *data;
	FILE *file;
	long len;
	int err;

	snprintf(path, sizeof(path), "%s/%s.btf", reach_dir, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) || (len = ftell(file)) <= 0)
		return -ENOENT;
	rewind(file);
	data = malloc(len);
	if (!data || fread(data, 1, len, file) != (size_t)len)
		return -EIO;
	fclose(file);
	err = smbsign_btf_open(btf, data, len, base);
	if (err)
		return err;
	return smbsign_btf_index(btf, malloc(smbsign_btf_index_size(btf)));
}

/* The process ends soon. */
void smbsign_btf_unload(struct smbsign_btf *btf)
{
	(void)btf;
}

int main(int argc, char **argv)
{
	struct smbsign_layout layout;
	char why[SMBSIGN_WHY_LEN];

	if (argc != 3)
		return 2;
	layout = reach_layout(strcmp(argv[1], "server") ?
			      &smbsign_client_layout : &smbsign_server_layout);
	reach_dir = argv[2];
	if (smbsign_layout_resolve(&layout, why, sizeof(why)))
		printf("no: %s\n", why);
	else
		printf("yes\n");
	return 0;
}
