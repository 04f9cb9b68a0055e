/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library (glibc): what it hands out and takes back, what it keeps, and how much of a buffer it reads and writes.
 *
 * Where the rules are from: POSIX.1-2017, https://pubs.opengroup.org/onlinepubs/9699919799/functions/NAME.html, C11 (7.21 stdio, 7.22 stdlib, 7.24 string,
 * 7.27 time), and the Linux manual pages, https://man7.org/linux/man-pages/, in which the GNU functions have theirs. Of note:
 *
 *   setvbuf(3)    the buffer must outlive the stream, or the next setvbuf
 *   popen(3)      such a stream is closed by pclose, not by fclose
 *   putenv(3)     the text itself becomes part of the environment; openlog(3), initstate(3): likewise what they get is used later
 *   localtime(3), getpwnam(3), inet_ntoa(3), strerror(3)…   static memory, that the next call overwrites: never freed
 *
 * Not said, because it is only usually so, or because nobody can tell it from a call:
 *
 *   sizes of memchr, strnlen, strncmp, strncat   they stop earlier, and programs give them more than there is
 *   sizes of snprintf and strftime from 2 GiB up  "as much as you like"
 *   descriptors as handles                        there are many ways to close one
 *   dlopen, sem_open, newlocale                   the same address again and again, each to be given back
 *   signal, sigaction                            FFISan stands before them for its own purposes
 *   getenv, catgets, gettext                      may answer with the caller's own text
 *   FILE for single characters, and *_unlocked    they are called too often
 */
#ifndef FFISAN_CONTRACTS_LIBC_H
#define FFISAN_CONTRACTS_LIBC_H

#define _GNU_SOURCE 1

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include <ffisan/contract.h>

FFISAN_LIBRARY("libc.so.6")

/* stdio.h is not read: it shows what is in a FILE, which is nobody's business. */
typedef struct _IO_FILE FILE;
#define EOF    (-1)
#define BUFSIZ 8192
#define _IONBF 2

/* Sizes that somebody means. */
#define OUT_MEANT(size)  FFISAN_WHEN(size <= 0x7ffffffe, FFISAN_OUT(size))
#define FAILS_MINUS(...) FFISAN_FAILS(ret == -1, -1, __VA_ARGS__)
#define FAILS_NULL(...)  FFISAN_FAILS(ret == NULL, NULL, __VA_ARGS__)

/* ---- streams ---- */

FILE *fopen(const char *pathname FFISAN_CSTRING, const char *mode FFISAN_CSTRING) FFISAN_OWNED(fclose)
    FAILS_NULL(ENOENT, ENOMEM, EMFILE);
FILE *fopen64(const char *pathname FFISAN_CSTRING, const char *mode FFISAN_CSTRING) FFISAN_OWNED(fclose)
    FAILS_NULL(ENOENT, ENOMEM, EMFILE);
FILE *fdopen(int fd, const char *mode FFISAN_CSTRING) FFISAN_OWNED(fclose) FAILS_NULL(ENOMEM);
FILE *tmpfile(void) FFISAN_OWNED(fclose) FAILS_NULL(ENOSPC, EMFILE);
FILE *tmpfile64(void) FFISAN_OWNED(fclose) FAILS_NULL(ENOSPC, EMFILE);
FILE *fmemopen(void *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL, FFISAN_INOUT(size) FFISAN_RETAINED(ret, fclose)), size_t size,
               const char *mode FFISAN_CSTRING) FFISAN_OWNED(fclose) FAILS_NULL(ENOMEM);
/* Where the memory is and how much can be told when the stream was flushed or closed. */
FILE *open_memstream(char **ptr, size_t *sizeloc) FFISAN_OWNED(fclose) FAILS_NULL(ENOMEM);
FILE *popen(const char *command FFISAN_CSTRING, const char *type FFISAN_CSTRING) FFISAN_OWNED(pclose) FAILS_NULL(ENOMEM, EMFILE);
/* They close it whatever they answer. */
int fclose(FILE *stream FFISAN_NONNULL FFISAN_CONSUMED);
int pclose(FILE *stream FFISAN_NONNULL FFISAN_CONSUMED) FFISAN_BLOCKS;

FILE *setmntent(const char *filename FFISAN_CSTRING, const char *type FFISAN_CSTRING) FFISAN_OWNED(endmntent, fclose)
    FAILS_NULL(ENOENT);
int endmntent(FILE *streamp FFISAN_CONSUMED);

int setvbuf(FILE *stream FFISAN_NONNULL,
            char *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL && mode != _IONBF,
                                                  FFISAN_OUT(size) FFISAN_RETAINED(stream, setvbuf, setbuf, setbuffer, freopen,
                                                                                   freopen64, fclose, pclose)),
            int mode, size_t size) FFISAN_FAILS(ret != 0, EOF);
void setbuf(FILE *stream FFISAN_NONNULL,
            char *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL,
                                                  FFISAN_OUT(BUFSIZ) FFISAN_RETAINED(stream, setvbuf, setbuf, setbuffer, freopen,
                                                                                     freopen64, fclose, pclose)));
void setbuffer(FILE *stream FFISAN_NONNULL,
               char *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL,
                                                     FFISAN_OUT(size) FFISAN_RETAINED(stream, setvbuf, setbuf, setbuffer, freopen,
                                                                                      freopen64, fclose, pclose)),
               size_t size);
FILE *freopen(const char *pathname FFISAN_NULLABLE FFISAN_CSTRING, const char *mode FFISAN_CSTRING, FILE *stream FFISAN_NONNULL);
FILE *freopen64(const char *pathname FFISAN_NULLABLE FFISAN_CSTRING, const char *mode FFISAN_CSTRING,
                FILE *stream FFISAN_NONNULL);

size_t fread(void *ptr FFISAN_OUT(size *n), size_t size, size_t n, FILE *stream FFISAN_NONNULL);
size_t fwrite(const void *ptr FFISAN_IN(size *n), size_t size, size_t n, FILE *stream FFISAN_NONNULL);
char *fgets(char *s FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n, FILE *stream FFISAN_NONNULL);
int fputs(const char *s FFISAN_NONNULL FFISAN_CSTRING, FILE *stream FFISAN_NONNULL);
ssize_t getline(char **lineptr FFISAN_NONNULL, size_t *n FFISAN_NONNULL, FILE *stream FFISAN_NONNULL);
ssize_t getdelim(char **lineptr FFISAN_NONNULL, size_t *n FFISAN_NONNULL, int delim, FILE *stream FFISAN_NONNULL);
int fprintf(FILE *stream FFISAN_NONNULL, const char *format FFISAN_CSTRING, ...);
int vfprintf(FILE *stream FFISAN_NONNULL, const char *format FFISAN_CSTRING, va_list ap);
int fscanf(FILE *stream FFISAN_NONNULL, const char *format FFISAN_CSTRING, ...);
int fflush(FILE *stream FFISAN_NULLABLE);
int fseek(FILE *stream FFISAN_NONNULL, long offset, int whence);
int fseeko(FILE *stream FFISAN_NONNULL, off_t offset, int whence);
long ftell(FILE *stream FFISAN_NONNULL);
off_t ftello(FILE *stream FFISAN_NONNULL);
void rewind(FILE *stream FFISAN_NONNULL);
int feof(FILE *stream FFISAN_NONNULL);
int ferror(FILE *stream FFISAN_NONNULL);
void clearerr(FILE *stream FFISAN_NONNULL);
int fileno(FILE *stream FFISAN_NONNULL);

int puts(const char *s FFISAN_NONNULL FFISAN_CSTRING);
void perror(const char *s FFISAN_NULLABLE FFISAN_CSTRING);
int snprintf(char *str FFISAN_NULLABLE OUT_MEANT(size), size_t size, const char *format FFISAN_CSTRING, ...);
int vsnprintf(char *str FFISAN_NULLABLE OUT_MEANT(size), size_t size, const char *format FFISAN_CSTRING, va_list ap);
int sprintf(char *str FFISAN_NONNULL, const char *format FFISAN_CSTRING, ...);
int asprintf(char **strp FFISAN_OUT_OWNED(free), const char *format FFISAN_CSTRING, ...) FFISAN_FAILS(ret < 0, -1, ENOMEM);
int vasprintf(char **strp FFISAN_OUT_OWNED(free), const char *format FFISAN_CSTRING, va_list ap)
    FFISAN_FAILS(ret < 0, -1, ENOMEM);
int sscanf(const char *str FFISAN_NONNULL FFISAN_CSTRING, const char *format FFISAN_CSTRING, ...);
int remove(const char *pathname FFISAN_CSTRING) FAILS_MINUS(ENOENT);
int rename(const char *oldpath FFISAN_CSTRING, const char *newpath FFISAN_CSTRING) FAILS_MINUS(ENOENT);

/* ---- directories ---- */

DIR *opendir(const char *name FFISAN_CSTRING) FFISAN_OWNED(closedir) FAILS_NULL(ENOENT, ENOMEM, EMFILE);
DIR *fdopendir(int fd) FFISAN_OWNED(closedir) FAILS_NULL(ENOMEM);
int closedir(DIR *dirp FFISAN_CONSUMED);
/* What they answer with is in the directory's own buffer; to remember each entry would cost more than reading it. */
struct dirent *readdir(DIR *dirp FFISAN_NONNULL);
struct dirent64 *readdir64(DIR *dirp FFISAN_NONNULL);
void rewinddir(DIR *dirp FFISAN_NONNULL);
void seekdir(DIR *dirp FFISAN_NONNULL, long loc);
long telldir(DIR *dirp FFISAN_NONNULL);
int dirfd(DIR *dirp FFISAN_NONNULL);

/* ---- memory of one allocator; what gives it back is watched as the allocator's, not here ---- */

void free(void *ptr);

char *strdup(const char *s FFISAN_NONNULL FFISAN_CSTRING) FFISAN_OWNED(free) FFISAN_FAMILY("malloc") FAILS_NULL(ENOMEM);
char *strndup(const char *s FFISAN_NONNULL, size_t n) FFISAN_OWNED(free) FFISAN_FAMILY("malloc") FAILS_NULL(ENOMEM);
char *realpath(const char *path FFISAN_CSTRING, char *resolved_path FFISAN_NULLABLE)
    FFISAN_WHEN(resolved_path == NULL, FFISAN_OWNED(free)) FAILS_NULL(ENOENT);
char *getcwd(char *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL, FFISAN_OUT(size)), size_t size)
    FFISAN_WHEN(buf == NULL, FFISAN_OWNED(free)) FAILS_NULL(ENOENT, ERANGE);
char *get_current_dir_name(void) FFISAN_OWNED(free) FAILS_NULL(ENOENT);

/* ---- texts ---- */

size_t strlen(const char *s FFISAN_NONNULL FFISAN_CSTRING);
char *strcpy(char *dest FFISAN_NONNULL FFISAN_OUT(strlen(src) + 1), const char *src FFISAN_NONNULL FFISAN_CSTRING);
char *stpcpy(char *dest FFISAN_NONNULL FFISAN_OUT(strlen(src) + 1), const char *src FFISAN_NONNULL FFISAN_CSTRING);
char *strcat(char *dest FFISAN_NONNULL FFISAN_CSTRING FFISAN_INOUT(strlen(dest) + strlen(src) + 1),
             const char *src FFISAN_NONNULL FFISAN_CSTRING);
/* They fill all of it. */
char *strncpy(char *dest FFISAN_OUT(n), const char *src, size_t n);
char *stpncpy(char *dest FFISAN_OUT(n), const char *src, size_t n);
int strcmp(const char *s1 FFISAN_NONNULL FFISAN_CSTRING, const char *s2 FFISAN_NONNULL FFISAN_CSTRING);
int strcoll(const char *s1 FFISAN_NONNULL FFISAN_CSTRING, const char *s2 FFISAN_NONNULL FFISAN_CSTRING);
int strcasecmp(const char *s1 FFISAN_NONNULL FFISAN_CSTRING, const char *s2 FFISAN_NONNULL FFISAN_CSTRING);
char *strchr(const char *s FFISAN_NONNULL FFISAN_CSTRING, int c);
char *strrchr(const char *s FFISAN_NONNULL FFISAN_CSTRING, int c);
char *strstr(const char *haystack FFISAN_NONNULL FFISAN_CSTRING, const char *needle FFISAN_NONNULL FFISAN_CSTRING);
size_t strspn(const char *s FFISAN_NONNULL FFISAN_CSTRING, const char *accept FFISAN_NONNULL FFISAN_CSTRING);
size_t strcspn(const char *s FFISAN_NONNULL FFISAN_CSTRING, const char *reject FFISAN_NONNULL FFISAN_CSTRING);
char *strpbrk(const char *s FFISAN_NONNULL FFISAN_CSTRING, const char *accept FFISAN_NONNULL FFISAN_CSTRING);
char *strtok(char *str FFISAN_NULLABLE, const char *delim FFISAN_NONNULL FFISAN_CSTRING);
char *strtok_r(char *str FFISAN_NULLABLE, const char *delim FFISAN_NONNULL FFISAN_CSTRING, char **saveptr FFISAN_NONNULL);
int atoi(const char *nptr FFISAN_NONNULL FFISAN_CSTRING);
long atol(const char *nptr FFISAN_NONNULL FFISAN_CSTRING);
double atof(const char *nptr FFISAN_NONNULL FFISAN_CSTRING);
long strtol(const char *nptr FFISAN_NONNULL FFISAN_CSTRING, char **endptr FFISAN_NULLABLE, int base);
unsigned long strtoul(const char *nptr FFISAN_NONNULL FFISAN_CSTRING, char **endptr FFISAN_NULLABLE, int base);
double strtod(const char *nptr FFISAN_NONNULL FFISAN_CSTRING, char **endptr FFISAN_NULLABLE);
char *strerror(int errnum) FFISAN_STATIC;
char *strsignal(int sig) FFISAN_STATIC;

void *memcpy(void *dest FFISAN_OUT(n), const void *src FFISAN_IN(n), size_t n);
void *mempcpy(void *dest FFISAN_OUT(n), const void *src FFISAN_IN(n), size_t n);
void *memmove(void *dest FFISAN_OUT(n), const void *src FFISAN_IN(n), size_t n);
void *memset(void *s FFISAN_OUT(n), int c, size_t n);
int memcmp(const void *s1 FFISAN_IN(n), const void *s2 FFISAN_IN(n), size_t n);

/* ---- sorting and searching: the callback is called and forgotten ---- */

void qsort(void *base FFISAN_INOUT(nmemb *size), size_t nmemb, size_t size, int (*compar)(const void *, const void *));
void *bsearch(const void *key, const void *base FFISAN_IN(nmemb *size), size_t nmemb, size_t size,
              int (*compar)(const void *, const void *));

/* ---- environment and process ---- */

char *getenv(const char *name FFISAN_NONNULL FFISAN_CSTRING);
int setenv(const char *name FFISAN_CSTRING, const char *value FFISAN_NONNULL FFISAN_CSTRING, int overwrite)
    FAILS_MINUS(EINVAL, ENOMEM);
int unsetenv(const char *name FFISAN_CSTRING) FAILS_MINUS(EINVAL);
int clearenv(void);
/* Whatever changes the environment may have taken it out again: whose name it was is not looked at. */
int putenv(char *string FFISAN_NONNULL FFISAN_CSTRING FFISAN_RETAINED(library, putenv, setenv, unsetenv, clearenv))
    FFISAN_FAILS(ret != 0, -1, ENOMEM);
int system(const char *command FFISAN_NULLABLE FFISAN_CSTRING) FFISAN_BLOCKS;
void openlog(const char *ident FFISAN_NULLABLE FFISAN_CSTRING FFISAN_RETAINED(library, openlog, closelog), int option,
             int facility);
void closelog(void);
void syslog(int priority, const char *format FFISAN_NONNULL FFISAN_CSTRING, ...);
char *initstate(unsigned int seed, char *state FFISAN_OUT(n) FFISAN_RETAINED(library, initstate, setstate), size_t n)
    FFISAN_FAILS(ret == NULL, NULL, EINVAL);
char *setstate(char *state FFISAN_NONNULL FFISAN_RETAINED(library, initstate, setstate)) FFISAN_FAILS(ret == NULL, NULL, EINVAL);

int on_exit(void (*function)(int, void *) FFISAN_NONNULL FFISAN_RETAINED_FOREVER, void *arg FFISAN_NULLABLE)
    FFISAN_FAILS(ret != 0, -1);

/* ---- descriptors ---- */

ssize_t read(int fd, void *buf FFISAN_OUT(count), size_t count) FAILS_MINUS(EIO, EINTR);
ssize_t write(int fd, const void *buf FFISAN_IN(count), size_t count) FAILS_MINUS(EIO, ENOSPC, EINTR);
ssize_t pread(int fd, void *buf FFISAN_OUT(count), size_t count, off_t offset) FAILS_MINUS(EIO, EINTR);
ssize_t pwrite(int fd, const void *buf FFISAN_IN(count), size_t count, off_t offset) FAILS_MINUS(EIO, ENOSPC, EINTR);
ssize_t readlink(const char *path FFISAN_CSTRING, char *buf FFISAN_OUT(len), size_t len) FAILS_MINUS(ENOENT);
int gethostname(char *name FFISAN_OUT(len), size_t len) FAILS_MINUS(ENAMETOOLONG);
int getdomainname(char *name FFISAN_OUT(len), size_t len) FAILS_MINUS(EINVAL);
int getgroups(int size, gid_t *list FFISAN_WHEN(size > 0, FFISAN_OUT(size * sizeof(gid_t)))) FAILS_MINUS(EINVAL);
ssize_t getrandom(void *buffer FFISAN_OUT(length), size_t length, unsigned int flags) FAILS_MINUS(EINTR);
int getentropy(void *buffer FFISAN_OUT(length), size_t length) FAILS_MINUS(EIO);
int poll(struct pollfd *fds FFISAN_INOUT_N(nfds), nfds_t nfds, int timeout) FFISAN_WHEN(timeout != 0, FFISAN_BLOCKS)
    FAILS_MINUS(EINTR);
int epoll_wait(int epfd, struct epoll_event *events FFISAN_WHEN(maxevents > 0, FFISAN_OUT_N(maxevents)), int maxevents,
               int timeout) FFISAN_WHEN(timeout != 0, FFISAN_BLOCKS) FAILS_MINUS(EINTR);
int open(const char *pathname FFISAN_CSTRING, int flags, ...) FAILS_MINUS(ENOENT, EMFILE);
int access(const char *pathname FFISAN_CSTRING, int mode) FAILS_MINUS(ENOENT);
int unlink(const char *pathname FFISAN_CSTRING) FAILS_MINUS(ENOENT);
int chdir(const char *path FFISAN_CSTRING) FAILS_MINUS(ENOENT);
int mkdir(const char *pathname FFISAN_CSTRING, mode_t mode) FAILS_MINUS(EEXIST);
int rmdir(const char *pathname FFISAN_CSTRING) FAILS_MINUS(ENOENT);
/* What stands there at the end is written over. */
int mkstemp(char *template FFISAN_NONNULL FFISAN_CSTRING FFISAN_INOUT(strlen(template) + 1)) FAILS_MINUS(EEXIST);
char *mkdtemp(char *template FFISAN_NONNULL FFISAN_CSTRING FFISAN_INOUT(strlen(template) + 1)) FAILS_NULL(EEXIST);
ssize_t getxattr(const char *path FFISAN_CSTRING, const char *name FFISAN_CSTRING, void *value FFISAN_OUT(size), size_t size)
    FAILS_MINUS(ENOTSUP);
int setxattr(const char *path FFISAN_CSTRING, const char *name FFISAN_CSTRING, const void *value FFISAN_IN(size), size_t size,
             int flags) FAILS_MINUS(ENOTSUP);

/* ---- sockets and names ---- */

ssize_t recv(int sockfd, void *buf FFISAN_OUT(len), size_t len, int flags) FAILS_MINUS(EINTR);
ssize_t send(int sockfd, const void *buf FFISAN_IN(len), size_t len, int flags) FAILS_MINUS(EINTR);
int getsockopt(int sockfd, int level, int optname, void *optval FFISAN_NULLABLE FFISAN_WHEN(optval != NULL, FFISAN_OUT(*optlen)),
               socklen_t *optlen) FAILS_MINUS(EINVAL);
int setsockopt(int sockfd, int level, int optname,
               const void *optval FFISAN_NULLABLE FFISAN_WHEN(optval != NULL, FFISAN_IN(optlen)), socklen_t optlen)
    FAILS_MINUS(EINVAL);
const char *inet_ntop(int af, const void *src FFISAN_WHEN(af == AF_INET, FFISAN_IN(4)) FFISAN_WHEN(af == AF_INET6, FFISAN_IN(16)),
                      char *dst FFISAN_OUT(size), socklen_t size) FAILS_NULL(ENOSPC);
int inet_pton(int af, const char *src FFISAN_NONNULL FFISAN_CSTRING,
              void *dst FFISAN_WHEN(af == AF_INET, FFISAN_OUT(4)) FFISAN_WHEN(af == AF_INET6, FFISAN_OUT(16)));
char *inet_ntoa(struct in_addr in) FFISAN_STATIC;
int inet_aton(const char *cp FFISAN_NONNULL FFISAN_CSTRING, struct in_addr *inp);
in_addr_t inet_addr(const char *cp FFISAN_NONNULL FFISAN_CSTRING);
int getaddrinfo(const char *node FFISAN_NULLABLE FFISAN_CSTRING, const char *service FFISAN_NULLABLE FFISAN_CSTRING,
                const struct addrinfo *hints FFISAN_NULLABLE, struct addrinfo **res FFISAN_OUT_OWNED(freeaddrinfo)) FFISAN_BLOCKS
    FFISAN_FAILS(ret != 0, EAI_AGAIN);
void freeaddrinfo(struct addrinfo *res FFISAN_NULLABLE FFISAN_CONSUMED);
const char *gai_strerror(int errcode) FFISAN_STATIC;
int getnameinfo(const struct sockaddr *addr, socklen_t addrlen,
                char *host FFISAN_NULLABLE FFISAN_WHEN(host != NULL, FFISAN_OUT(hostlen)), socklen_t hostlen,
                char *serv FFISAN_NULLABLE FFISAN_WHEN(serv != NULL, FFISAN_OUT(servlen)), socklen_t servlen,
                int flags) FFISAN_BLOCKS FFISAN_FAILS(ret != 0, EAI_AGAIN);
struct hostent *gethostbyname(const char *name FFISAN_NONNULL FFISAN_CSTRING) FFISAN_STATIC;
struct servent *getservbyname(const char *name FFISAN_NONNULL FFISAN_CSTRING,
                              const char *proto FFISAN_NULLABLE FFISAN_CSTRING) FFISAN_STATIC;
struct servent *getservbyport(int port, const char *proto FFISAN_NULLABLE FFISAN_CSTRING) FFISAN_STATIC;
struct protoent *getprotobyname(const char *name FFISAN_NONNULL FFISAN_CSTRING) FFISAN_STATIC;
int getifaddrs(struct ifaddrs **ifap FFISAN_OUT_OWNED(freeifaddrs)) FAILS_MINUS(ENOMEM);
void freeifaddrs(struct ifaddrs *ifa FFISAN_NULLABLE FFISAN_CONSUMED);
struct if_nameindex *if_nameindex(void) FFISAN_OWNED(if_freenameindex) FAILS_NULL(ENOBUFS);
void if_freenameindex(struct if_nameindex *ptr FFISAN_NULLABLE FFISAN_CONSUMED);
unsigned int if_nametoindex(const char *ifname FFISAN_NONNULL FFISAN_CSTRING);
char *if_indextoname(unsigned int ifindex, char *ifname FFISAN_OUT(IF_NAMESIZE)) FAILS_NULL(ENXIO);

/* ---- users and groups ---- */

struct passwd *getpwnam(const char *name FFISAN_NONNULL FFISAN_CSTRING) FFISAN_STATIC;
struct passwd *getpwuid(uid_t uid) FFISAN_STATIC;
struct passwd *getpwent(void) FFISAN_STATIC;
struct group *getgrnam(const char *name FFISAN_NONNULL FFISAN_CSTRING) FFISAN_STATIC;
struct group *getgrgid(gid_t gid) FFISAN_STATIC;
struct group *getgrent(void) FFISAN_STATIC;

/* ---- time ---- */

struct tm *localtime(const time_t *timep FFISAN_NONNULL) FFISAN_STATIC;
struct tm *gmtime(const time_t *timep FFISAN_NONNULL) FFISAN_STATIC;
char *asctime(const struct tm *tm) FFISAN_STATIC;
char *ctime(const time_t *timep FFISAN_NONNULL) FFISAN_STATIC;
char *asctime_r(const struct tm *tm, char *buf FFISAN_NONNULL FFISAN_OUT(26));
char *ctime_r(const time_t *timep FFISAN_NONNULL, char *buf FFISAN_NONNULL FFISAN_OUT(26));
size_t strftime(char *s OUT_MEANT(max), size_t max, const char *format FFISAN_NONNULL FFISAN_CSTRING,
                const struct tm *tm FFISAN_NONNULL);
char *strptime(const char *s FFISAN_NONNULL FFISAN_CSTRING, const char *format FFISAN_NONNULL FFISAN_CSTRING, struct tm *tm);

/* ---- iconv, regular expressions, locale ---- */

iconv_t iconv_open(const char *tocode FFISAN_NONNULL FFISAN_CSTRING, const char *fromcode FFISAN_NONNULL FFISAN_CSTRING)
    FFISAN_HANDLE(iconv_t) FFISAN_OWNED(iconv_close) FFISAN_FAILS(ret == (iconv_t)-1, (iconv_t)-1, EINVAL, ENOMEM);
size_t iconv(iconv_t cd FFISAN_HANDLE(iconv_t), char **inbuf FFISAN_NULLABLE, size_t *inbytesleft FFISAN_NULLABLE,
             char **outbuf FFISAN_NULLABLE, size_t *outbytesleft FFISAN_NULLABLE) FFISAN_SERIAL(cd);
int iconv_close(iconv_t cd FFISAN_HANDLE(iconv_t) FFISAN_CONSUMED);

/* Not regex.h's own declarations: there the length of pmatch is part of its type. */
#define REG_ESPACE   12
#define REG_STARTEND (1 << 2)
typedef struct re_pattern_buffer {
    struct re_dfa_t *buffer;
    unsigned long allocated, used, syntax;
    char *fastmap;
    unsigned char *translate;
    size_t re_nsub;
    unsigned bits;
} regex_t;
typedef struct {
    int rm_so, rm_eo;
} regmatch_t;

int regcomp(regex_t *preg FFISAN_NONNULL, const char *pattern FFISAN_NONNULL FFISAN_CSTRING, int cflags)
    FFISAN_FAILS(ret != 0, REG_ESPACE);
int regexec(const regex_t *preg FFISAN_NONNULL,
            const char *string FFISAN_NONNULL FFISAN_WHEN(!(eflags & REG_STARTEND), FFISAN_CSTRING), size_t nmatch,
            regmatch_t *pmatch FFISAN_NULLABLE FFISAN_WHEN(pmatch != NULL, FFISAN_OUT_N(nmatch)), int eflags);
size_t regerror(int errcode, const regex_t *preg FFISAN_NULLABLE, char *errbuf FFISAN_NULLABLE FFISAN_OUT(errbuf_size),
                size_t errbuf_size);

char *setlocale(int category, const char *locale FFISAN_NULLABLE FFISAN_CSTRING) FFISAN_STATIC;

#endif
