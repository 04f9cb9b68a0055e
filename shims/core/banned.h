/* SPDX-License-Identifier: Apache-2.0
 *
 * Forced into every file that runs inside the target (-include): what a hook must not call does not compile.
 * Headers that declare these come first, so that the declarations themselves pass.
 */
#ifndef FFISAN_CORE_BANNED_H
#define FFISAN_CORE_BANNED_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#pragma GCC poison printf fprintf sprintf snprintf vprintf vfprintf vsprintf vsnprintf perror puts fputs putc putchar fwrite fopen
#pragma GCC poison fclose fflush strdup strndup asprintf vasprintf getline scanf sscanf fscanf strtok setlocale getenv
#pragma GCC poison secure_getenv strerror strtol strtoul atoi localtime gmtime mktime assert qsort bsearch pthread_mutex_lock
#pragma GCC poison pthread_rwlock_rdlock pthread_rwlock_wrlock pthread_once sem_wait

#endif
