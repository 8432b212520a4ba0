/* Lets the disk fail under a program, for files whose name holds "smep.db": while a file `full`
   stands in the folder $FAULTS nothing can be written, while a file `fsync` stands there nothing
   reaches the disk. Loaded before the C library (LD_PRELOAD). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd, const char *fault) {
    char place[4096], name[4096];
    const char *folder = getenv("FAULTS");
    if (folder == NULL) return 0;
    snprintf(place, sizeof place, "%s/%s", folder, fault);
    if (access(place, F_OK) != 0) return 0;
    snprintf(place, sizeof place, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(place, name, sizeof name - 1);
    if (length < 0) return 0;
    name[length] = 0;
    return strstr(name, "smep.db") != NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAIL(fault, code) \
    if (fails(fd, fault)) { \
        errno = code; \
        return -1; \
    }

ssize_t write(int fd, const void *bytes, size_t count) {
    FAIL("full", ENOSPC)
    return REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    FAIL("full", ENOSPC)
    return REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    FAIL("full", ENOSPC)
    return REAL(pwrite64)(fd, bytes, count, at);
}

int fsync(int fd) {
    FAIL("fsync", EIO)
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    FAIL("fsync", EIO)
    return REAL(fdatasync)(fd);
}
