/* SPDX-License-Identifier: Apache-2.0
 *
 * Who wants to hear of greetings: functions that the library calls back, now or later.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Hears of each greeting; answers how many more it wants to hear of. */
typedef int greeting_heard(const char *name, void *data);

struct greeting_listener {
    greeting_heard *heard;
    void *data;
};

/* One listener of the library's own; NULL: nobody any more. */
void greeting_listen(greeting_heard *heard, void *data);
/* A listener that the caller fills in; heard from the next greeting on until it is freed. */
struct greeting_listener *greeting_listener_new(void);
void greeting_listener_free(struct greeting_listener *listener);

/* Tells all listeners; answers the sum of what they answer. */
int greeting_announce(const char *name);
/* The same, on a thread of the library's own; greeting_wait waits for it. */
void greeting_announce_later(const char *name);
int greeting_wait(void);
/* The same, once more when the process ends. */
void greeting_announce_at_exit(void);

#ifdef __cplusplus
}
#endif
#endif
