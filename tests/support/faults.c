/* Lets the disk fail under a program while a file of the fault's name stands in the folder $FAULTS.
   For files whose name holds "smep.db": under `full` nothing can be written, under `fsync` nothing
   reaches the disk. For temporary files, which have no name any more: under `temporary-full` and
   `temporary-broken` nothing can be written, under `temporary-unread` nothing can be read.
   Loaded before the C library (LD_PRELOAD). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd, const char *fault, const char *files) {
    char place[4096], name[4096];
    const char *folder = getenv("FAULTS");
    if (folder == NULL) return 0;
    snprintf(place, sizeof place, "%s/%s", folder, fault);
    if (access(place, F_OK) != 0) return 0;
    snprintf(place, sizeof place, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(place, name, sizeof name - 1);
    if (length < 0) return 0;
    name[length] = 0;
    return strstr(name, files) != NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAIL(fault, files, code) \
    if (fails(fd, fault, files)) { \
        errno = code; \
        return -1; \
    }

#define DATABASE "smep.db"
#define TEMPORARY " (deleted)"

ssize_t read(int fd, void *bytes, size_t count) {
    FAIL("temporary-unread", TEMPORARY, EIO)
    return REAL(read)(fd, bytes, count);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    FAIL("full", DATABASE, ENOSPC)
    FAIL("temporary-full", TEMPORARY, ENOSPC)
    FAIL("temporary-broken", TEMPORARY, EIO)
    return REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    FAIL("full", DATABASE, ENOSPC)
    return REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    FAIL("full", DATABASE, ENOSPC)
    return REAL(pwrite64)(fd, bytes, count, at);
}

int fsync(int fd) {
    FAIL("fsync", DATABASE, EIO)
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    FAIL("fsync", DATABASE, EIO)
    return REAL(fdatasync)(fd);
}
