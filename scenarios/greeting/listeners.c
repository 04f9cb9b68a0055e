/* SPDX-License-Identifier: Apache-2.0 */
#include "listeners.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#define LISTENERS 8

static struct greeting_listener own;
static struct greeting_listener *listeners[LISTENERS];
static pthread_t thread;
static int sum;

void greeting_listen(greeting_heard *heard, void *data) {
    own.heard = heard;
    own.data = data;
}

struct greeting_listener *greeting_listener_new(void) {
    for (int i = 0; i < LISTENERS; i++)
        if (listeners[i] == NULL)
            return listeners[i] = calloc(1, sizeof(*listeners[i]));
    return NULL;
}

void greeting_listener_free(struct greeting_listener *listener) {
    for (int i = 0; i < LISTENERS; i++)
        if (listeners[i] == listener)
            listeners[i] = NULL;
    free(listener);
}

static int tell(const struct greeting_listener *listener, const char *name) {
    return listener != NULL && listener->heard != NULL ? listener->heard(name, listener->data) : 0;
}

int greeting_announce(const char *name) {
    int answers = tell(&own, name);
    for (int i = 0; i < LISTENERS; i++)
        answers += tell(listeners[i], name);
    return answers;
}

static void *announce(void *name) {
    sum = greeting_announce(name);
    return NULL;
}

void greeting_announce_later(const char *name) {
    pthread_create(&thread, NULL, announce, (void *)name);
}

int greeting_wait(void) {
    pthread_join(thread, NULL);
    return sum;
}

static void announce_end(void) {
    greeting_announce("the end");
}

void greeting_announce_at_exit(void) {
    atexit(announce_end);
}
