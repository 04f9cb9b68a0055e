/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "pool.h"

#define MASK "***"

/* Parts of names whose values are secrets. Words are what a name has between '-', '_', '.' and changes to upper case. */
static const char *const secret_words[] = {
    "password", "passwd",     "passphrase",  "pass", "pwd",    "token",         "tokens", "key",        "apikey",   "secret",
    "secrets",  "credential", "credentials", "auth", "bearer", "authorization", "cookie", "privatekey", "accesskey"};

static bool is_secret_word(const char *word, size_t length) {
    for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++)
        if (strlen(secret_words[i]) == length && strncasecmp(secret_words[i], word, length) == 0)
            return true;
    return false;
}

static bool is_separator(char c) {
    return c == '-' || c == '_' || c == '.';
}

/* "--api-token", "DB_PASSWORD", "dbPassword": one of the words is a secret's. "keyboard" and "monkey" are not. */
static bool is_secret_name(const char *name, size_t length) {
    for (size_t start = 0; start < length;) {
        size_t end = start;
        while (end < length && !is_separator(name[end]) &&
               !(end > start && isupper((unsigned char)name[end]) && islower((unsigned char)name[end - 1])))
            end++;
        if (is_secret_word(name + start, end - start))
            return true;
        start = end < length && is_separator(name[end]) ? end + 1 : end;
    }
    /* DBPASSWORD, mytoken: the unmistakable ones also at a name's end */
    static const char *const endings[] = {"password", "passwd", "passphrase", "token", "secret", "apikey"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t tail = strlen(endings[i]);
        if (length > tail && strncasecmp(name + length - tail, endings[i], tail) == 0)
            return true;
    }
    return false;
}

/* Length of a leading NAME in NAME=VALUE; 0: it is none. */
static size_t name_length(const char *argument) {
    size_t length = strcspn(argument, "=");
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)argument[i]) && !is_separator(argument[i]))
            return 0;
    return argument[length] == '=' ? length : 0;
}

/* scheme://user:password@host, also in the middle of an argument, every one of them. */
static const char *mask_urls(struct pool *pool, const char *argument) {
    size_t from = 0;
    for (const char *scheme; (scheme = strstr(argument + from, "://"));) {
        size_t start = (size_t)(scheme - argument) + 3;
        size_t authority = strcspn(argument + start, "/?# \t\"'");
        const char *at = memrchr(argument + start, '@', authority);
        const char *colon = at ? memchr(argument + start, ':', (size_t)(at - argument) - start) : NULL;
        from = start;
        if (!colon)
            continue;
        argument = pool_text(pool, "%.*s:" MASK "%s", (int)(colon - argument), argument, at);
    }
    return argument;
}

static bool is_option(const char *argument) {
    return strncmp(argument, "--", 2) == 0 || (argument[0] == '-' && argument[1] && argument[2]);
}

static const char *mask_argument(struct pool *pool, const char *argument) {
    size_t length = name_length(argument);
    if (length && is_secret_name(argument, length))
        return pool_text(pool, "%.*s=" MASK, (int)length, argument);
    return mask_urls(pool, argument);
}

const char **mask_arguments(struct pool *pool, const char *const *arguments, size_t count) {
    const char **masked = pool_get(pool, (count + 1) * sizeof(*masked));
    bool value_is_secret = false;
    for (size_t i = 0; i < count; i++) {
        const char *argument = arguments[i];
        masked[i] = value_is_secret ? MASK : mask_argument(pool, argument);
        /* also of a word that was masked itself: `--password --token X` may be two options or one and its value */
        value_is_secret = is_option(argument) && !strchr(argument, '=') && is_secret_name(argument, strlen(argument));
    }
    return masked;
}
